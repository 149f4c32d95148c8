//! CloudTrail's checks of everything that a trail delivers to (sections 2.2 and 5).

use std::collections::BTreeMap;

use crate::aws::{
    Access, Arn, CLOUDTRAIL, Caller, Key, LogGroup, Principal, Role, ServiceError, Trail, World,
    arn, error::refuse, permissions, world::still_unseen,
};

type Checked = Result<(), ServiceError>;

/// Checks the bucket, and the key and topic if there are any.
pub(super) fn check_destinations(world: &mut World, trail: &Trail) -> Checked {
    check_bucket(world, trail)?;
    check_key(world, trail)?;
    check_topic_policy(world, trail)
}

/// The ARN of the topic that a request names; a name means the caller's own account and Region.
pub(super) fn resolve_topic(caller: &Caller, topic: &str) -> String {
    match Arn::parse(topic) {
        Some(_) => topic.to_owned(),
        None => Arn::compose("sns", &caller.region, &caller.account, topic),
    }
}

/// The ARN of the key that a request names by ID, ARN, alias or alias ARN.
pub(super) fn resolve_key(
    world: &World,
    caller: &Caller,
    reference: &str,
) -> Result<String, ServiceError> {
    let (region, account, named) = match Arn::parse(reference) {
        Some(arn) => (arn.region, arn.account, arn.resource),
        None => (caller.region.as_str(), caller.account.as_str(), reference),
    };
    let alias = named.starts_with("alias/").then_some(named);
    let id = named.strip_prefix("key/").unwrap_or(named);
    let is_named = |key: &Key| match alias {
        Some(alias) => key.aliases.iter().any(|known| known == alias),
        None => key.id == id,
    };
    let mut of_place = world.keys.iter().filter(|k| k.region == region && k.account == account);
    match of_place.find(|key| is_named(key)) {
        Some(key) => Ok(key.arn()),
        None => key_not_found(reference),
    }
}

/// Checks that the trail's log group is the caller's own and that CloudTrail can write to it with
/// the trail's role.
pub(super) fn check_log_group(world: &mut World, caller: &Caller, trail: &Trail) -> Checked {
    let group = trail.cloud_watch_logs_log_group_arn.as_deref();
    let Some((group, role)) = group.zip(trail.cloud_watch_logs_role_arn.as_deref()) else {
        return Ok(());
    };
    let name = log_group_name(world, caller, group)?;
    let role = trusting_role(world, caller, role)?;
    let writable = log_streams(world, caller, trail, &name).iter().all(|stream| {
        ["logs:CreateLogStream", "logs:PutLogEvents"]
            .iter()
            .all(|action| role.permissions.allows(&by_cloudtrail(action, stream, BTreeMap::new())))
    });
    if writable && !still_unseen(&mut world.propagation.log_group) {
        return Ok(());
    }
    bad_group("Access denied. Verify in IAM that the role has adequate permissions.")
}

fn check_bucket(world: &mut World, trail: &Trail) -> Checked {
    let name = &trail.s3_bucket_name;
    let Some(bucket) = world.buckets.get(name) else {
        let message = format!("S3 bucket {name} does not exist!");
        return refuse("S3BucketDoesNotExistException", message);
    };
    let bucket_arn = format!("arn:{}:s3:::{name}", arn::partition_of(&trail.home_region));
    let prefix = trail.s3_key_prefix.as_ref().map(|p| format!("{p}/")).unwrap_or_default();
    // The account's logs too, for the time after an organization trail became account-level.
    let organization = world.organization.as_ref().filter(|_| trail.is_organization_trail);
    let mut owners = [&trail.account].into_iter().chain(organization.map(|org| &org.id));
    let context = context(world, trail);
    let mut writing = context.clone();
    writing.insert("s3:x-amz-acl", "bucket-owner-full-control".to_owned());
    let sufficient = bucket.policy.allows(&by_cloudtrail("s3:GetBucketAcl", &bucket_arn, context))
        && owners.all(|owner| {
            let logs = format!("{bucket_arn}/{prefix}AWSLogs/{owner}/*");
            bucket.policy.allows(&by_cloudtrail("s3:PutObject", &logs, writing.clone()))
        });
    if sufficient && !still_unseen(&mut world.propagation.bucket_policy) {
        return Ok(());
    }
    let message = format!("Incorrect S3 bucket policy is detected for bucket: {name}");
    refuse("InsufficientS3BucketPolicyException", message)
}

fn check_key(world: &mut World, trail: &Trail) -> Checked {
    let Some(key_arn) = &trail.kms_key_id else {
        return Ok(());
    };
    let bucket = world.buckets.get(&trail.s3_bucket_name);
    let key = world.keys.iter().find(|key| key.arn() == *key_arn);
    let Some(key) = key.filter(|key| bucket.is_some_and(|bucket| bucket.region == key.region))
    else {
        return key_not_found(key_arn);
    };
    if key.disabled {
        let message = format!("KMS key {key_arn} is disabled or pending deletion.");
        return refuse("KmsException", message);
    }
    let context = context(world, trail);
    let mut generating = context.clone();
    generating.insert("kms:EncryptionContext:aws:cloudtrail:arn", trail.arn());
    let sufficient = [("kms:GenerateDataKey", generating), ("kms:DescribeKey", context)]
        .into_iter()
        .all(|(action, context)| key.policy.allows(&by_cloudtrail(action, key_arn, context)));
    if sufficient && !still_unseen(&mut world.propagation.key_policy) {
        return Ok(());
    }
    let bucket = &trail.s3_bucket_name;
    let message =
        format!("Insufficient permissions to access S3 bucket {bucket} or KMS key {key_arn}.");
    refuse("InsufficientEncryptionPolicyException", message)
}

/// A topic that does not exist and one that does not let CloudTrail in look the same.
fn check_topic_policy(world: &mut World, trail: &Trail) -> Checked {
    let Some(topic_arn) = &trail.sns_topic_arn else {
        return Ok(());
    };
    let access = by_cloudtrail("SNS:Publish", topic_arn, context(world, trail));
    let topic = world.topics.iter().find(|topic| topic.arn() == *topic_arn);
    let sufficient = topic.is_some_and(|topic| topic.policy.allows(&access));
    if sufficient && !still_unseen(&mut world.propagation.topic_policy) {
        return Ok(());
    }
    let message = "SNS Topic does not exist or the topic policy is incorrect!";
    refuse("InsufficientSnsTopicPolicyException", message)
}

fn log_group_name(world: &World, caller: &Caller, group: &str) -> Result<String, ServiceError> {
    let own = |known: &&LogGroup| known.account == caller.account && known.region == caller.region;
    let mut own = world.log_groups.iter().filter(own);
    match own.find(|known| format!("{}:*", known.arn()) == group) {
        Some(known) => Ok(known.name.clone()),
        None => bad_group("CloudTrail cannot validate the specified log group ARN."),
    }
}

fn trusting_role(world: &mut World, caller: &Caller, role_arn: &str) -> Result<Role, ServiceError> {
    let bad_role = |message| refuse("InvalidCloudWatchLogsRoleArnException", message);
    let parsed = Arn::parse(role_arn).filter(|arn| arn.service == "iam");
    if parsed.is_none_or(|arn| arn.account != caller.account) {
        return bad_role("The role ARN is not valid, or not of the caller's account.");
    }
    if world.denies("iam:PassRole") {
        return Err(permissions::denial(world, caller, "iam:PassRole", role_arn));
    }
    let assume = by_cloudtrail("sts:AssumeRole", role_arn, BTreeMap::new());
    let role = world.roles.iter().find(|role| role.is_at(role_arn));
    match role.filter(|role| role.trust.allows(&assume)) {
        Some(role) if !still_unseen(&mut world.propagation.log_role) => Ok(role.clone()),
        _ => bad_role("Access denied. Check the trust relationships for your role."),
    }
}

/// The streams that CloudTrail writes: the account's, and of an organization trail the
/// organization's.
fn log_streams(world: &World, caller: &Caller, trail: &Trail, group: &str) -> Vec<String> {
    let Caller { account, region, .. } = caller;
    let organization = world.organization_of(account).filter(|_| trail.is_organization_trail);
    let shared = organization.map(|org| format!("{}_{account}_CloudTrail", org.id));
    [format!("{account}_CloudTrail_{region}")]
        .into_iter()
        .chain(shared)
        .map(|name| format!("log-group:{group}:log-stream:{name}"))
        .map(|resource| Arn::compose("logs", region, account, &resource))
        .collect()
}

fn by_cloudtrail<'a>(
    action: &'a str,
    resource: &'a str,
    context: BTreeMap<&'a str, String>,
) -> Access<'a> {
    Access { principal: Principal::Service(CLOUDTRAIL), action, resource, context }
}

/// The condition keys that every call of CloudTrail on a trail's behalf carries.
fn context(world: &World, trail: &Trail) -> BTreeMap<&'static str, String> {
    let mut context = BTreeMap::from([
        ("aws:SourceArn", trail.arn()),
        ("aws:SourceAccount", trail.account.clone()),
        ("aws:SecureTransport", "true".to_owned()),
        ("aws:PrincipalIsAWSService", "true".to_owned()),
    ]);
    if let Some(organization) = world.organization_of(&trail.account) {
        context.insert("aws:SourceOrgID", organization.id.clone());
    }
    context
}

fn key_not_found<T>(key: &str) -> Result<T, ServiceError> {
    let message = format!("KMS key {key} does not exist in the region of the S3 bucket.");
    refuse("KmsKeyNotFoundException", message)
}

fn bad_group<T>(message: &str) -> Result<T, ServiceError> {
    refuse("InvalidCloudWatchLogsLogGroupArnException", message)
}
