//! `Custom::OrgTrail`: an organization trail.
//!
//! | File | Contents |
//! |---|---|
//! | [`properties`], [`mod@desired`] | the trail that the template describes |
//! | `reconcile` | Create and Update: observe, plan and execute until the plan is empty |
//! | `rollback` | undo the changes of a failed Create or rename |
//! | `delete` | Delete: remove or release a trail that the resource owns |

mod delete;
pub mod desired;
pub mod properties;
mod reconcile;
mod rollback;

use super::{Failure, Outcome, RequestContext};
use crate::cfn::response::is_not_created;
use crate::domain::delivery::log_prefix;
use crate::domain::diagnosis::Context;
use crate::domain::fault::Fault;
use crate::domain::names::{Region, TrailArn, TrailName};
use crate::domain::organization::Organization;
use crate::domain::owner::{Owner, is_adopted};
use crate::domain::trail::plan::Claim;
use crate::domain::trail::{DesiredTrail, ObservedTrail};
use desired::{desired, identity};
use reconcile::Reconciler;

crate::attributes! {
    /// The attributes of a trail that `Fn::GetAtt` returns.
    pub struct OrgTrailAttributes {
        /// The ARN of the trail, for example,
        /// `arn:aws:cloudtrail:us-east-1:111111111111:trail/organization`. It contains the account
        /// ID of the management account, even if a delegated administrator creates the trail.
        Arn => arn,
        /// The name of the trail, for example, `organization`.
        TrailName => trail_name,
        /// The home Region of the trail, for example, `us-east-1`.
        HomeRegion => home_region,
        /// The ID of the organization, for example, `o-exampleorg1`.
        OrganizationId => organization_id,
        /// The account ID of the management account, which owns the trail, for example,
        /// `111111111111`.
        ManagementAccountId => management_account_id,
        /// The name of the bucket that receives the log files, for example, `my-log-archive`.
        S3BucketName => s3_bucket_name,
        /// The prefix that the keys of all log files have in common: `S3KeyPrefix` with a slash, if
        /// you specify it, and `AWSLogs/` with the ID of the organization. For example,
        /// `AWSLogs/o-exampleorg1/` or `audit/AWSLogs/o-exampleorg1/`.
        LogPrefix => log_prefix,
        /// The ARN of the SNS topic, for example, `arn:aws:sns:us-east-1:111111111111:log-files`. An
        /// empty string if the trail has no topic.
        SnsTopicArn => sns_topic_arn,
        /// The ARN of the KMS key, even if `KMSKeyId` is a key ID or an alias, for example,
        /// `arn:aws:kms:us-east-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab`. An empty
        /// string if the trail has no KMS key.
        KmsKeyArn => kms_key_arn,
        /// `true` if the trail is logging, `false` if logging is stopped.
        IsLogging => is_logging,
        /// `true` if the trail already existed and the resource adopted it, `false` if the resource
        /// created it.
        Adopted => adopted,
    }
}

/// Serves Create and Update.
pub async fn converge(context: &RequestContext<'_>) -> Result<Outcome, Failure> {
    let own_region = context.region()?;
    let desired = desired(context.request, &own_region)?;
    // The ID of a resource whose Create failed names no trail.
    let id = context.request.physical_id.as_deref().filter(|id| !is_not_created(id));
    let Some(id) = id else {
        return converge_by_name(context, &desired, None).await;
    };
    match TrailArn::parse(id) {
        Some(arn) if is_of(&arn, &desired) => {
            let outcome = converge_by_arn(context, &desired, &arn).await?;
            rollback::retire_left_behind(context, &desired, &arn, &own_region).await;
            Ok(outcome)
        }
        Some(arn) => converge_by_name(context, &desired, Some(&arn)).await,
        None => converge_with_generated_id(context, &desired, id, &own_region).await,
    }
}

/// Serves Delete.
pub async fn retire(context: &RequestContext<'_>) -> Result<(), Failure> {
    let id = context.request.physical_id.as_deref();
    if id.is_some_and(is_not_created) {
        return Ok(());
    }
    match id.and_then(TrailArn::parse) {
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

/// Creates the trail, or adopts or updates one with its name. `replaced` is the ARN of the trail
/// that it replaces.
async fn converge_by_name(
    context: &RequestContext<'_>,
    desired: &DesiredTrail,
    replaced: Option<&TrailArn>,
) -> Result<Outcome, Failure> {
    let (reconciler, observed) = Reconciler::by_name(context, desired, replaced).await?;
    match reconciler.converge(observed, Claim::ByName).await {
        Ok(trail) => Ok(outcome(&trail, &reconciler.organization)),
        Err(partial) => Err(reconciler.roll_back(partial).await),
    }
}

/// Updates the resource's trail. A failure is not rolled back here: CloudFormation follows with an
/// Update to the old properties.
async fn converge_by_arn(
    context: &RequestContext<'_>,
    desired: &DesiredTrail,
    arn: &TrailArn,
) -> Result<Outcome, Failure> {
    let (reconciler, observed) = Reconciler::by_arn(context, desired, arn).await?;
    match reconciler.converge(observed, Claim::ById).await {
        Ok(trail) => Ok(outcome(&trail, &reconciler.organization)),
        Err(partial) => Err(partial.failure),
    }
}

/// Updates a resource whose ID CloudFormation generated, because it received no response to the
/// Create. The ID stays the same as long as the trail does. A response with the ARN would be a
/// replacement, and the Delete of the generated ID, which finds the trail by its name, would remove
/// the trail in use.
async fn converge_with_generated_id(
    context: &RequestContext<'_>,
    desired: &DesiredTrail,
    id: &str,
    own_region: &Region,
) -> Result<Outcome, Failure> {
    let outcome = converge_by_name(context, desired, None).await?;
    let is_replaced = identity(&context.request.old_properties, own_region)
        .is_some_and(|(name, region)| name != desired.name || region != desired.home_region);
    if is_replaced {
        return Ok(outcome);
    }
    Ok(Outcome { physical_id: id.to_owned(), ..outcome })
}

/// The failure of a call about the trail `arn`.
fn failure(context: &RequestContext<'_>, fault: &Fault, arn: &TrailArn) -> Failure {
    Failure::aws(fault, &Context { trail: Some(arn), ..context.circumstances() })
}

/// The failure of a call before the ARN of the trail is known.
fn failure_by_name(context: &RequestContext<'_>, fault: &Fault, name: &TrailName) -> Failure {
    Failure::aws(fault, &Context { trail_name: Some(name), ..context.circumstances() })
}

fn outcome(trail: &ObservedTrail, organization: &Organization) -> Outcome {
    let ObservedTrail { arn, settings, recording, tags, .. } = trail;
    let attributes = OrgTrailAttributes {
        arn: arn.to_string(),
        trail_name: arn.name().to_string(),
        home_region: arn.region().to_string(),
        organization_id: organization.id.clone(),
        management_account_id: organization.management_account.to_string(),
        s3_bucket_name: settings.bucket.clone(),
        log_prefix: log_prefix(settings.key_prefix.as_deref(), &organization.id),
        sns_topic_arn: settings.sns_topic.clone().unwrap_or_default(),
        kms_key_arn: settings.kms_key.clone().unwrap_or_default(),
        is_logging: recording.logging.to_string(),
        adopted: is_adopted(tags).to_string(),
    };
    Outcome { physical_id: arn.to_string(), attributes: attributes.into() }
}
