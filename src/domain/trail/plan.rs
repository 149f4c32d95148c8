//! Plans for a trail: [`converge`] for Create and Update, [`retire`] for Delete, [`undo`] for a failed
//! Create. [`preview`] has all steps of a Create or an Update before the first is executed.
//!
//! The tests verify: After a plan has been applied, the next plan is empty. No plan changes a trail of
//! another owner, except to adopt it. If a request fails after some steps of a plan and is repeated,
//! the result is the same.

use std::collections::BTreeSet;

use super::settings::{Recording, Settings};
use super::step::{TrailStep, after};
use super::{DesiredTrail, ExistingTrail, ObservedTrail};
use crate::domain::names::TrailArn;
use crate::domain::owner::{Owner, Ownership, Tags, is_our_tag};
use crate::domain::plan::PlannedStep;
use crate::domain::timestamp::Timestamp;

/// The names of the trails of AWS Control Tower begin with this. Control Tower changes and deletes its
/// trails as it needs.
const CONTROL_TOWER: &str = "aws-controltower-";

/// The reference of a request to the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// By the name in the template: a Create or a rename.
    ByName,
    /// By the physical ID: the resource owned the trail after the last request.
    ById,
}

/// Why a plan does not change the trail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A trail with the name exists, and this resource does not own it.
    #[error(
        "a trail named {} already exists in {} ({arn}). It belongs to {by}, so it was not changed. \
         Choose another TrailName, or set ExistingTrail to Adopt to adopt the trail",
        arn.name(),
        arn.region()
    )]
    NameTaken {
        /// The trail.
        arn: Box<TrailArn>,
        /// Its owner.
        by: Ownership,
    },
    /// AWS Control Tower owns the trail.
    #[error(
        "the trail {arn} has the name of a trail of AWS Control Tower, so it was not changed. Choose \
         another TrailName, or configure the trail in the landing zone of Control Tower"
    )]
    ControlTowers {
        /// The trail.
        arn: Box<TrailArn>,
    },
    /// Another resource has adopted the trail.
    #[error(
        "the trail {arn} now belongs to {by}, so it was not changed. To return it to this \
         resource, remove its OrgTrail/ tags and deploy again"
    )]
    TakenOver {
        /// The trail.
        arn: Box<TrailArn>,
        /// Its new owner.
        by: Ownership,
    },
}

/// The steps from the observed state, which is `None` if the trail does not exist, to the desired one.
///
/// # Errors
/// [`Refusal`] if the resource must not change the trail.
pub fn converge(
    desired: &DesiredTrail,
    observed: Option<&ObservedTrail>,
    owner: &Owner,
    claim: Claim,
) -> Result<Vec<TrailStep>, Refusal> {
    let Some(trail) = observed else {
        return Ok(create(desired, owner));
    };
    let owner_tags = match (owner.ownership_of(&trail.tags), claim, desired.existing) {
        (Ownership::Ours { adopted: true }, _, _) => owner.tags_of_adopted(),
        (Ownership::Ours { adopted: false }, _, _) => owner.tags(),
        _ if trail.arn.name().as_str().starts_with(CONTROL_TOWER) => {
            return Err(Refusal::ControlTowers { arn: Box::new(trail.arn.clone()) });
        }
        // The tags were removed, so it is unknown who created the trail. It counts as adopted and is
        // never deleted.
        (Ownership::Unowned, Claim::ById, _)
        | (Ownership::Unowned | Ownership::Others { .. }, Claim::ByName, ExistingTrail::Adopt) => {
            owner.tags_of_adopted()
        }
        (by, Claim::ById, _) => {
            let arn = Box::new(trail.arn.clone());
            return Err(Refusal::TakenOver { arn, by });
        }
        (by, Claim::ByName, ExistingTrail::Fail) => {
            let arn = Box::new(trail.arn.clone());
            return Err(Refusal::NameTaken { arn, by });
        }
    };
    Ok(adjust(desired, trail, &owner_tags))
}

/// The maximum number of plans until a trail is the desired one. The first creates the trail, the
/// second records the key of an alias, and a third follows a concurrent change.
pub const MAX_PLANS: u32 = 4;

/// All steps until the next plan is empty, if every call succeeds. `arn` is the ARN of the trail, even
/// if the trail does not exist yet.
///
/// # Errors
/// [`Refusal`] if the resource must not change the trail.
pub fn preview(
    desired: &DesiredTrail,
    observed: Option<&ObservedTrail>,
    owner: &Owner,
    claim: Claim,
    arn: &TrailArn,
) -> Result<Vec<PlannedStep>, Refusal> {
    let mut now = observed.cloned();
    let mut planned = Vec::new();
    for _ in 0..MAX_PLANS {
        let steps = converge(desired, now.as_ref(), owner, claim)?;
        if steps.is_empty() {
            break;
        }
        for step in steps {
            let changes = step.changes(now.as_ref());
            planned.push(PlannedStep {
                changes,
                ..PlannedStep::new(step.operation(), arn.to_string())
            });
            now = after(now, &step, step.expected(arn));
        }
    }
    Ok(planned)
}

/// The steps for a trail that does not exist. Logging starts last, so that an incomplete trail has no
/// logs and can be deleted.
fn create(desired: &DesiredTrail, owner: &Owner) -> Vec<TrailStep> {
    let new = Recording::default();
    let mut tags = desired.tags.clone();
    tags.extend(owner.tags());
    let mut steps = vec![TrailStep::Create { settings: desired.settings.clone(), tags }];
    steps.extend(record(&new, &desired.recording));
    steps.extend(log(&new, &desired.recording));
    steps
}

/// The steps for a trail that the resource owns or adopts.
fn adjust(desired: &DesiredTrail, trail: &ObservedTrail, owner_tags: &Tags) -> Vec<TrailStep> {
    // The owner's tags come first, so that Delete recognizes the trail even if a later step fails.
    let mut steps = tag(&trail.tags, BTreeSet::new(), owner_tags);
    steps.extend(configure(trail, &desired.settings));
    steps.extend(record(&trail.recording, &desired.recording));
    let mut tags = desired.tags.clone();
    // Only the response to UpdateTrail has the key of an alias, so the next plan stores the alias.
    let key_is_settled = trail.uses_key(desired.settings.kms_key.as_deref());
    if key_is_settled {
        tags.extend(desired.kms_alias_tag(trail));
    }
    let obsolete = trail.tags.keys().filter(|key| {
        let is_stale = key_is_settled && is_our_tag(key) && !owner_tags.contains_key(*key);
        (desired.dropped_tags.contains(*key) || is_stale) && !tags.contains_key(*key)
    });
    steps.extend(tag(&trail.tags, obsolete.cloned().collect(), &tags));
    steps.extend(log(&trail.recording, &desired.recording));
    steps
}

/// The steps that remove a trail with these tags, if this owner created it.
///
/// An adopted trail is released: it loses the owner's tags, remains, and continues to log.
pub fn retire(tags: &Tags, owner: &Owner) -> Vec<TrailStep> {
    match owner.ownership_of(tags) {
        Ownership::Ours { adopted: false } => vec![TrailStep::Delete],
        Ownership::Ours { adopted: true } => {
            let keys = tags.keys().filter(|key| is_our_tag(key));
            vec![TrailStep::Untag(keys.cloned().collect())]
        }
        Ownership::Others { .. } | Ownership::Unowned => Vec::new(),
    }
}

/// The steps that restore a trail after a failed Create: from the state `now` to the state `before`
/// that [`rollback_target`] returned. A trail without the owner's tags is not changed.
pub fn undo(
    before: Option<&ObservedTrail>,
    now: Option<&ObservedTrail>,
    owner: &Owner,
) -> Vec<TrailStep> {
    let is_owned =
        |trail: &&ObservedTrail| matches!(owner.ownership_of(&trail.tags), Ownership::Ours { .. });
    let Some(now) = now.filter(is_owned) else {
        return Vec::new();
    };
    let Some(before) = before else {
        return retire(&now.tags, owner);
    };
    let mut steps: Vec<_> = configure(now, &before.settings).into_iter().collect();
    steps.extend(record(&now.recording, &before.recording));
    steps.extend(log(&now.recording, &before.recording));
    let added = now.tags.keys().filter(|key| !before.tags.contains_key(*key));
    let (owner_tags, others) = added.cloned().partition(|key| is_our_tag(key));
    steps.extend(tag(&now.tags, others, &before.tags));
    // The owner's tags are removed last. A trail with the other tags of the owner but without the one
    // that says that it was adopted would be deleted with the resource.
    steps.extend(untag(owner_tags));
    steps
}

/// The state to which a failed Create restores the trail. `None` if the trail did not exist.
///
/// Lambda delivers an event again after an error, so the owner's trail may be incomplete because an
/// earlier delivery of the same Create failed. If it has logged since before the request was issued, an
/// earlier operation of the stack retained it. It then contains an audit record and is never deleted.
pub fn rollback_target<'a>(
    observed: Option<&'a ObservedTrail>,
    owner: &Owner,
    issued_at: Option<Timestamp>,
) -> Option<&'a ObservedTrail> {
    observed.filter(|trail| was_there_before(&trail.tags, trail.started_logging, owner, issued_at))
}

/// True if a trail with these tags, which last started logging at `started_logging`, existed before
/// the owner's request of the time `issued_at`.
pub fn was_there_before(
    tags: &Tags,
    started_logging: Option<Timestamp>,
    owner: &Owner,
    issued_at: Option<Timestamp>,
) -> bool {
    match owner.ownership_of(tags) {
        Ownership::Ours { adopted: false } => match (started_logging, issued_at) {
            (None, _) => false,
            (Some(started), Some(issued)) => started < issued,
            (Some(_), None) => true,
        },
        Ownership::Ours { adopted: true } | Ownership::Others { .. } | Ownership::Unowned => true,
    }
}

/// UpdateTrail, if a setting differs.
fn configure(trail: &ObservedTrail, desired: &Settings) -> Option<TrailStep> {
    let from = trail.settings.clone();
    let mut to = desired.clone();
    // Another name of the same key or topic is not a change.
    if trail.uses_key(to.kms_key.as_deref()) {
        to.kms_key.clone_from(&from.kms_key);
    }
    if trail.uses_topic(to.sns_topic.as_deref()) {
        to.sns_topic.clone_from(&from.sns_topic);
    }
    (from != to).then_some(TrailStep::Update { from, to })
}

/// The changes of selectors, insights and aggregation in an order that CloudTrail accepts. Insights and
/// aggregation of data events need selectors for data events (API reference, PutInsightSelectors and
/// PutEventConfiguration), so they are removed before the selectors change and added after it.
fn record(observed: &Recording, desired: &Recording) -> Vec<TrailStep> {
    let insights = (desired.insights != observed.insights)
        .then(|| TrailStep::PutInsights(desired.insights.clone()));
    let aggregation = (desired.aggregation != observed.aggregation)
        .then(|| TrailStep::PutAggregation(desired.aggregation.clone()));
    let selectors = (desired.selectors != observed.selectors)
        .then(|| TrailStep::PutSelectors(desired.selectors.clone()));
    let removes_insights = desired.insights.is_subset(&observed.insights);
    let removes_aggregation = desired.aggregation.is_none();
    let (first, insights) = first_if(removes_insights, insights);
    let (second, aggregation) = first_if(removes_aggregation, aggregation);
    let steps = [first, second, selectors, insights, aggregation];
    steps.into_iter().flatten().collect()
}

/// The step as the first or the second of a pair.
fn first_if(first: bool, step: Option<TrailStep>) -> (Option<TrailStep>, Option<TrailStep>) {
    if first { (step, None) } else { (None, step) }
}

/// StartLogging or StopLogging, if needed. No other step interrupts logging.
fn log(observed: &Recording, desired: &Recording) -> Option<TrailStep> {
    match (observed.logging, desired.logging) {
        (false, true) => Some(TrailStep::StartLogging),
        (true, false) => Some(TrailStep::StopLogging),
        (true, true) | (false, false) => None,
    }
}

/// Removes tags before it adds others, because a trail can have at most 50.
fn tag(observed: &Tags, obsolete: BTreeSet<String>, desired: &Tags) -> Vec<TrailStep> {
    let mut steps = Vec::from_iter(untag(obsolete));
    let missing = missing(desired, observed);
    if !missing.is_empty() {
        steps.push(TrailStep::Tag(missing));
    }
    steps
}

fn untag(keys: BTreeSet<String>) -> Option<TrailStep> {
    (!keys.is_empty()).then_some(TrailStep::Untag(keys))
}

/// The desired tags that are missing or have another value.
fn missing(desired: &Tags, observed: &Tags) -> Tags {
    desired
        .iter()
        .filter(|(key, value)| observed.get(*key) != Some(*value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests;
