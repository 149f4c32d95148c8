//! `Custom::OrgTrail`: an organization trail.
//!
//! | File | Contents |
//! |---|---|
//! | [`properties`], [`mod@desired`] | the trail that the template describes |
//! | `records` | the conditions of the declaration on the events that a trail records |
//! | `reconcile` | Create and Update: observe, plan and execute until the plan is empty |
//! | `rules` | the rules that the declaration of the properties cannot express |
//! | `rollback` | undo the changes of a failed Create or rename |
//! | `delete` | Delete: remove or release a trail that the resource owns |

mod delete;
pub mod desired;
pub mod properties;
mod reconcile;
mod records;
mod rollback;
mod rules;

use std::time::Duration;

use strum::{EnumMessage, IntoStaticStr, VariantArray};
use tokio::time::Instant;

use super::{Failure, Outcome, RequestContext};
use crate::aws::call::Deadline;
use crate::cfn::attributes::attributes;
use crate::cfn::request::Request;
use crate::cfn::response::is_not_created;
use crate::domain::delivery::log_prefix;
use crate::domain::diagnosis::Context;
use crate::domain::fault::Fault;
use crate::domain::names::{Region, TrailArn, TrailName};
use crate::domain::operation::Operation;
use crate::domain::organization::Organization;
use crate::domain::owner::{Owner, is_adopted};
use crate::domain::plan::{Plan, PlannedStep};
use crate::domain::trail::plan::{self, Claim};
use crate::domain::trail::{DesiredTrail, ObservedTrail};
use desired::{desired, identity};
use reconcile::Reconciler;

/// The attributes of a trail that `Fn::GetAtt` returns.
#[derive(Debug, Clone, Copy, EnumMessage, IntoStaticStr, VariantArray)]
pub enum OrgTrailAttribute {
    /// The ARN of the trail, for example,
    /// `arn:aws:cloudtrail:us-east-1:111111111111:trail/organization`. It contains the account
    /// ID of the management account, even if a delegated administrator creates the trail.
    Arn,
    /// The name of the trail, for example, `organization`.
    TrailName,
    /// The home Region of the trail, for example, `us-east-1`.
    HomeRegion,
    /// The ID of the organization, for example, `o-exampleorg1`.
    OrganizationId,
    /// The account ID of the management account, which owns the trail, for example,
    /// `111111111111`.
    ManagementAccountId,
    /// The name of the bucket that receives the log files, for example, `my-log-archive`.
    S3BucketName,
    /// The prefix that the keys of all log files have in common: `S3KeyPrefix` with a slash, if
    /// you specify it, and `AWSLogs/` with the ID of the organization. For example,
    /// `AWSLogs/o-exampleorg1/` or `audit/AWSLogs/o-exampleorg1/`.
    LogPrefix,
    /// The ARN of the SNS topic, for example, `arn:aws:sns:us-east-1:111111111111:log-files`. An
    /// empty string if the trail has no topic.
    SnsTopicArn,
    /// The ARN of the KMS key, even if `KMSKeyId` is a key ID or an alias, for example,
    /// `arn:aws:kms:us-east-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab`. An empty
    /// string if the trail has no KMS key.
    KmsKeyArn,
    /// `true` if the trail is logging, `false` if logging is stopped.
    IsLogging,
    /// `true` if the trail logs events in all Regions, `false` if it logs only those in its home
    /// Region.
    IsMultiRegionTrail,
    /// `true` if CloudTrail delivers a digest file every hour, with which you can verify that no
    /// log file was changed or deleted. Otherwise, `false`.
    LogFileValidationEnabled,
    /// `true` if the trail already existed and the resource adopted it, `false` if the resource
    /// created it.
    Adopted,
    /// The ARNs of the other organization trails of the management account that record
    /// management events, comma-separated, as far as they fit into the response. An empty string
    /// if there are none. Each of them records every management event once more, and AWS bills
    /// every copy of management events after the first. A trail that OrgTrail cannot read is
    /// left out.
    OtherOrganizationTrails,
}

/// The maximum time for the reads of other trails. They only describe, so no failure of theirs is
/// worth a longer wait.
const TIME_FOR_OTHER_TRAILS: Duration = Duration::from_secs(10);

/// The most bytes of `OtherOrganizationTrails`. A response of 4,096 bytes has room for them beside the
/// longest other attributes.
const MAX_OTHER_TRAILS: usize = 1_000;

/// The trail after Create or Update.
struct Converged {
    physical_id: String,
    trail: ObservedTrail,
    organization: Organization,
}

/// Serves Create and Update.
pub async fn converge(context: &RequestContext<'_>) -> Result<Outcome, Failure> {
    let own_region = context.region()?;
    let desired = desired(context.request, &own_region, context.caller)?;
    let others = async { Ok(other_trails(context, &desired).await) };
    let (converged, others) =
        tokio::try_join!(converge_trail(context, &desired, &own_region), others)?;
    Ok(outcome(converged, &others))
}

async fn converge_trail(
    context: &RequestContext<'_>,
    desired: &DesiredTrail,
    own_region: &Region,
) -> Result<Converged, Failure> {
    let (reconciler, observed) = look(context, desired).await?;
    let trail = match (reconciler.converge(observed).await, reconciler.claim) {
        (Ok(trail), _) => trail,
        // Not rolled back here: CloudFormation follows with an Update to the old properties.
        (Err(partial), Claim::ById) => return Err(partial.failure),
        (Err(partial), Claim::ByName) => return Err(reconciler.roll_back(partial).await),
    };
    if reconciler.claim == Claim::ById {
        rollback::retire_left_behind(context, desired, &reconciler.arn, own_region).await;
    }
    let kept = kept_id(context.request, desired, own_region);
    let physical_id = kept.map_or_else(|| trail.arn.to_string(), str::to_owned);
    Ok(Converged { physical_id, trail, organization: reconciler.organization })
}

/// The plan of a Create or an Update.
pub async fn plan(context: &RequestContext<'_>) -> Result<Plan, Failure> {
    let own_region = context.region()?;
    let desired = desired(context.request, &own_region, context.caller)?;
    let (reconciler, observed) = look(context, &desired).await?;
    let mut steps = reconciler.preview(observed.as_ref())?;
    if reconciler.claim == Claim::ById
        && let Some((arn, tags)) =
            rollback::left_behind(context, &desired, &reconciler.arn, &own_region).await
    {
        let retired = plan::retire(&tags, &reconciler.owner).into_iter();
        steps.extend(retired.map(|step| PlannedStep::new(step.operation(), arn.to_string())));
    }
    let keeps_id = reconciler.claim == Claim::ById
        || kept_id(context.request, &desired, &own_region).is_some();
    let found = PlannedStep::new(Operation::GetTrail, reconciler.arn.to_string());
    Ok(Plan::new(steps).replacing(context.replaced(keeps_id), found))
}

/// The other organization trails of the management account that record management events.
///
/// They are read beside the trail itself, and a fault of these reads has no effect.
async fn other_trails(context: &RequestContext<'_>, desired: &DesiredTrail) -> Vec<TrailArn> {
    let until = context.until.min(Instant::now() + TIME_FOR_OTHER_TRAILS);
    let id = context.request.physical_id.as_deref().and_then(|arn| arn.parse().ok());
    // CloudFormation deletes a trail that is replaced.
    let is_own = |arn: &TrailArn| is_of(arn, desired) || id.as_ref() == Some(arn);
    let region = &desired.home_region;
    let aws = context.aws;
    let others = aws.recording_organization_trails(region, is_own, Deadline::until(until)).await;
    if !others.is_empty() {
        tracing::warn!(
            trails = %list(&others, usize::MAX),
            "other organization trails record management events too. AWS bills every copy of \
             management events after the first, at 2 USD per 100,000 events in most Regions"
        );
    }
    others
}

/// The ARNs, comma-separated, as far as they fit into `bytes`.
fn list(arns: &[TrailArn], bytes: usize) -> String {
    let mut list = String::new();
    for arn in arns.iter().map(ToString::to_string) {
        let separator = if list.is_empty() { "" } else { "," };
        if list.len() + separator.len() + arn.len() > bytes {
            break;
        }
        list.push_str(separator);
        list.push_str(&arn);
    }
    list
}

/// Serves Delete.
pub async fn retire(context: &RequestContext<'_>) -> Result<(), Failure> {
    let id = context.request.physical_id.as_deref();
    if id.is_some_and(is_not_created) {
        return Ok(());
    }
    match id.and_then(|arn| arn.parse().ok()) {
        Some(arn) => delete::retire(context, &arn).await,
        None => delete::retire_by_name(context).await,
    }
}

/// True if the desired trail has, or will have, this ARN.
fn is_of(arn: &TrailArn, desired: &DesiredTrail) -> bool {
    *arn.name() == desired.name && *arn.region() == desired.home_region
}

fn owner(context: &RequestContext<'_>) -> Owner {
    Owner::new(&context.request.stack_id, &context.request.logical_id)
}

/// The ID of the resource. A resource whose Create failed has none.
fn existing_id(request: &Request) -> Option<&str> {
    request.physical_id.as_deref().filter(|id| !is_not_created(id))
}

/// Reads the trail that the request refers to: the trail of the physical ID, or the trail with the
/// desired name, which may replace that one.
async fn look<'a>(
    context: &'a RequestContext<'a>,
    desired: &'a DesiredTrail,
) -> Result<(Reconciler<'a>, Option<ObservedTrail>), Failure> {
    match existing_id(context.request).and_then(|arn| arn.parse().ok()) {
        Some(arn) if is_of(&arn, desired) => Reconciler::by_arn(context, desired, &arn).await,
        replaced => Reconciler::by_name(context, desired, replaced.as_ref()).await,
    }
}

/// The ID of a resource whose ID CloudFormation generated, because it received no response to the
/// Create. The ID stays the same as long as the trail does. A response with the ARN would be a
/// replacement, and the Delete of the generated ID, which finds the trail by its name, would remove
/// the trail in use.
fn kept_id<'a>(
    request: &'a Request,
    desired: &DesiredTrail,
    own_region: &Region,
) -> Option<&'a str> {
    let id = existing_id(request).filter(|id| id.parse::<TrailArn>().is_err())?;
    let is_replaced = identity(&request.old_properties, own_region)
        .is_some_and(|(name, region)| name != desired.name || region != desired.home_region);
    (!is_replaced).then_some(id)
}

/// The failure of a call about the trail `arn`.
fn failure(context: &RequestContext<'_>, fault: &Fault, arn: &TrailArn) -> Failure {
    Failure::aws(fault, &Context { trail: Some(arn), ..context.circumstances() })
}

/// The failure of a call before the ARN of the trail is known.
fn failure_by_name(context: &RequestContext<'_>, fault: &Fault, name: &TrailName) -> Failure {
    Failure::aws(fault, &Context { trail_name: Some(name), ..context.circumstances() })
}

fn outcome(converged: Converged, others: &[TrailArn]) -> Outcome {
    let Converged { physical_id, trail, organization } = converged;
    let ObservedTrail { arn, settings, recording, tags, .. } = trail;
    let attributes = attributes(|attribute| match attribute {
        OrgTrailAttribute::Arn => arn.to_string(),
        OrgTrailAttribute::TrailName => arn.name().to_string(),
        OrgTrailAttribute::HomeRegion => arn.region().to_string(),
        OrgTrailAttribute::OrganizationId => organization.id.clone(),
        OrgTrailAttribute::ManagementAccountId => organization.management_account.to_string(),
        OrgTrailAttribute::S3BucketName => settings.bucket.clone(),
        OrgTrailAttribute::LogPrefix => {
            log_prefix(settings.key_prefix.as_deref(), &organization.id)
        }
        OrgTrailAttribute::SnsTopicArn => settings.sns_topic.clone().unwrap_or_default(),
        OrgTrailAttribute::KmsKeyArn => settings.kms_key.clone().unwrap_or_default(),
        OrgTrailAttribute::IsLogging => recording.logging.to_string(),
        OrgTrailAttribute::IsMultiRegionTrail => settings.multi_region.to_string(),
        OrgTrailAttribute::LogFileValidationEnabled => settings.log_file_validation.to_string(),
        OrgTrailAttribute::Adopted => is_adopted(&tags).to_string(),
        OrgTrailAttribute::OtherOrganizationTrails => list(others, MAX_OTHER_TRAILS),
    });
    Outcome { physical_id, attributes }
}
