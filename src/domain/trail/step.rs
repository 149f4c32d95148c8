//! The steps of a plan. Each is one API call that changes the trail.

use std::collections::BTreeSet;
use std::fmt;

use super::settings::{Aggregation, Insight, Recording, Selectors, Settings};
use super::{DesiredTrail, ObservedTrail};
use crate::domain::names::TrailArn;
use crate::domain::operation::Operation;
use crate::domain::owner::{self, Tags};
use crate::domain::plan::Change;
use crate::domain::unordered::Unordered;

/// An API call that changes a trail, with all parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrailStep {
    /// CreateTrail. It includes the tags, so that the trail never exists without its owner's tags.
    Create {
        /// The settings.
        settings: Settings,
        /// The tags of the template and of the owner.
        tags: Tags,
    },
    /// UpdateTrail with the changed settings. CloudTrail keeps those that the call omits.
    Update {
        /// The old settings.
        from: Settings,
        /// The new settings.
        to: Settings,
    },
    /// PutEventSelectors.
    PutSelectors(Selectors),
    /// PutInsightSelectors. It replaces all insight selectors.
    PutInsights(Unordered<Insight>),
    /// PutEventConfiguration. `None` ends the aggregation.
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

/// The values in the response to CreateTrail and UpdateTrail that a plan cannot know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// The ARN of the trail.
    pub arn: TrailArn,
    /// The ARN of the KMS key.
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

    /// The settings and tags that the step changes in the trail `before`.
    pub fn changes(&self, before: Option<&ObservedTrail>) -> Vec<Change> {
        match self {
            Self::Create { settings, tags } => {
                let mut changes = settings.changes_from_nothing();
                changes.extend(tag_changes(&Tags::new(), tags));
                changes
            }
            // The names in the template, and not the ARNs that CloudTrail returns.
            Self::Update { from, to } => from.changes_to(to),
            Self::PutSelectors(_)
            | Self::PutInsights(_)
            | Self::PutAggregation(_)
            | Self::Tag(_)
            | Self::Untag(_)
            | Self::StartLogging
            | Self::StopLogging
            | Self::Delete => {
                let pair = before.zip(after(before.cloned(), self, None));
                pair.map(|(before, after)| {
                    let mut changes = before.recording.changes_to(&after.recording);
                    changes.extend(tag_changes(&before.tags, &after.tags));
                    changes
                })
                .unwrap_or_default()
            }
        }
    }

    /// The response of CloudTrail as far as it is known before the call. In place of the ARNs of
    /// keys and topics it has their names, which count as equal.
    pub fn expected(&self, arn: &TrailArn) -> Option<Returned> {
        let (Self::Create { settings, .. } | Self::Update { to: settings, .. }) = self else {
            return None;
        };
        let key = settings.kms_key.as_deref();
        Some(Returned {
            arn: arn.clone(),
            kms_key: key.map(|key| if is_alias(key) { KEY_OF_ALIAS } else { key }.to_owned()),
            sns_topic: settings.sns_topic.clone(),
        })
    }
}

/// In a plan, the ID of the key that an alias refers to. Only CloudTrail's response has the ID, which
/// is as long as this text, so the tag that stores it fits or does not fit in either case.
const KEY_OF_ALIAS: &str = "<the ID of the key behind the alias>";

fn tag_changes(from: &Tags, to: &Tags) -> Vec<Change> {
    let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    // Unlike a tag that does not exist, an empty value has quotation marks.
    let value = |tags: &Tags, key| match tags.get(key) {
        Some(value) if value.is_empty() => "\"\"".to_owned(),
        Some(value) => value.clone(),
        None => String::new(),
    };
    keys.into_iter()
        .filter_map(|key| Change::of(format!("Tags.{key}"), value(from, key), value(to, key)))
        .collect()
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

/// The trail after `step`, so that the function does not have to read it again. `None` is no trail.
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
                trail.settings.kms_key = returned.as_ref().and_then(|r| r.kms_key.clone());
            }
            if to.sns_topic.is_some() && to.sns_topic != from.sns_topic {
                trail.settings.sns_topic = returned.and_then(|r| r.sns_topic);
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

/// The trail after CreateTrail. It does not log until StartLogging.
fn created(settings: Settings, tags: Tags, returned: Returned) -> ObservedTrail {
    ObservedTrail {
        arn: returned.arn,
        kms_alias: settings.kms_key.clone(),
        settings: Settings { kms_key: returned.kms_key, sns_topic: returned.sns_topic, ..settings },
        recording: Recording::default(),
        tags,
        started_logging: None,
    }
}

impl ObservedTrail {
    /// True if `desired` is a name of the trail's KMS key.
    pub fn uses_key(&self, desired: Option<&str>) -> bool {
        match (desired, self.settings.kms_key.as_deref()) {
            (None, None) => true,
            (Some(desired), Some(_)) if is_alias(desired) => {
                self.kms_alias.as_deref() == Some(desired)
            }
            (Some(desired), Some(observed)) => is_named(observed, '/', desired),
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    /// True if `desired` is a name of the trail's topic.
    pub fn uses_topic(&self, desired: Option<&str>) -> bool {
        match (desired, self.settings.sns_topic.as_deref()) {
            (None, None) => true,
            (Some(desired), Some(observed)) => is_named(observed, ':', desired),
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

impl DesiredTrail {
    /// The tag that stores the alias, if the template specifies the key by an alias.
    pub fn kms_alias_tag(&self, trail: &ObservedTrail) -> Option<(String, String)> {
        let key = self.settings.kms_key.as_deref();
        let alias = key.filter(|key| is_alias(key))?;
        owner::kms_alias_tag(alias, trail.settings.kms_key.as_deref()?)
    }
}

/// True if `name` is the ARN or the part of the ARN after the separator.
fn is_named(arn: &str, separator: char, name: &str) -> bool {
    let before = arn.strip_suffix(name);
    before.is_some_and(|before| before.is_empty() || before.ends_with(separator))
}

fn is_alias(key: &str) -> bool {
    key.starts_with("alias/") || key.contains(":alias/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::trail::settings::{
        AdvancedSelector, BasicSelector, DataResource, FieldSelector, Operator,
    };

    #[test]
    #[rustfmt::skip]
    fn a_step_prints_its_changes() {
        let from = Settings { kms_key: Some("key".to_owned()), ..Settings::new("logs") };
        let to = Settings::new("org-logs");
        let keys = ["cost", "team"].map(str::to_owned);
        let tags = keys.clone().map(|key| (key, "value".to_owned()));
        for (step, printed) in [
            (
                TrailStep::Update { from, to },
                "UpdateTrail(S3BucketName: logs -> org-logs, KmsKeyId: key -> (none))",
            ),
            (TrailStep::Tag(tags.into()), "AddTags(cost, team)"),
            (TrailStep::Untag(keys.into()), "RemoveTags(cost, team)"),
            (TrailStep::StartLogging, "StartLogging"),
        ] {
            assert_eq!(step.to_string(), printed);
        }
    }

    #[test]
    fn changes_have_old_and_new_values() {
        let tag = |value: &str| Tags::from([("team".to_owned(), value.to_owned())]);
        let arn = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org";
        let arn = arn.parse::<TrailArn>().expect("an ARN");
        let create = TrailStep::Create { settings: Settings::new("logs"), tags: tag("audit") };
        let trail = after(None, &create, create.expected(&arn)).expect("a trail");
        let insight = Insight {
            insight_type: "ApiCallRateInsight".to_owned(),
            event_category: "Management".to_owned(),
        };
        let aggregation = Aggregation {
            event_category: "Data".to_owned(),
            templates: vec!["API_ACTIVITY".to_owned()].into(),
        };
        let to = Settings { kms_key: Some("alias/logs".to_owned()), ..trail.settings.clone() };
        for (step, changes) in [
            (
                TrailStep::Update { from: trail.settings.clone(), to },
                "KmsKeyId: (none) -> alias/logs",
            ),
            (TrailStep::Tag(tag("")), "Tags.team: audit -> \"\""),
            (TrailStep::Untag(BTreeSet::from(["team".to_owned()])), "Tags.team: audit -> (none)"),
            (TrailStep::StartLogging, "IsLogging: false -> true"),
            (
                TrailStep::PutInsights(vec![insight].into()),
                "InsightSelectors: (none) -> [{InsightType: ApiCallRateInsight, EventCategories: \
                 [Management]}]",
            ),
            (
                TrailStep::PutAggregation(Some(aggregation)),
                "AggregationConfigurations: (none) -> [{EventCategory: Data, Templates: \
                 [API_ACTIVITY]}]",
            ),
            (TrailStep::Delete, ""),
        ] {
            assert_eq!(list(step.changes(Some(&trail))), changes);
        }
        let created = list(create.changes(None));
        for change in ["S3BucketName: (none) -> logs", "Tags.team: (none) -> audit"] {
            assert!(created.contains(change), "{created}");
        }
        assert!(!created.contains("KmsKeyId"), "{created}");
    }

    #[test]
    fn selectors_look_like_those_of_the_template() {
        let field = |field: &str, value: &str| FieldSelector {
            field: field.to_owned(),
            conditions: [(Operator::Equals, vec![value.to_owned()].into())].into(),
        };
        let advanced = AdvancedSelector {
            name: "data".to_owned(),
            fields: vec![field("eventCategory", "Data")].into(),
        };
        let basic = BasicSelector {
            excluded_sources: vec!["kms.amazonaws.com".to_owned()].into(),
            data_resources: vec![DataResource {
                resource_type: "AWS::S3::Object".to_owned(),
                arn: "arn:aws:s3".to_owned(),
            }]
            .into(),
            ..BasicSelector::default()
        };
        assert_eq!(
            advanced.to_string(),
            "{Name: data, FieldSelectors: [{Field: eventCategory, Equals: [Data]}]}"
        );
        assert_eq!(
            basic.to_string(),
            "{ReadWriteType: All, IncludeManagementEvents: true, ExcludeManagementEventSources: \
             [kms.amazonaws.com], DataResources: [{Type: AWS::S3::Object, Values: [arn:aws:s3]}]}"
        );
        let from = Recording::default();
        let selectors = Selectors::Advanced(vec![advanced].into());
        let to = Recording { selectors, ..Recording::default() };
        let names: Vec<String> =
            from.changes_to(&to).into_iter().map(|change| change.name).collect();
        assert_eq!(names, ["EventSelectors", "AdvancedEventSelectors"]);
    }

    #[test]
    fn returned_arns_replace_names() {
        let topic = Some("arn:aws:sns:eu-west-1:111111111111:topic".to_owned());
        let key = Some("arn:aws:kms:eu-west-1:222222222222:key/1234".to_owned());
        let arn = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org";
        let returned = Returned {
            arn: arn.parse::<TrailArn>().expect("an ARN"),
            kms_key: key.clone(),
            sns_topic: topic.clone(),
        };
        let named = |key: &str| Settings {
            kms_key: Some(key.to_owned()),
            sns_topic: Some("topic".to_owned()),
            ..Settings::new("org-logs")
        };
        let create = TrailStep::Create { settings: named("alias/logs"), tags: Tags::new() };
        let created = after(None, &create, Some(returned.clone())).expect("a trail");
        let update = TrailStep::Update { from: created.settings.clone(), to: named("1234") };
        let updated = after(Some(created.clone()), &update, Some(returned)).expect("a trail");
        for trail in [created, updated] {
            assert_eq!(trail.settings.kms_key, key);
            assert_eq!(trail.settings.sns_topic, topic);
        }
    }
}
