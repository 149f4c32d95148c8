//! Steps: what a plan is made of. Each is one API call that changes something.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::settings::{Aggregation, CloudWatchLogs, Configuration, Recording, Selectors};
use super::{DesiredTrail, ObservedTrail};
use crate::core::arn::TrailArn;
use crate::core::operation::Operation;
use crate::core::owner::{self, Tags};

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
    Update(Change),
    /// PutEventSelectors.
    PutSelectors(Selectors),
    /// PutInsightSelectors; replaces all there were.
    PutInsights(BTreeSet<(String, String)>),
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

/// What UpdateTrail is to change. For texts, `Some(None)` clears.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of Configuration")]
pub struct Change {
    pub organization: Option<bool>,
    pub bucket: Option<String>,
    pub key_prefix: Option<Option<String>>,
    pub kms_key: Option<Option<String>>,
    pub sns_topic: Option<Option<String>>,
    pub cloud_watch_logs: Option<Option<CloudWatchLogs>>,
    pub multi_region: Option<bool>,
    pub global_service_events: Option<bool>,
    pub log_file_validation: Option<bool>,
    pub recursive_logging: Option<bool>,
}

impl Change {
    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
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
            Self::Update(_) => Operation::UpdateTrail,
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
        f.write_str(self.operation().name())?;
        match self {
            Self::Update(change) => write!(f, "({})", change.fields().join(", ")),
            Self::Tag(tags) => write!(f, "({})", keys(tags)),
            Self::Untag(tags) => {
                write!(
                    f,
                    "({})",
                    tags.iter()
                        .map(String::as_str)
                        .collect::<Vec<_>>()
                        .join(", ")
                )
            }
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

fn keys(tags: &BTreeMap<String, String>) -> String {
    tags.keys()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

impl Change {
    /// The API's names of what changes, for a log line.
    fn fields(&self) -> Vec<&'static str> {
        // Destructured so that a new setting does not compile until it is named here.
        let Self {
            organization,
            bucket,
            key_prefix,
            kms_key,
            sns_topic,
            cloud_watch_logs,
            multi_region,
            global_service_events,
            log_file_validation,
            recursive_logging,
        } = self;
        [
            ("IsOrganizationTrail", organization.is_some()),
            ("S3BucketName", bucket.is_some()),
            ("S3KeyPrefix", key_prefix.is_some()),
            ("KmsKeyId", kms_key.is_some()),
            ("SnsTopicName", sns_topic.is_some()),
            ("CloudWatchLogs", cloud_watch_logs.is_some()),
            ("IsMultiRegionTrail", multi_region.is_some()),
            (
                "IncludeGlobalServiceEvents",
                global_service_events.is_some(),
            ),
            ("EnableLogFileValidation", log_file_validation.is_some()),
            ("RecursiveLogging", recursive_logging.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, changes)| changes.then_some(name))
        .collect()
    }

    /// The configuration after this change; what was left out stays.
    fn applied_to(&self, before: &Configuration) -> Configuration {
        let Self {
            organization,
            bucket,
            key_prefix,
            kms_key,
            sns_topic,
            cloud_watch_logs,
            multi_region,
            global_service_events,
            log_file_validation,
            recursive_logging,
        } = self.clone();
        Configuration {
            organization: organization.unwrap_or(before.organization),
            bucket: bucket.unwrap_or_else(|| before.bucket.clone()),
            key_prefix: key_prefix.unwrap_or_else(|| before.key_prefix.clone()),
            kms_key: kms_key.unwrap_or_else(|| before.kms_key.clone()),
            sns_topic: sns_topic.unwrap_or_else(|| before.sns_topic.clone()),
            cloud_watch_logs: cloud_watch_logs.unwrap_or_else(|| before.cloud_watch_logs.clone()),
            multi_region: multi_region.unwrap_or(before.multi_region),
            global_service_events: global_service_events.unwrap_or(before.global_service_events),
            log_file_validation: log_file_validation.unwrap_or(before.log_file_validation),
            recursive_logging: recursive_logging.unwrap_or(before.recursive_logging),
        }
    }
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
        TrailStep::Update(change) => {
            trail.configuration = change.applied_to(&trail.configuration);
            if let Some(Some(key)) = &change.kms_key {
                trail.kms_alias = Some(key.clone());
                trail.configuration.kms_key = answered
                    .as_ref()
                    .and_then(|answered| answered.kms_key.clone());
            }
            if let Some(Some(_)) = &change.sns_topic {
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
            insights: BTreeSet::new(),
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
    fn a_step_is_logged_with_what_it_changes_and_without_values() {
        let tags =
            |keys: [&str; 2]| Tags::from(keys.map(|key| (key.to_owned(), "s3cr3t".to_owned())));
        let change = Change {
            bucket: Some("org-logs".to_owned()),
            kms_key: Some(None),
            ..Change::default()
        };
        let everything = Change {
            organization: Some(true),
            bucket: Some("org-logs".to_owned()),
            key_prefix: Some(None),
            kms_key: Some(None),
            sns_topic: Some(None),
            cloud_watch_logs: Some(None),
            multi_region: Some(true),
            global_service_events: Some(true),
            log_file_validation: Some(true),
            recursive_logging: Some(true),
        };
        assert_eq!(everything.fields().len(), 10);
        let untagged = BTreeSet::from(["cost".to_owned(), "team".to_owned()]);
        for (step, logged) in [
            (
                TrailStep::Update(change),
                "UpdateTrail(S3BucketName, KmsKeyId)",
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
            organization: true,
            bucket: "org-logs".to_owned(),
            key_prefix: None,
            kms_key: Some("alias/logs".to_owned()),
            sns_topic: Some("topic".to_owned()),
            cloud_watch_logs: None,
            multi_region: true,
            global_service_events: true,
            log_file_validation: true,
            recursive_logging: true,
        };
        let create = TrailStep::Create {
            configuration,
            tags: Tags::new(),
        };
        let made = after(None, &create, Some(answered.clone())).expect("a trail");
        let names_again = TrailStep::Update(Change {
            kms_key: Some(Some("1234".to_owned())),
            sns_topic: Some(Some("topic".to_owned())),
            ..Change::default()
        });
        let changed = after(Some(made.clone()), &names_again, Some(answered)).expect("a trail");
        for trail in [made, changed] {
            assert_eq!(trail.configuration.kms_key.as_ref(), Some(&key));
            assert_eq!(trail.configuration.sns_topic.as_ref(), Some(&topic));
        }
    }
}
