//! Undoes what a failed Create or a failed rename changed.

use std::time::Duration;

use super::delete::retire_as_marked;
use super::desired::identity;
use super::reconcile::{PartialFailure, Reconciler, trail_of};
use super::{failure, owner};
use crate::aws::cloudtrail::CloudTrail;
use crate::domain::fault::Fault;
use crate::domain::names::{Region, TrailArn};
use crate::domain::owner::{Ownership, is_adopted};
use crate::domain::trail::{DesiredTrail, ObservedTrail, plan};
use crate::resource::{Failure, RequestContext};

/// How long CloudFormation waits for an Update at the most, before it is rolled back.
const LONGEST_UPDATE: Duration = Duration::from_hours(1);

impl Reconciler<'_> {
    /// After a failed Create: removes the trail that it made, or gives a trail that was there
    /// before its settings and tags back.
    pub(super) async fn roll_back(&self, partial: Box<PartialFailure>) -> Failure {
        let PartialFailure {
            failure,
            mut before,
            mut now,
            unclear,
        } = *partial;
        let deadline = self.context.clean_up_deadline();
        if unclear {
            match self.trails.observe(&self.arn, deadline).await {
                Ok(observed) => {
                    before = before.or_else(|| self.rollback_target(observed.as_ref()));
                    now = observed;
                }
                Err(fault) => return self.left_behind(&failure, &fault, before.as_ref()),
            }
        }
        for step in plan::undo(before.as_ref(), now.as_ref(), &self.owner) {
            match self.trails.execute(&self.arn, &step, deadline).await {
                Ok(_) => tracing::info!(%step, trail = %self.arn, "step undone"),
                Err(fault) if fault.is_not_found() => break,
                Err(fault) => return self.left_behind(&failure, &fault, before.as_ref()),
            }
        }
        match self.had(before.as_ref()) {
            // It is to be released, whichever delivery of this request took it over.
            Some(Ownership::Ours { adopted: true }) => {}
            Some(_) | None => self.context.progress.clear(),
        }
        failure
    }

    /// Answers the real id, so that CloudFormation's Delete finds what is left; except for a trail
    /// that was the resource's own before, which that Delete would take with all it has recorded.
    fn left_behind(
        &self,
        failure: &Failure,
        fault: &Fault,
        before: Option<&ObservedTrail>,
    ) -> Failure {
        match self.had(before) {
            Some(Ownership::Ours { adopted: false }) => self.context.progress.clear(),
            Some(_) | None => self.context.progress.record(self.arn.to_string()),
        }
        failure.clone().and(&format!(
            "Undoing what had been done of it failed too: {}",
            self.failure(fault)
        ))
    }
}

/// In the rollback of a rename: what the failed Update made or took over and could not put back. It
/// bears our mark, and no Delete of CloudFormation's will ever name it.
pub(super) async fn retire_left_behind(
    context: &RequestContext<'_>,
    desired: &DesiredTrail,
    arn: &TrailArn,
    own_region: &Region,
) {
    // The id is that of the desired trail, so under no other name is there one of ours in use.
    let renamed = identity(&context.request.old_properties, own_region)
        .filter(|(name, region)| *name != desired.name || *region != desired.home_region);
    let Some((name, region)) = renamed else {
        return;
    };
    let left_behind = trail_of(arn.account(), &name, &region);
    // Nothing that is found or not found here may block a rollback.
    if let Err(failure) = retire_if_young(context, &left_behind).await {
        tracing::warn!(%failure, "what the failed Update left behind was not removed");
    }
}

/// Retires a trail that the Update that is being rolled back may have made or taken over. One that
/// logged before was retained by an earlier operation, and holds an audit record.
async fn retire_if_young(context: &RequestContext<'_>, arn: &TrailArn) -> Result<(), Failure> {
    let observed = CloudTrail::new(context.aws, arn.region())
        .tags_and_start(arn, context.deadline())
        .await;
    let observed = observed.map_err(|fault| failure(&fault, arn))?;
    let began = context
        .request
        .issued_at
        .map(|at| at.before(LONGEST_UPDATE));
    match observed {
        Some((tags, started))
            if is_adopted(&tags)
                || !plan::was_there_before(&tags, started, &owner(context), began) =>
        {
            retire_as_marked(context, arn, &tags).await
        }
        Some(_) | None => Ok(()),
    }
}
