//! Steps: what a plan is made of. Each is one API call that changes something.

use std::collections::BTreeSet;
use std::fmt;

use super::settings::{Aggregation, Configuration, Insight, Recording, Selectors};
use super::{DesiredTrail, ObservedTrail};
use crate::core::arn::TrailArn;
use crate::core::operation::Operation;
use crate::core::owner::{self, Tags};
use crate::core::unordered::Unordered;

/// One call that changes a trail, complete: whoever executes it has nothing left to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrailStep {
    /// CreateTrail, with the tags in it, so that no trail of ours ever exists without its mark.
    Create {
        /// What the trail is to be.
        configuration: Configuration,
        /// The template's tags and the owner's mark.
        tags: Tags,
    },
    /// UpdateTrail with what differs; CloudTrail keeps what a call leaves out.
    Update {
        /// The settings so far.
        from: Configuration,
        /// The settings that the trail is to have.
        to: Configuration,
    },
    /// PutEventSelectors.
    PutSelectors(Selectors),
    /// PutInsightSelectors; replaces all there were.
    PutInsights(Unordered<Insight>),
    /// PutEventConfiguration; `None` ends the aggregation.
    PutAggregation(Option<Aggregation>),
    /// AddTags.
    Tag(Tags),
    /// RemoveTags.
    Untag(BTreeSet<String>),
    /// StartLogging.
    StartLogging,
    /// StopLogging.
    StopLogging,
    /// DeleteTrail.
    Delete,
}

/// What CloudTrail answers to CreateTrail and UpdateTrail and a plan cannot know beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The trail's ARN.
    pub arn: TrailArn,
    /// The ARN of the key that the wanted key id or alias stands for.
    pub kms_key: Option<String>,
    /// The ARN of the topic.
    pub sns_topic: Option<String>,
}

impl TrailStep {
    /// The API operation.
    pub fn operation(&self) -> Operation {
        match self {
            Self::Create { .. } => Operation::CreateTrail,
            Self::Update { .. } => Operation::UpdateTrail,
            Self::PutSelectors(_) => Operation::PutEventSelectors,
            Self::PutInsights(_) => Operation::PutInsightSelectors,
            Self::PutAggregation(_) => Operation::PutEventConfiguration,
            Self::Tag(_) => Operation::AddTags,
            Self::Untag(_) => Operation::RemoveTags,
            Self::StartLogging => Operation::StartLogging,
            Self::StopLogging => Operation::StopLogging,
            Self::Delete => Operation::DeleteTrail,
        }
    }
}

impl fmt::Display for TrailStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.operation())?;
        match self {
            Self::Update { from, to } => write!(f, "({})", list(from.changes_to(to))),
            Self::Tag(tags) => write!(f, "({})", list(tags.keys())),
            Self::Untag(keys) => write!(f, "({})", list(keys)),
            Self::Create { .. }
            | Self::PutSelectors(_)
            | Self::PutInsights(_)
            | Self::PutAggregation(_)
            | Self::StartLogging
            | Self::StopLogging
            | Self::Delete => Ok(()),
        }
    }
}

fn list<T: ToString>(entries: impl IntoIterator<Item = T>) -> String {
    let entries: Vec<String> = entries.into_iter().map(|entry| entry.to_string()).collect();
    entries.join(", ")
}

/// The trail as it is once `step` has taken effect on `before`; `None` is no trail.
///
/// Saves reading back what was just written. `answered` is what CloudTrail said to CreateTrail and
/// UpdateTrail. A step that needs a trail and finds none leaves none.
pub fn after(
    before: Option<ObservedTrail>,
    step: &TrailStep,
    answered: Option<Answered>,
) -> Option<ObservedTrail> {
    if let TrailStep::Create {
        configuration,
        tags,
    } = step
    {
        return answered.map(|answered| created(configuration.clone(), tags.clone(), answered));
    }
    let mut trail = before?;
    match step {
        TrailStep::Create { .. } => {}
        TrailStep::Update { from, to } => {
            trail.configuration = to.clone();
            if to.kms_key.is_some() && to.kms_key != from.kms_key {
                trail.kms_alias.clone_from(&to.kms_key);
                let key = answered
                    .as_ref()
                    .and_then(|answered| answered.kms_key.clone());
                trail.configuration.kms_key = key;
            }
            if to.sns_topic.is_some() && to.sns_topic != from.sns_topic {
                trail.configuration.sns_topic = answered.and_then(|answered| answered.sns_topic);
            }
        }
        TrailStep::PutSelectors(selectors) => trail.recording.selectors = selectors.clone(),
        TrailStep::PutInsights(insights) => trail.recording.insights.clone_from(insights),
        TrailStep::PutAggregation(aggregation) => {
            trail.recording.aggregation.clone_from(aggregation);
        }
        TrailStep::Tag(tags) => trail.tags.extend(tags.clone()),
        TrailStep::Untag(keys) => trail.tags.retain(|key, _| !keys.contains(key)),
        TrailStep::StartLogging => trail.recording.logging = true,
        TrailStep::StopLogging => trail.recording.logging = false,
        TrailStep::Delete => return None,
    }
    Some(trail)
}

/// A trail as CreateTrail leaves it: it records nothing until it is told to start.
fn created(configuration: Configuration, tags: Tags, answered: Answered) -> ObservedTrail {
    ObservedTrail {
        arn: answered.arn,
        kms_alias: configuration.kms_key.clone(),
        configuration: Configuration {
            kms_key: answered.kms_key,
            sns_topic: answered.sns_topic,
            ..configuration
        },
        recording: Recording {
            logging: false,
            selectors: Selectors::default(),
            insights: Unordered::default(),
            aggregation: None,
        },
        tags,
        started_logging: None,
    }
}

impl ObservedTrail {
    /// Whether the key that the trail uses is the one that `wanted` names.
    pub fn uses_key(&self, wanted: Option<&str>) -> bool {
        match (wanted, self.configuration.kms_key.as_deref()) {
            (None, None) => true,
            (Some(wanted), Some(_)) if is_alias(wanted) => {
                self.kms_alias.as_deref() == Some(wanted)
            }
            (Some(wanted), Some(seen)) => {
                seen == wanted
                    || seen
                        .strip_suffix(wanted)
                        .is_some_and(|arn| arn.ends_with('/'))
            }
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    /// Whether the topic that the trail notifies is the one that `wanted` names.
    pub fn uses_topic(&self, wanted: Option<&str>) -> bool {
        match (wanted, self.configuration.sns_topic.as_deref()) {
            (None, None) => true,
            (Some(wanted), Some(seen)) => {
                seen == wanted
                    || seen
                        .strip_suffix(wanted)
                        .is_some_and(|arn| arn.ends_with(':'))
            }
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

impl DesiredTrail {
    /// The tag that remembers the alias in use, where the template names the key by one.
    pub fn kms_alias_tag(&self, trail: &ObservedTrail) -> Option<(String, String)> {
        let alias = self
            .configuration
            .kms_key
            .as_deref()
            .filter(|key| is_alias(key))?;
        owner::kms_alias_tag(alias, trail.configuration.kms_key.as_deref()?)
    }
}

fn is_alias(key: &str) -> bool {
    key.starts_with("alias/") || key.contains(":alias/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_logged_with_what_it_changes() {
        let tags =
            |keys: [&str; 2]| Tags::from(keys.map(|key| (key.to_owned(), "value".to_owned())));
        let from = Configuration {
            kms_key: Some("key".to_owned()),
            ..Configuration::new("logs")
        };
        let to = Configuration::new("org-logs");
        let untagged = BTreeSet::from(["cost".to_owned(), "team".to_owned()]);
        for (step, logged) in [
            (
                TrailStep::Update { from, to },
                "UpdateTrail(S3BucketName: logs -> org-logs, KmsKeyId: key -> (none))",
            ),
            (
                TrailStep::Tag(tags(["cost", "team"])),
                "AddTags(cost, team)",
            ),
            (TrailStep::Untag(untagged), "RemoveTags(cost, team)"),
            (TrailStep::StartLogging, "StartLogging"),
        ] {
            assert_eq!(step.to_string(), logged);
        }
    }

    #[test]
    fn what_cloudtrail_answers_replaces_the_names_that_it_was_given() {
        let topic = "arn:aws:sns:eu-west-1:111111111111:topic".to_owned();
        let key = "arn:aws:kms:eu-west-1:222222222222:key/1234".to_owned();
        let arn = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org";
        let answered = Answered {
            arn: TrailArn::parse(arn).expect("an ARN"),
            kms_key: Some(key.clone()),
            sns_topic: Some(topic.clone()),
        };
        let configuration = Configuration {
            kms_key: Some("alias/logs".to_owned()),
            sns_topic: Some("topic".to_owned()),
            ..Configuration::new("org-logs")
        };
        let create = TrailStep::Create {
            configuration,
            tags: Tags::new(),
        };
        let made = after(None, &create, Some(answered.clone())).expect("a trail");
        let names_again = TrailStep::Update {
            from: made.configuration.clone(),
            to: Configuration {
                kms_key: Some("1234".to_owned()),
                sns_topic: Some("topic".to_owned()),
                ..made.configuration.clone()
            },
        };
        let changed = after(Some(made.clone()), &names_again, Some(answered)).expect("a trail");
        for trail in [made, changed] {
            assert_eq!(trail.configuration.kms_key.as_ref(), Some(&key));
            assert_eq!(trail.configuration.sns_topic.as_ref(), Some(&topic));
        }
    }
}
