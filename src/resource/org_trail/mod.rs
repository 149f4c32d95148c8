//! `Custom::OrgTrail`: an organization trail.
//!
//! Create and Update look, plan and apply until there is nothing left to do ([`site`]); a failed
//! Create puts back what it changed. Delete removes what bears the resource's own mark.

pub mod desired;
pub mod properties;
mod site;

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep};

use super::{Failure, Outcome, Resource, Work};
use crate::aws::cloudtrail::Trails;
use crate::cfn::response::is_not_created;
use crate::core::arn::{AccountId, Region, TrailArn, TrailName};
use crate::core::cure::Scene;
use crate::core::delivery::log_prefix;
use crate::core::fault::Fault;
use crate::core::organization::Organization;
use crate::core::owner::{Owner, Tags, is_adopted};
use crate::core::trail::plan::{self, Claim};
use crate::core::trail::{DesiredTrail, ObservedTrail};
use desired::{desired, identity};
use site::{Look, Site, trail_of};

/// How long a Delete goes on looking for the trail of a cancelled Create that may still run.
const CANCELLED_CREATE: Duration = Duration::from_mins(1);
/// The first wait between two looks; it doubles up to the longest.
const FIRST_LOOK: Duration = Duration::from_millis(500);
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// How long CloudFormation waits for an Update at the most, before it is rolled back.
const LONGEST_UPDATE: Duration = Duration::from_hours(1);

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

/// The resource type.
#[derive(Debug)]
pub struct OrgTrail;

impl Resource for OrgTrail {
    fn type_name(&self) -> &'static str {
        "Custom::OrgTrail"
    }

    fn create<'a>(&'a self, work: &'a Work<'a>) -> BoxFuture<'a, Result<Outcome, Failure>> {
        Box::pin(async {
            let desired = desired(work.request, &work.region()?)?;
            create(work, &desired, None).await
        })
    }

    fn update<'a>(&'a self, work: &'a Work<'a>) -> BoxFuture<'a, Result<Outcome, Failure>> {
        Box::pin(async {
            let own_region = work.region()?;
            let desired = desired(work.request, &own_region)?;
            match work.request.physical_id.as_deref() {
                Some(id) if !is_not_created(id) => match TrailArn::parse(id) {
                    Some(arn) if is_of(&arn, &desired) => {
                        let outcome = update(work, &desired, &arn).await?;
                        retire_left_behind(work, &desired, &arn, &own_region).await;
                        Ok(outcome)
                    }
                    Some(arn) => create(work, &desired, Some(&arn)).await,
                    None => update_of_unknown_id(work, &desired, id, &own_region).await,
                },
                // The Create made nothing, so there is nothing to update.
                Some(_) | None => create(work, &desired, None).await,
            }
        })
    }

    fn delete<'a>(&'a self, work: &'a Work<'a>) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async {
            match work.request.physical_id.as_deref() {
                Some(id) if is_not_created(id) => Ok(()),
                Some(id) => match TrailArn::parse(id) {
                    Some(arn) => retire(work, &arn).await,
                    None => retire_by_name(work).await,
                },
                None => retire_by_name(work).await,
            }
        })
    }
}

/// Whether the ARN is the one that the desired trail has or will have.
fn is_of(arn: &TrailArn, desired: &DesiredTrail) -> bool {
    *arn.name() == desired.name && *arn.region() == desired.home_region
}

fn owner(work: &Work<'_>) -> Owner {
    Owner::new(&work.request.stack_id, &work.request.logical_id)
}

/// Has the trail by its name: Create, and the new trail of a replacement, `instead_of` another.
async fn create(
    work: &Work<'_>,
    desired: &DesiredTrail,
    instead_of: Option<&TrailArn>,
) -> Result<Outcome, Failure> {
    let (site, observed) = Site::survey(work, desired, Look::ByName { instead_of }).await?;
    match site.converge(observed, Claim::ByName).await {
        Ok(trail) => Ok(outcome(&trail, &site.organization)),
        Err(interrupted) => Err(site.put_back(interrupted).await),
    }
}

/// Brings the trail that the resource has to what is desired. What fails stays as it is:
/// CloudFormation follows with an Update to the old properties.
async fn update(
    work: &Work<'_>,
    desired: &DesiredTrail,
    arn: &TrailArn,
) -> Result<Outcome, Failure> {
    let (site, observed) = Site::survey(work, desired, Look::ByArn(arn)).await?;
    match site.converge(observed, Claim::ById).await {
        Ok(trail) => Ok(outcome(&trail, &site.organization)),
        Err(interrupted) => Err(interrupted.failure),
    }
}

/// An Update of an id that CloudFormation made up: a Create was never answered, and yet the resource
/// lives on. The id is kept as long as the trail is the same one. Answering the ARN would be a
/// replacement, and the Delete of the old id, looking by name, would then remove the trail in use.
async fn update_of_unknown_id(
    work: &Work<'_>,
    desired: &DesiredTrail,
    id: &str,
    own_region: &Region,
) -> Result<Outcome, Failure> {
    let outcome = create(work, desired, None).await?;
    let before = identity(&work.request.old_properties, own_region);
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

/// In the rollback of a rename: what the failed Update made or took over and could not put back. It
/// bears our mark, and no Delete of CloudFormation's will ever name it.
async fn retire_left_behind(
    work: &Work<'_>,
    desired: &DesiredTrail,
    arn: &TrailArn,
    own_region: &Region,
) {
    // The id is that of the desired trail, so under no other name is there one of ours in use.
    let renamed = identity(&work.request.old_properties, own_region)
        .filter(|(name, region)| *name != desired.name || *region != desired.home_region);
    let Some((name, region)) = renamed else {
        return;
    };
    let left_behind = trail_of(arn.account(), &name, &region);
    // Nothing that is found or not found here may block a rollback.
    if let Err(Failure { reason }) = retire_if_young(work, &left_behind).await {
        tracing::warn!(reason, "what the failed Update left behind was not removed");
    }
}

/// Retires a trail that the Update that is being rolled back may have made or taken over. One that
/// logged before was retained by an earlier operation, and holds an audit record.
async fn retire_if_young(work: &Work<'_>, arn: &TrailArn) -> Result<(), Failure> {
    let seen = Trails::new(work.aws, arn.region())
        .tags_and_start(arn, work.patience())
        .await;
    let seen = seen.map_err(|fault| failure(&fault, arn))?;
    let began = work.request.issued_at.map(|at| at.before(LONGEST_UPDATE));
    match seen {
        Some((tags, started))
            if is_adopted(&tags)
                || !plan::was_there_before(&tags, started, &owner(work), began) =>
        {
            retire_as_marked(work, arn, &tags).await
        }
        Some(_) | None => Ok(()),
    }
}

fn failure(fault: &Fault, arn: &TrailArn) -> Failure {
    let trail = Some(arn);
    Failure::aws(
        fault,
        &Scene {
            trail,
            ..Scene::default()
        },
    )
}

/// Removes or releases the trail if it is ours.
async fn retire(work: &Work<'_>, arn: &TrailArn) -> Result<(), Failure> {
    let trails = Trails::new(work.aws, arn.region());
    let tags = trails.tags(arn, work.patience()).await;
    match tags.map_err(|fault| failure(&fault, arn))? {
        Some(tags) => retire_as_marked(work, arn, &tags).await,
        None => Ok(()),
    }
}

/// The same for a trail whose tags have just been read.
async fn retire_as_marked(work: &Work<'_>, arn: &TrailArn, tags: &Tags) -> Result<(), Failure> {
    let trails = Trails::new(work.aws, arn.region());
    for step in plan::retire(tags, &owner(work)) {
        match trails.execute(arn, &step, work.patience()).await {
            Ok(_) => tracing::info!(%step, trail = %arn, "step done"),
            Err(fault) if fault.is_not_found() => {}
            Err(fault) => return Err(failure(&fault, arn)),
        }
    }
    Ok(())
}

/// Removes what a cancelled Create made or is about to make: CloudFormation then sends Delete at
/// once, with an id that it made up, while the Create may still run.
async fn retire_by_name(work: &Work<'_>) -> Result<(), Failure> {
    let Some((name, region)) = identity(&work.request.properties, &work.region()?) else {
        return Ok(());
    };
    let until = work.until.min(Instant::now() + CANCELLED_CREATE);
    let mut wait = FIRST_LOOK;
    let mut management = None;
    loop {
        if let Some((arn, tags)) = locate(work, &name, &region, &mut management).await? {
            // Ours is gone then; somebody else's keeps the Create from making another.
            return retire_as_marked(work, &arn, &tags).await;
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
    work: &Work<'_>,
    name: &TrailName,
    region: &Region,
    management: &mut Option<AccountId>,
) -> Result<Option<(TrailArn, Tags)>, Failure> {
    let trails = Trails::new(work.aws, region);
    let scene = Scene {
        trail_name: Some(name),
        ..Scene::default()
    };
    let failure = |fault: Fault| Failure::aws(&fault, &scene);
    let marked = async |arn: TrailArn| {
        let tags = trails.tags(&arn, work.patience()).await;
        Ok(tags.map_err(failure)?.map(|tags| (arn, tags)))
    };
    let Some(caller) = work.caller else {
        // Whose trails these are only CloudTrail can say.
        let found = trails.find(name, work.patience()).await.map_err(failure)?;
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
    let owner = match work.aws.organization(work.patience()).await {
        Ok(organization) => organization.management_account,
        Err(fault) if fault.code() == "AWSOrganizationsNotInUse" => caller,
        Err(fault) => return Err(failure(fault)),
    };
    *management = Some(owner);
    if owner == caller {
        return Ok(None);
    }
    marked(trail_of(owner, name, region)).await
}

fn outcome(trail: &ObservedTrail, organization: &Organization) -> Outcome {
    let ObservedTrail {
        arn,
        configuration,
        recording,
        tags,
        ..
    } = trail;
    let key_prefix = configuration.key_prefix.as_deref();
    let log_prefix = log_prefix(key_prefix, &organization.id);
    let attributes = OrgTrailAttributes {
        arn: arn.to_string(),
        trail_name: arn.name().to_string(),
        home_region: arn.region().to_string(),
        organization_id: organization.id.clone(),
        management_account_id: organization.management_account.to_string(),
        s3_bucket_name: configuration.bucket.clone(),
        log_prefix,
        sns_topic_arn: configuration.sns_topic.clone().unwrap_or_default(),
        kms_key_arn: configuration.kms_key.clone().unwrap_or_default(),
        is_logging: recording.logging.to_string(),
        adopted: is_adopted(tags).to_string(),
    };
    Outcome {
        physical_id: arn.to_string(),
        attributes: attributes.into(),
    }
}
