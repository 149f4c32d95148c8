//! Undo the changes of a failed Create or a failed rename.

use std::time::Duration;

use super::delete::retire_with_tags;
use super::desired::identity;
use super::reconcile::{PartialFailure, Reconciler, trail_arn};
use super::{failure, owner};
use crate::aws::cloudtrail::CloudTrail;
use crate::domain::names::{Region, TrailArn};
use crate::domain::owner::{Ownership, Tags, is_adopted};
use crate::domain::trail::{DesiredTrail, ObservedTrail, plan};
use crate::resource::visibility::confirm_not_found;
use crate::resource::{Failure, RequestContext};

/// The maximum duration of an Update: CloudFormation waits that long for a response.
const MAX_UPDATE: Duration = Duration::from_hours(1);

impl Reconciler<'_> {
    /// After a failed Create: deletes the trail that it created, or restores the settings and tags
    /// of a trail that already existed.
    pub(super) async fn roll_back(&self, partial: Box<PartialFailure>) -> Failure {
        let PartialFailure { failure, mut before, mut now, unclear } = *partial;
        let deadline = self.context.clean_up_deadline();
        if unclear {
            match self.cloudtrail.observe(&self.arn, deadline).await {
                Ok(observed) => {
                    before = before.or_else(|| self.rollback_target(observed.as_ref()));
                    now = observed;
                }
                Err(fault) => {
                    return self.rollback_failure(failure, &self.failure(&fault), before.as_ref());
                }
            }
            if now.is_none()
                && let Err(unknown) = confirm_not_found(self.context, &self.arn, deadline).await
            {
                return self.rollback_failure(failure, &unknown, before.as_ref());
            }
        }
        for step in plan::undo(before.as_ref(), now.as_ref(), &self.owner) {
            match self.cloudtrail.execute(&self.arn, &step, deadline).await {
                Ok(_) => tracing::info!(%step, trail = %self.arn, "rollback step completed"),
                Err(fault) if fault.is_not_found() => {
                    match confirm_not_found(self.context, &self.arn, deadline).await {
                        Ok(()) => break,
                        Err(unknown) => {
                            return self.rollback_failure(failure, &unknown, before.as_ref());
                        }
                    }
                }
                Err(fault) => {
                    return self.rollback_failure(failure, &self.failure(&fault), before.as_ref());
                }
            }
        }
        match self.ownership(before.as_ref()) {
            // An earlier delivery of this request may have adopted it, so Delete must release it.
            Some(Ownership::Ours { adopted: true }) => {}
            Some(_) | None => self.context.progress.clear(),
        }
        failure
    }

    /// Appends the failure of the rollback to that of the request. The response has the ARN, so that
    /// CloudFormation's Delete removes the rest, unless the resource owned the trail before: that
    /// Delete would delete it.
    fn rollback_failure(
        &self,
        failure: Failure,
        of_rollback: &Failure,
        before: Option<&ObservedTrail>,
    ) -> Failure {
        match self.ownership(before) {
            Some(Ownership::Ours { adopted: false }) => self.context.progress.clear(),
            Some(_) | None => self.context.progress.record(self.arn.to_string()),
        }
        failure.and(&format!("The rollback failed too: {of_rollback}"))
    }
}

/// In the rollback of a rename: retires the trail that the failed Update left behind.
pub(super) async fn retire_left_behind(
    context: &RequestContext<'_>,
    desired: &DesiredTrail,
    arn: &TrailArn,
    own_region: &Region,
) {
    if let Some((left_behind, tags)) = left_behind(context, desired, arn, own_region).await
        && let Err(error) = retire_with_tags(context, &left_behind, &tags).await
    {
        // No failure here may block a rollback.
        tracing::warn!(%error, trail = %left_behind, "trail of the failed Update not removed");
    }
}

/// The trail that a failed rename created or adopted and could not roll back, and its tags.
/// CloudFormation never learned its ARN, so it sends no Delete for it.
pub(super) async fn left_behind(
    context: &RequestContext<'_>,
    desired: &DesiredTrail,
    arn: &TrailArn,
    own_region: &Region,
) -> Option<(TrailArn, Tags)> {
    // The physical ID is the ARN of the desired trail, so the resource uses no trail of another
    // name.
    let (name, region) = identity(&context.request.old_properties, own_region)
        .filter(|(name, region)| *name != desired.name || *region != desired.home_region)?;
    let left_behind = trail_arn(arn.account(), &name, &region);
    match tags_if_new(context, &left_behind).await {
        Ok(tags) => tags.map(|tags| (left_behind, tags)),
        Err(error) => {
            tracing::warn!(%error, trail = %left_behind, "trail of the failed Update not removed");
            None
        }
    }
}

/// The tags of a trail that the failed Update may have created or adopted. A trail that started
/// logging earlier was retained by an earlier stack operation, and stays.
async fn tags_if_new(
    context: &RequestContext<'_>,
    arn: &TrailArn,
) -> Result<Option<Tags>, Failure> {
    let cloudtrail = CloudTrail::new(context.aws, arn.region());
    let observed = cloudtrail.tags_and_start(arn, context.deadline()).await;
    let observed = observed.map_err(|fault| failure(context, &fault, arn))?;
    let began = context.request.issued_at.map(|at| at.before(MAX_UPDATE));
    let is_new = |tags: &Tags, started| {
        is_adopted(tags) || !plan::was_there_before(tags, started, &owner(context), began)
    };
    Ok(observed.filter(|(tags, started)| is_new(tags, *started)).map(|(tags, _)| tags))
}
