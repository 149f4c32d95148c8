//! `Custom::OrgTrail`: an organization trail.
//!
//! | File | Task |
//! |---|---|
//! | [`properties`], [`desired`] | what the template asks for |
//! | `reconcile` | Create and Update: look, plan and apply until there is nothing left to do |
//! | `rollback` | a failed Create or rename: undo what it changed |
//! | `delete` | Delete: remove what bears the resource's own mark |

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
use crate::domain::names::{Region, TrailArn};
use crate::domain::organization::Organization;
use crate::domain::owner::{Owner, is_adopted};
use crate::domain::trail::plan::Claim;
use crate::domain::trail::{DesiredTrail, ObservedTrail};
use desired::{desired, identity};
use reconcile::{Look, Reconciler};

crate::attributes! {
    /// What `Fn::GetAtt` has of a trail.
    pub struct OrgTrailAttributes {
        /// The ARN of the trail.
        Arn => arn,
        /// The name of the trail.
        TrailName => trail_name,
        /// The Region that the trail lives in.
        HomeRegion => home_region,
        /// The id of the organization, such as `o-exampleorg1`.
        OrganizationId => organization_id,
        /// The account id of the management account, to which the trail belongs.
        ManagementAccountId => management_account_id,
        /// The name of the bucket that receives the log files.
        S3BucketName => s3_bucket_name,
        /// The beginning of the log files' keys: `AWSLogs/`, the organization's id and a slash, and
        /// `S3KeyPrefix` before them where there is one.
        LogPrefix => log_prefix,
        /// The ARN of the SNS topic. Empty where there is none.
        SnsTopicArn => sns_topic_arn,
        /// The ARN of the KMS key, whatever `KMSKeyId` names it by. Empty where there is none.
        KmsKeyArn => kms_key_arn,
        /// `true` if the trail records, `false` if not.
        IsLogging => is_logging,
        /// `true` if the trail was there before and was taken over, `false` if the resource made
        /// it.
        Adopted => adopted,
    }
}

/// Serves a Create.
///
/// # Errors
/// Why it failed.
pub async fn create(context: &RequestContext<'_>) -> Result<Outcome, Failure> {
    let desired = desired(context.request, &context.region()?)?;
    create_named(context, &desired, None).await
}

/// Serves an Update.
///
/// # Errors
/// Why it failed.
pub async fn update(context: &RequestContext<'_>) -> Result<Outcome, Failure> {
    let own_region = context.region()?;
    let desired = desired(context.request, &own_region)?;
    match context.request.physical_id.as_deref() {
        Some(id) if !is_not_created(id) => match TrailArn::parse(id) {
            Some(arn) if is_of(&arn, &desired) => {
                let outcome = update_in_place(context, &desired, &arn).await?;
                rollback::retire_left_behind(context, &desired, &arn, &own_region).await;
                Ok(outcome)
            }
            Some(arn) => create_named(context, &desired, Some(&arn)).await,
            None => update_of_unknown_id(context, &desired, id, &own_region).await,
        },
        // The Create made nothing, so there is nothing to update.
        Some(_) | None => create_named(context, &desired, None).await,
    }
}

/// Serves a Delete.
///
/// # Errors
/// Why it failed.
pub async fn delete(context: &RequestContext<'_>) -> Result<(), Failure> {
    match context.request.physical_id.as_deref() {
        Some(id) if is_not_created(id) => Ok(()),
        Some(id) => match TrailArn::parse(id) {
            Some(arn) => delete::retire(context, &arn).await,
            None => delete::retire_by_name(context).await,
        },
        None => delete::retire_by_name(context).await,
    }
}

/// Whether the ARN is the one that the desired trail has or will have.
fn is_of(arn: &TrailArn, desired: &DesiredTrail) -> bool {
    *arn.name() == desired.name && *arn.region() == desired.home_region
}

fn owner(context: &RequestContext<'_>) -> Owner {
    Owner::new(&context.request.stack_id, &context.request.logical_id)
}

/// Has the trail by its name: Create, and the new trail of a replacement, `instead_of` another.
async fn create_named(
    context: &RequestContext<'_>,
    desired: &DesiredTrail,
    instead_of: Option<&TrailArn>,
) -> Result<Outcome, Failure> {
    let (reconciler, observed) =
        Reconciler::survey(context, desired, Look::ByName { instead_of }).await?;
    match reconciler.converge(observed, Claim::ByName).await {
        Ok(trail) => Ok(outcome(&trail, &reconciler.organization)),
        Err(partial) => Err(reconciler.roll_back(partial).await),
    }
}

/// Brings the trail that the resource has to what is desired. What fails stays as it is:
/// CloudFormation follows with an Update to the old properties.
async fn update_in_place(
    context: &RequestContext<'_>,
    desired: &DesiredTrail,
    arn: &TrailArn,
) -> Result<Outcome, Failure> {
    let (reconciler, observed) = Reconciler::survey(context, desired, Look::ByArn(arn)).await?;
    match reconciler.converge(observed, Claim::ById).await {
        Ok(trail) => Ok(outcome(&trail, &reconciler.organization)),
        Err(partial) => Err(partial.failure),
    }
}

/// An Update of an id that CloudFormation made up: a Create was never answered, and yet the resource
/// lives on. The id is kept as long as the trail is the same one. Answering the ARN would be a
/// replacement, and the Delete of the old id, looking by name, would then remove the trail in use.
async fn update_of_unknown_id(
    context: &RequestContext<'_>,
    desired: &DesiredTrail,
    id: &str,
    own_region: &Region,
) -> Result<Outcome, Failure> {
    let outcome = create_named(context, desired, None).await?;
    let before = identity(&context.request.old_properties, own_region);
    let replaced =
        before.is_some_and(|(name, region)| name != desired.name || region != desired.home_region);
    let physical_id = if replaced {
        outcome.physical_id
    } else {
        id.to_owned()
    };
    Ok(Outcome {
        physical_id,
        attributes: outcome.attributes,
    })
}

fn failure(fault: &Fault, arn: &TrailArn) -> Failure {
    let trail = Some(arn);
    Failure::aws(
        fault,
        &Context {
            trail,
            ..Context::default()
        },
    )
}

fn outcome(trail: &ObservedTrail, organization: &Organization) -> Outcome {
    let ObservedTrail {
        arn,
        settings,
        recording,
        tags,
        ..
    } = trail;
    let key_prefix = settings.key_prefix.as_deref();
    let log_prefix = log_prefix(key_prefix, &organization.id);
    let attributes = OrgTrailAttributes {
        arn: arn.to_string(),
        trail_name: arn.name().to_string(),
        home_region: arn.region().to_string(),
        organization_id: organization.id.clone(),
        management_account_id: organization.management_account.to_string(),
        s3_bucket_name: settings.bucket.clone(),
        log_prefix,
        sns_topic_arn: settings.sns_topic.clone().unwrap_or_default(),
        kms_key_arn: settings.kms_key.clone().unwrap_or_default(),
        is_logging: recording.logging.to_string(),
        adopted: is_adopted(tags).to_string(),
    };
    Outcome {
        physical_id: arn.to_string(),
        attributes: attributes.into(),
    }
}
