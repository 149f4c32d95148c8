//! What is to be done about a trail: [`converge`], [`retire`], [`undo`].
//!
//! Called by [`crate::resource::org_trail`]. Create, Update and a repeated delivery of either ask the
//! same question, so there is one answer to it. Guarantees, each held by a test below: applying a
//! plan leaves an empty plan; no plan has a step for a trail that is not ours or was not to be
//! adopted; a failure after any prefix of a plan, then the same request again, ends at the same place.

use std::collections::BTreeSet;

use super::settings::{Recording, Selectors, Settings};
use super::step::TrailStep;
use super::{DesiredTrail, ExistingTrail, ObservedTrail};
use crate::domain::names::TrailArn;
use crate::domain::owner::{Owner, Ownership, Tags, is_our_tag};
use crate::domain::timestamp::Timestamp;
use crate::domain::unordered::Unordered;

/// How the asking resource came to this trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// By a name in the template: Create, or the new name of a rename.
    ByName,
    /// By its own physical id: the trail was its own when it last looked.
    ById,
}

/// Why a trail is left alone although the template asks for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Create met a trail that is not ours.
    #[error(
        "a trail named {} already exists in {} ({arn}) and belongs to {by}, so it was left as it \
         is; choose another TrailName, or set ExistingTrail to Adopt to take it over",
        arn.name(),
        arn.region()
    )]
    NameTaken {
        /// The trail that is there.
        arn: Box<TrailArn>,
        /// Its owner.
        by: Ownership,
    },
    /// Update found that somebody else has taken the trail over since.
    #[error(
        "the trail {arn} belongs to {by} now, so it was left as it is; if it should be this \
         resource's again, remove its OrgTrail/ tags and deploy once more"
    )]
    TakenOver {
        /// The trail that was ours.
        arn: Box<TrailArn>,
        /// Its owner now.
        by: Ownership,
    },
}

/// The steps that make `observed` (`None`: there is no such trail) what `desired` says; none when
/// they already agree.
///
/// # Errors
/// [`Refusal`] when the trail is not ours to change; then nothing may be changed.
pub fn converge(
    desired: &DesiredTrail,
    observed: Option<&ObservedTrail>,
    owner: &Owner,
    claim: Claim,
) -> Result<Vec<TrailStep>, Refusal> {
    let Some(trail) = observed else {
        return Ok(create(desired, owner));
    };
    let mark = match (owner.ownership_of(&trail.tags), claim, desired.existing) {
        (Ownership::Ours { adopted: true }, _, _) => owner.tags_of_adopted(),
        (Ownership::Ours { adopted: false }, _, _) => owner.tags(),
        // Somebody removed our tags. Nobody can tell any more who made the trail, so it counts as
        // adopted: it will never be deleted.
        (Ownership::Unowned, Claim::ById, _)
        | (Ownership::Unowned | Ownership::Others { .. }, Claim::ByName, ExistingTrail::Adopt) => {
            owner.tags_of_adopted()
        }
        (by @ Ownership::Others { .. }, Claim::ById, _) => {
            return Err(Refusal::TakenOver {
                arn: Box::new(trail.arn.clone()),
                by,
            });
        }
        (
            by @ (Ownership::Unowned | Ownership::Others { .. }),
            Claim::ByName,
            ExistingTrail::Fail,
        ) => {
            return Err(Refusal::NameTaken {
                arn: Box::new(trail.arn.clone()),
                by,
            });
        }
    };
    Ok(adjust(desired, trail, &mark))
}

/// The steps for a trail that is not there. Logging comes last: a trail that cannot be completed
/// has then recorded nothing, and can be removed again without loss.
fn create(desired: &DesiredTrail, owner: &Owner) -> Vec<TrailStep> {
    let fresh = Recording {
        logging: false,
        selectors: Selectors::default(),
        insights: Unordered::default(),
        aggregation: None,
    };
    let mut tags = desired.tags.clone();
    tags.extend(owner.tags());
    let mut steps = vec![TrailStep::Create {
        settings: desired.settings.clone(),
        tags,
    }];
    steps.extend(record(&fresh, &desired.recording));
    steps.extend(log(&fresh, &desired.recording));
    steps
}

/// The steps for a trail that is there and ours, or about to be.
fn adjust(desired: &DesiredTrail, trail: &ObservedTrail, mark: &Tags) -> Vec<TrailStep> {
    let mut steps = Vec::new();
    // Before anything else is touched the trail says whose it is: whatever fails later, Delete
    // then knows what to do with it.
    let missing_mark = missing(mark, &trail.tags);
    if !missing_mark.is_empty() {
        steps.push(TrailStep::Tag(missing_mark));
    }
    steps.extend(configure(trail, &desired.settings));
    steps.extend(record(&trail.recording, &desired.recording));
    let mut tags = desired.tags.clone();
    // Which key an alias stands for is known only once CloudTrail has answered UpdateTrail, so
    // the note about it waits for the next look.
    let key_is_settled = trail.uses_key(desired.settings.kms_key.as_deref());
    if key_is_settled {
        tags.extend(desired.kms_alias_tag(trail));
    }
    let obsolete = trail.tags.keys().filter(|key| {
        let stale_note = key_is_settled && is_our_tag(key) && !mark.contains_key(*key);
        (desired.dropped_tags.contains(*key) || stale_note) && !tags.contains_key(*key)
    });
    steps.extend(tag(&trail.tags, obsolete.cloned().collect(), &tags));
    steps.extend(log(&trail.recording, &desired.recording));
    steps
}

/// The steps that remove from AWS what is ours, and nothing for a trail that is not.
///
/// `tags` are those on the trail. An adopted trail is released: our tags go, it stays and keeps
/// logging.
pub fn retire(tags: &Tags, owner: &Owner) -> Vec<TrailStep> {
    match owner.ownership_of(tags) {
        Ownership::Ours { adopted: false } => vec![TrailStep::Delete],
        Ownership::Ours { adopted: true } => {
            vec![TrailStep::Untag(
                tags.keys().filter(|key| is_our_tag(key)).cloned().collect(),
            )]
        }
        Ownership::Others { .. } | Ownership::Unowned => Vec::new(),
    }
}

/// The steps that put a trail back to what it was before a Create that failed.
///
/// `before` is what [`rollback_target`] said, `now` what the Create left behind. Whatever `before`
/// says, a trail that does not bear the owner's mark is not touched.
pub fn undo(
    before: Option<&ObservedTrail>,
    now: Option<&ObservedTrail>,
    owner: &Owner,
) -> Vec<TrailStep> {
    let Some(now) = now.filter(|now| is_ours(now, owner)) else {
        return Vec::new();
    };
    let Some(before) = before else {
        return retire(&now.tags, owner);
    };
    let mut steps: Vec<_> = configure(now, &before.settings).into_iter().collect();
    steps.extend(record(&now.recording, &before.recording));
    steps.extend(log(&now.recording, &before.recording));
    let added = now
        .tags
        .keys()
        .filter(|key| !before.tags.contains_key(*key));
    let (marks, others) = added.cloned().partition(|key| is_our_tag(key));
    steps.extend(tag(&now.tags, others, &before.tags));
    // Last of all: without the note that it was adopted, a trail that still bears our mark would be
    // deleted with the resource.
    steps.extend(untag(marks));
    steps
}

fn is_ours(trail: &ObservedTrail, owner: &Owner) -> bool {
    matches!(owner.ownership_of(&trail.tags), Ownership::Ours { .. })
}

/// What a failed Create has to go back to: `None` where the trail did not exist before it.
///
/// Lambda delivers an event again after an error, so a trail of ours may be what an earlier delivery
/// of this same Create left half-made. It counts as that unless it has been logging since before the
/// request was issued (`issued_at`): then it was there already, retained by an
/// earlier stack operation, holds an audit record, and is never deleted for a failed Create.
pub fn rollback_target<'a>(
    observed: Option<&'a ObservedTrail>,
    owner: &Owner,
    issued_at: Option<Timestamp>,
) -> Option<&'a ObservedTrail> {
    observed.filter(|trail| was_there_before(&trail.tags, trail.started_logging, owner, issued_at))
}

/// Whether a trail with these tags, that last began to log at `started_logging`, was there before the
/// operation of `owner`'s that was begun at `issued_at`.
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

/// UpdateTrail with what differs, if anything does.
fn configure(trail: &ObservedTrail, desired: &Settings) -> Option<TrailStep> {
    let from = trail.settings.clone();
    let mut to = desired.clone();
    // The same key or topic by another name is no change.
    if trail.uses_key(to.kms_key.as_deref()) {
        to.kms_key.clone_from(&from.kms_key);
    }
    if trail.uses_topic(to.sns_topic.as_deref()) {
        to.sns_topic.clone_from(&from.sns_topic);
    }
    (from != to).then_some(TrailStep::Update { from, to })
}

/// Selectors, insights and aggregation, in an order that CloudTrail accepts: insights and
/// aggregation of data events need selectors that log them (API reference, PutInsightSelectors and
/// PutEventConfiguration), so what goes away goes before the selectors, and what comes, after.
fn record(observed: &Recording, desired: &Recording) -> Vec<TrailStep> {
    let insights = (desired.insights != observed.insights)
        .then(|| TrailStep::PutInsights(desired.insights.clone()));
    let aggregation = (desired.aggregation != observed.aggregation)
        .then(|| TrailStep::PutAggregation(desired.aggregation.clone()));
    let selectors = (desired.selectors != observed.selectors)
        .then(|| TrailStep::PutSelectors(desired.selectors.clone()));
    let (insights_go, insights_come) =
        split(insights, desired.insights.is_subset(&observed.insights));
    let (aggregation_goes, aggregation_comes) = split(aggregation, desired.aggregation.is_none());
    [
        insights_go,
        aggregation_goes,
        selectors,
        insights_come,
        aggregation_comes,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The step before, or the step after.
fn split(step: Option<TrailStep>, before: bool) -> (Option<TrailStep>, Option<TrailStep>) {
    if before { (step, None) } else { (None, step) }
}

/// Start or stop. Logging is never interrupted for the sake of another step.
fn log(observed: &Recording, desired: &Recording) -> Option<TrailStep> {
    match (observed.logging, desired.logging) {
        (false, true) => Some(TrailStep::StartLogging),
        (true, false) => Some(TrailStep::StopLogging),
        (true, true) | (false, false) => None,
    }
}

/// Removes first: a trail has 50 tags at most.
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

/// The tags of `desired` that are not there, or with another value.
fn missing(desired: &Tags, observed: &Tags) -> Tags {
    desired
        .iter()
        .filter(|(key, value)| observed.get(*key) != Some(*value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests;
