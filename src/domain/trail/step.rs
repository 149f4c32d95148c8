//! Steps: what a plan is made of. Each is one API call that changes something.

use std::collections::BTreeSet;
use std::fmt;

use super::settings::{Aggregation, Insight, Recording, Selectors, Settings};
use super::{DesiredTrail, ObservedTrail};
use crate::domain::names::TrailArn;
use crate::domain::operation::Operation;
use crate::domain::owner::{self, Tags};
use crate::domain::unordered::Unordered;

/// One call that changes a trail, complete: whoever executes it has nothing left to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrailStep {
    /// CreateTrail, with the tags in it, so that no trail of ours ever exists without its mark.
    Create {
        /// What the trail is to be.
        settings: Settings,
        /// The template's tags and the owner's mark.
        tags: Tags,
    },
    /// UpdateTrail with what differs; CloudTrail keeps what a call leaves out.
    Update {
        /// The settings so far.
        from: Settings,
        /// The settings that the trail is to have.
        to: Settings,
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
pub struct Returned {
    /// The trail's ARN.
    pub arn: TrailArn,
    /// The ARN of the key that the desired key id or alias stands for.
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
/// Saves reading back what was just written. `returned` is what CloudTrail said to CreateTrail and
/// UpdateTrail. A step that needs a trail and finds none leaves none.
pub fn after(
    before: Option<ObservedTrail>,
    step: &TrailStep,
    returned: Option<Returned>,
) -> Option<ObservedTrail> {
    if let TrailStep::Create { settings, tags } = step {
        return returned.map(|returned| created(settings.clone(), tags.clone(), returned));
    }
    let mut trail = before?;
    match step {
        TrailStep::Create { .. } => {}
        TrailStep::Update { from, to } => {
            trail.settings = to.clone();
            if to.kms_key.is_some() && to.kms_key != from.kms_key {
                trail.kms_alias.clone_from(&to.kms_key);
                let key = returned
                    .as_ref()
                    .and_then(|returned| returned.kms_key.clone());
                trail.settings.kms_key = key;
            }
            if to.sns_topic.is_some() && to.sns_topic != from.sns_topic {
                trail.settings.sns_topic = returned.and_then(|returned| returned.sns_topic);
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
fn created(settings: Settings, tags: Tags, returned: Returned) -> ObservedTrail {
    ObservedTrail {
        arn: returned.arn,
        kms_alias: settings.kms_key.clone(),
        settings: Settings {
            kms_key: returned.kms_key,
            sns_topic: returned.sns_topic,
            ..settings
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
    /// Whether the key that the trail uses is the one that `desired` names.
    pub fn uses_key(&self, desired: Option<&str>) -> bool {
        match (desired, self.settings.kms_key.as_deref()) {
            (None, None) => true,
            (Some(desired), Some(_)) if is_alias(desired) => {
                self.kms_alias.as_deref() == Some(desired)
            }
            (Some(desired), Some(observed)) => {
                observed == desired
                    || observed
                        .strip_suffix(desired)
                        .is_some_and(|arn| arn.ends_with('/'))
            }
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    /// Whether the topic that the trail notifies is the one that `desired` names.
    pub fn uses_topic(&self, desired: Option<&str>) -> bool {
        match (desired, self.settings.sns_topic.as_deref()) {
            (None, None) => true,
            (Some(desired), Some(observed)) => {
                observed == desired
                    || observed
                        .strip_suffix(desired)
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
            .settings
            .kms_key
            .as_deref()
            .filter(|key| is_alias(key))?;
        owner::kms_alias_tag(alias, trail.settings.kms_key.as_deref()?)
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
        let from = Settings {
            kms_key: Some("key".to_owned()),
            ..Settings::new("logs")
        };
        let to = Settings::new("org-logs");
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
        let returned = Returned {
            arn: TrailArn::parse(arn).expect("an ARN"),
            kms_key: Some(key.clone()),
            sns_topic: Some(topic.clone()),
        };
        let settings = Settings {
            kms_key: Some("alias/logs".to_owned()),
            sns_topic: Some("topic".to_owned()),
            ..Settings::new("org-logs")
        };
        let create = TrailStep::Create {
            settings,
            tags: Tags::new(),
        };
        let made = after(None, &create, Some(returned.clone())).expect("a trail");
        let names_again = TrailStep::Update {
            from: made.settings.clone(),
            to: Settings {
                kms_key: Some("1234".to_owned()),
                sns_topic: Some("topic".to_owned()),
                ..made.settings.clone()
            },
        };
        let changed = after(Some(made.clone()), &names_again, Some(returned)).expect("a trail");
        for trail in [made, changed] {
            assert_eq!(trail.settings.kms_key.as_ref(), Some(&key));
            assert_eq!(trail.settings.sns_topic.as_ref(), Some(&topic));
        }
    }
}
