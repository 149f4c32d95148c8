//! Creating, changing and deleting trails (sections 1.1, 1.2 and 1.7).

use serde::Deserialize;
use serde_json::{Value, json};

use super::{addressing, authority, delivery, names, read, tags};
use crate::aws::{Answer, Arn, Caller, ServiceError, Trail, World, permissions};

/// Trails of one account that one Region can have, the shadows of multi-Region trails included.
const TRAILS_PER_REGION: usize = 5;

/// What `CreateTrail` and `UpdateTrail` take in common. Absent keeps, `""` clears.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Settings {
    name: Option<String>,
    s3_bucket_name: Option<String>,
    s3_key_prefix: Option<String>,
    sns_topic_name: Option<String>,
    include_global_service_events: Option<bool>,
    is_multi_region_trail: Option<bool>,
    enable_log_file_validation: Option<bool>,
    cloud_watch_logs_log_group_arn: Option<String>,
    cloud_watch_logs_role_arn: Option<String>,
    kms_key_id: Option<String>,
    is_organization_trail: Option<bool>,
    recursive_logging: Option<bool>,
}

pub(super) fn create(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let settings: Settings = read(input)?;
    let name = settings.name()?;
    names::check_trail_name(name)?;
    settings.check_nothing_is_empty()?;
    settings.check()?;
    let tags = tags::read_list(input)?;
    if !tags.is_empty() && world.denies("cloudtrail:AddTags") {
        let resource = Arn::compose(
            "cloudtrail",
            &caller.region,
            &caller.account,
            &format!("trail/{name}"),
        );
        return Err(permissions::denial(caller, "cloudtrail:AddTags", &resource));
    }
    let organization = settings.is_organization_trail.unwrap_or(false);
    let account = if organization {
        authority::check_organization_trail(world, caller)?
    } else {
        caller.account.clone()
    };
    let mut trail = Trail {
        account,
        home_region: caller.region.clone(),
        name: name.to_owned(),
        tags: tags::merge(&std::collections::BTreeMap::new(), tags)?,
        deliveries: world
            .deliveries_of_new_trails
            .get(name)
            .cloned()
            .unwrap_or_default(),
        unseen_reads: world.propagation.new_trail,
        ..Trail::default()
    };
    trail.s3_bucket_name.clear();
    settings.apply(world, caller, &mut trail)?;
    check_name_is_free(world, &trail)?;
    check_room(world, &trail)?;
    delivery::check_destinations(world, &trail)?;
    delivery::check_log_group(world, caller, &trail)?;
    let answer = trail.configured();
    world.trails.push(trail);
    Ok(answer)
}

pub(super) fn update(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let settings: Settings = read(input)?;
    settings.check()?;
    let index = addressing::find_for_write(world, caller, settings.name()?)?;
    let mut trail = world.trails[index].clone();
    let converts = settings
        .is_organization_trail
        .is_some_and(|organization| organization != trail.is_organization_trail);
    if converts && !world.is_management_account(&caller.account) {
        authority::check_organization(world, caller)?;
        return Err(authority::not_management_account());
    }
    settings.apply(world, caller, &mut trail)?;
    if trail.is_organization_trail {
        authority::check_organization_trail(world, caller)?;
    }
    delivery::check_destinations(world, &trail)?;
    if settings.cloud_watch_logs_log_group_arn.is_some() {
        delivery::check_log_group(world, caller, &trail)?;
    }
    let answer = trail.configured();
    world.trails[index] = trail;
    Ok(answer)
}

pub(super) fn delete(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let settings: Settings = read(input)?;
    let index = addressing::find_for_write(world, caller, settings.name()?)?;
    world.trails.remove(index);
    Ok(json!({}))
}

impl Settings {
    fn name(&self) -> Result<&str, ServiceError> {
        self.name.as_deref().ok_or_else(|| {
            let message = "Trail name cannot be blank!";
            ServiceError::new("InvalidTrailNameException", message)
        })
    }

    /// Nobody has tried what `CreateTrail` makes of empty strings, so nobody may rely
    /// on them.
    fn check_nothing_is_empty(&self) -> Result<(), ServiceError> {
        let bucket = Some(self.s3_bucket_name.clone().unwrap_or_default());
        let members = [
            (&bucket, "InvalidS3BucketNameException"),
            (&self.s3_key_prefix, "InvalidS3PrefixException"),
            (&self.sns_topic_name, "InvalidSnsTopicNameException"),
            (&self.kms_key_id, "InvalidKmsKeyIdException"),
            (
                &self.cloud_watch_logs_log_group_arn,
                "InvalidCloudWatchLogsLogGroupArnException",
            ),
            (
                &self.cloud_watch_logs_role_arn,
                "InvalidCloudWatchLogsRoleArnException",
            ),
        ];
        match members
            .iter()
            .find(|(member, _)| member.as_deref() == Some(""))
        {
            Some((_, code)) => Err(ServiceError::new(code, "The value cannot be blank.")),
            None => Ok(()),
        }
    }

    /// Checks everything that can be judged without looking at anything else.
    fn check(&self) -> Result<(), ServiceError> {
        if let Some(bucket) = &self.s3_bucket_name {
            names::check_bucket_name(bucket)?;
        }
        if let Some(prefix) = self
            .s3_key_prefix
            .as_deref()
            .filter(|prefix| !prefix.is_empty())
        {
            names::check_prefix(prefix)?;
        }
        let group = self.cloud_watch_logs_log_group_arn.as_deref();
        let role = self.cloud_watch_logs_role_arn.as_deref();
        let half = |code: &str, message: &str| Err(ServiceError::new(code, message));
        match (group, role) {
            (None, None) => Ok(()),
            (Some(group), Some(role)) if group.is_empty() == role.is_empty() => Ok(()),
            (Some(group), _) if !group.is_empty() => half(
                "InvalidCloudWatchLogsRoleArnException",
                "You must specify a role ARN as well as a log group.",
            ),
            _ => half(
                "InvalidCloudWatchLogsLogGroupArnException",
                "You must specify a log group as well as a role ARN.",
            ),
        }
    }

    /// Merges what was given into `trail`; names of topics and keys become ARNs.
    fn apply(&self, world: &World, caller: &Caller, trail: &mut Trail) -> Result<(), ServiceError> {
        // Destructured so that a setting that is read and never applied does not compile.
        let Self {
            name: _,
            s3_bucket_name,
            s3_key_prefix,
            sns_topic_name,
            include_global_service_events,
            is_multi_region_trail,
            enable_log_file_validation,
            cloud_watch_logs_log_group_arn,
            cloud_watch_logs_role_arn,
            kms_key_id,
            is_organization_trail,
            recursive_logging,
        } = self;
        if let Some(bucket) = s3_bucket_name {
            bucket.clone_into(&mut trail.s3_bucket_name);
        }
        let topic = resolved(sns_topic_name.as_ref(), |topic| {
            delivery::resolve_topic(caller, topic)
        })?;
        let key = resolved(kms_key_id.as_ref(), |key| {
            delivery::resolve_key(world, caller, key)
        })?;
        merge_text(&mut trail.s3_key_prefix, s3_key_prefix.as_ref());
        merge_text(&mut trail.sns_topic_arn, topic.as_ref());
        merge_text(&mut trail.kms_key_id, key.as_ref());
        merge_text(
            &mut trail.cloud_watch_logs_log_group_arn,
            cloud_watch_logs_log_group_arn.as_ref(),
        );
        merge_text(
            &mut trail.cloud_watch_logs_role_arn,
            cloud_watch_logs_role_arn.as_ref(),
        );
        let flags = [
            (
                &mut trail.include_global_service_events,
                include_global_service_events,
            ),
            (&mut trail.is_multi_region_trail, is_multi_region_trail),
            (
                &mut trail.log_file_validation_enabled,
                enable_log_file_validation,
            ),
            (&mut trail.is_organization_trail, is_organization_trail),
            (&mut trail.recursive_logging, recursive_logging),
        ];
        for (flag, given) in flags {
            *flag = given.unwrap_or(*flag);
        }
        if trail.is_multi_region_trail && !trail.include_global_service_events {
            let message = "Multi-Region trail must include global service events.";
            return Err(ServiceError::new(
                "InvalidParameterCombinationException",
                message,
            ));
        }
        Ok(())
    }
}

fn resolved(
    given: Option<&String>,
    resolve: impl Fn(&str) -> Result<String, ServiceError>,
) -> Result<Option<String>, ServiceError> {
    match given.map(String::as_str) {
        None => Ok(None),
        Some("") => Ok(Some(String::new())),
        Some(text) => resolve(text).map(Some),
    }
}

fn merge_text(member: &mut Option<String>, given: Option<&String>) {
    if let Some(text) = given {
        *member = Some(text.clone()).filter(|text| !text.is_empty());
    }
}

/// A name is taken in the owner's account, wherever a copy of the trail would meet another one.
fn check_name_is_free(world: &World, trail: &Trail) -> Result<(), ServiceError> {
    let taken = world.trails.iter().any(|other| {
        other.account == trail.account
            && other.name == trail.name
            && (other.is_in(&trail.home_region) || trail.is_in(&other.home_region))
    });
    if taken {
        // The owner, not the caller: a delegated administrator reads the management account's id.
        let Trail { name, account, .. } = trail;
        let message = format!("Trail {name} already exists for customer: {account}");
        return Err(ServiceError::new("TrailAlreadyExistsException", message));
    }
    Ok(())
}

fn check_room(world: &World, trail: &Trail) -> Result<(), ServiceError> {
    let own = || {
        world
            .trails
            .iter()
            .filter(|other| other.account == trail.account)
    };
    let homes = own().map(|other| other.home_region.as_str());
    let regions = homes
        .filter(|_| trail.is_multi_region_trail)
        .chain([trail.home_region.as_str()]);
    for region in regions {
        if own().filter(|other| other.is_in(region)).count() >= TRAILS_PER_REGION {
            let message = format!(
                "User: {} already has {TRAILS_PER_REGION} trails in {region}.",
                trail.account
            );
            return Err(ServiceError::new(
                "MaximumNumberOfTrailsExceededException",
                message,
            ));
        }
    }
    Ok(())
}
