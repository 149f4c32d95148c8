//! Delete: the trail is removed if the resource made it, released if it adopted it, and otherwise left
//! alone.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::desired::identity;
use super::reconcile::trail_of;
use super::{failure, owner};
use crate::aws::cloudtrail::CloudTrail;
use crate::domain::diagnosis::Context;
use crate::domain::error_codes::ErrorCode;
use crate::domain::fault::Fault;
use crate::domain::names::{AccountId, Region, TrailArn, TrailName};
use crate::domain::owner::Tags;
use crate::domain::trail::plan;
use crate::resource::{Failure, RequestContext};

/// How long a Delete goes on looking for the trail of a cancelled Create that may still run.
const CANCELLED_CREATE: Duration = Duration::from_mins(1);
/// The first wait between two looks; it doubles up to the longest.
const FIRST_LOOK: Duration = Duration::from_millis(500);
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// Removes or releases the trail if it is ours.
pub(super) async fn retire(context: &RequestContext<'_>, arn: &TrailArn) -> Result<(), Failure> {
    let trails = CloudTrail::new(context.aws, arn.region());
    let tags = trails.tags(arn, context.deadline()).await;
    match tags.map_err(|fault| failure(&fault, arn))? {
        Some(tags) => retire_as_marked(context, arn, &tags).await,
        None => Ok(()),
    }
}

/// The same for a trail whose tags have just been read.
pub(super) async fn retire_as_marked(
    context: &RequestContext<'_>,
    arn: &TrailArn,
    tags: &Tags,
) -> Result<(), Failure> {
    let trails = CloudTrail::new(context.aws, arn.region());
    for step in plan::retire(tags, &owner(context)) {
        match trails.execute(arn, &step, context.deadline()).await {
            Ok(_) => tracing::info!(%step, trail = %arn, "step done"),
            Err(fault) if fault.is_not_found() => {}
            Err(fault) => return Err(failure(&fault, arn)),
        }
    }
    Ok(())
}

/// Removes what a cancelled Create made or is about to make: CloudFormation then sends Delete at
/// once, with an id that it made up, while the Create may still run.
pub(super) async fn retire_by_name(context: &RequestContext<'_>) -> Result<(), Failure> {
    let Some((name, region)) = identity(&context.request.properties, &context.region()?) else {
        return Ok(());
    };
    let until = context.until.min(Instant::now() + CANCELLED_CREATE);
    let mut wait = FIRST_LOOK;
    let mut management = None;
    loop {
        if let Some((arn, tags)) = locate(context, &name, &region, &mut management).await? {
            // Ours is gone then; somebody else's keeps the Create from making another.
            return retire_as_marked(context, &arn, &tags).await;
        }
        if Instant::now() + wait >= until {
            return Ok(());
        }
        sleep(wait).await;
        wait = LONGEST_LOOK.min(wait * 2);
    }
}

/// The organization's trail of this name and its tags, if it is there. `management` remembers the
/// management account from one look to the next.
async fn locate(
    context: &RequestContext<'_>,
    name: &TrailName,
    region: &Region,
    management: &mut Option<AccountId>,
) -> Result<Option<(TrailArn, Tags)>, Failure> {
    let trails = CloudTrail::new(context.aws, region);
    let known = Context {
        trail_name: Some(name),
        ..Context::default()
    };
    let failure = |fault: Fault| Failure::aws(&fault, &known);
    let marked = async |arn: TrailArn| {
        let tags = trails.tags(&arn, context.deadline()).await;
        Ok(tags.map_err(failure)?.map(|tags| (arn, tags)))
    };
    let Some(caller) = context.caller else {
        // Whose trails these are only CloudTrail can say.
        let found = trails
            .find(name, context.deadline())
            .await
            .map_err(failure)?;
        return match found {
            Some(found) => marked(found.arn).await,
            None => Ok(None),
        };
    };
    // Usually the function calls as the management account.
    let first = marked(trail_of(management.unwrap_or(caller), name, region)).await?;
    if first.is_some() || management.is_some() {
        return Ok(first);
    }
    let owner = match context.aws.organization(context.deadline()).await {
        Ok(organization) => organization.management_account,
        Err(fault) if fault.code() == Some(ErrorCode::AWSOrganizationsNotInUse) => caller,
        Err(fault) => return Err(failure(fault)),
    };
    *management = Some(owner);
    if owner == caller {
        return Ok(None);
    }
    marked(trail_of(owner, name, region)).await
}
