//! Delete: deletes the trail if the resource created it, releases it if the resource adopted it,
//! and leaves other trails unchanged.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::desired::identity;
use super::reconcile::trail_arn;
use super::{failure, failure_by_name, owner};
use crate::aws::cloudtrail::CloudTrail;
use crate::domain::names::{AccountId, Region, TrailArn, TrailName};
use crate::domain::owner::Tags;
use crate::domain::trail::plan;
use crate::resource::visibility::confirm_not_found;
use crate::resource::{Failure, RequestContext};

/// The time that a Delete searches for the trail of a canceled Create that may still run.
const SEARCH_TIME: Duration = Duration::from_mins(1);
/// The first wait between two searches. It doubles until the maximum.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const MAX_WAIT: Duration = Duration::from_secs(5);

/// Deletes or releases the trail if the resource owns it.
pub(super) async fn retire(context: &RequestContext<'_>, arn: &TrailArn) -> Result<(), Failure> {
    let cloudtrail = CloudTrail::new(context.aws, arn.region());
    let tags = cloudtrail.tags(arn, context.deadline()).await;
    match tags.map_err(|fault| failure(context, &fault, arn))? {
        Some(tags) => retire_with_tags(context, arn, &tags).await,
        None => confirm_gone(context, arn).await,
    }
}

/// Fails if the trail may exist although the caller does not find it.
async fn confirm_gone(context: &RequestContext<'_>, arn: &TrailArn) -> Result<(), Failure> {
    let confirmed = confirm_not_found(context, arn, context.deadline()).await;
    confirmed.map_err(|failure| {
        failure.and(&format!(
            "If the trail was deleted already, delete the stack again and retain the resource {}",
            context.request.logical_id
        ))
    })
}

/// The same for a trail whose tags were just read.
pub(super) async fn retire_with_tags(
    context: &RequestContext<'_>,
    arn: &TrailArn,
    tags: &Tags,
) -> Result<(), Failure> {
    let cloudtrail = CloudTrail::new(context.aws, arn.region());
    for step in plan::retire(tags, &owner(context)) {
        match cloudtrail.execute(arn, &step, context.deadline()).await {
            Ok(_) => tracing::info!(%step, trail = %arn, "step completed"),
            Err(fault) if fault.is_not_found() => return confirm_gone(context, arn).await,
            Err(fault) => return Err(failure(context, &fault, arn)),
        }
    }
    Ok(())
}

/// Removes the trail of a canceled Create. CloudFormation sends this Delete at once, with an ID
/// that it generated, while the Create may still run. "Not found" is a success for every caller:
/// an account that does not see a trail could not have created it.
pub(super) async fn retire_by_name(context: &RequestContext<'_>) -> Result<(), Failure> {
    let Some((name, region)) = identity(&context.request.properties, &context.region()?) else {
        return Ok(());
    };
    let until = context.until.min(Instant::now() + SEARCH_TIME);
    let mut wait = FIRST_WAIT;
    let mut management = None;
    loop {
        if let Some((arn, tags)) = find(context, &name, &region, &mut management).await? {
            // If the trail has another owner, the Create cannot create one with this name.
            return retire_with_tags(context, &arn, &tags).await;
        }
        if Instant::now() + wait >= until {
            return Ok(());
        }
        sleep(wait).await;
        wait = MAX_WAIT.min(wait * 2);
    }
}

/// The organization's trail of this name and its tags, if it exists. `management` caches the ID of
/// the management account between searches.
async fn find(
    context: &RequestContext<'_>,
    name: &TrailName,
    region: &Region,
    management: &mut Option<AccountId>,
) -> Result<Option<(TrailArn, Tags)>, Failure> {
    let cloudtrail = CloudTrail::new(context.aws, region);
    let deadline = context.deadline();
    let failure = |fault| failure_by_name(context, &fault, name);
    let with_tags = async |arn: TrailArn| {
        let tags = cloudtrail.tags(&arn, deadline).await.map_err(failure)?;
        Ok(tags.map(|tags| (arn, tags)))
    };
    let Some(caller) = context.caller else {
        // Without an account ID there is no ARN, so GetTrail has to return it.
        return match cloudtrail.get(name, deadline).await.map_err(failure)? {
            Some(trail) => with_tags(trail.arn).await,
            None => Ok(None),
        };
    };
    // Usually the function runs as the management account.
    let first = with_tags(trail_arn(management.unwrap_or(caller), name, region)).await?;
    if first.is_some() || management.is_some() {
        return Ok(first);
    }
    let owner = match context.aws.organization(deadline).await {
        Ok(organization) => organization.management_account,
        Err(fault) if fault.is_no_organization() => caller,
        Err(fault) => return Err(failure(fault)),
    };
    *management = Some(owner);
    if owner == caller {
        return Ok(None);
    }
    with_tags(trail_arn(owner, name, region)).await
}
