//! CloudTrail's look at everything that a trail delivers to, before it takes the trail
//! (sections 2.2 and 5).

use std::collections::BTreeMap;

use super::names;
use crate::aws::{
    Access, Arn, CLOUDTRAIL, Caller, Key, Principal, Role, ServiceError, Trail, World, arn,
    permissions, world::still_unseen,
};

type Checked = Result<(), ServiceError>;

/// Checks the bucket, and the key and topic if there are any.
pub(super) fn check_destinations(world: &mut World, trail: &Trail) -> Checked {
    check_bucket(world, trail)?;
    check_key(world, trail)?;
    check_topic_policy(world, trail)
}

/// The ARN of the topic that a request names; a name means the caller's own account and Region.
pub(super) fn resolve_topic(caller: &Caller, topic: &str) -> Result<String, ServiceError> {
    names::check_topic(topic)?;
    Ok(match Arn::parse(topic) {
        Some(_) => topic.to_owned(),
        None => Arn::compose("sns", &caller.region, &caller.account, topic),
    })
}

/// The ARN of the key that a request names by id, ARN, alias or alias ARN.
pub(super) fn resolve_key(
    world: &World,
    caller: &Caller,
    reference: &str,
) -> Result<String, ServiceError> {
    let invalid = || {
        let message = format!("KMS key id is not valid: {reference}");
        ServiceError::new("InvalidKmsKeyIdException", message)
    };
    let (region, account, named) = match Arn::parse(reference) {
        Some(arn) if arn.service == "kms" => (arn.region, arn.account, arn.resource),
        Some(_) => return Err(invalid()),
        None => (caller.region.as_str(), caller.account.as_str(), reference),
    };
    let is_named: Box<dyn Fn(&Key) -> bool> = if named.starts_with("alias/") {
        Box::new(|key: &Key| key.aliases.iter().any(|alias| alias == named))
    } else {
        let id = named.strip_prefix("key/").unwrap_or(named);
        if !is_key_id(id) {
            return Err(invalid());
        }
        Box::new(move |key: &Key| key.id == id)
    };
    world
        .keys
        .iter()
        .find(|key| key.region == region && key.account == account && is_named(key))
        .map(Key::arn)
        .ok_or_else(|| key_not_found(reference))
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
    let writable = log_streams(world, caller, trail, &name)
        .iter()
        .all(|stream| {
            ["logs:CreateLogStream", "logs:PutLogEvents"]
                .iter()
                .all(|action| role.permissions.allows(&unconditional(action, stream)))
        });
    if writable && !still_unseen(&mut world.propagation.log_group) {
        return Ok(());
    }
    let message = "Access denied. Verify in IAM that the role has adequate permissions.";
    Err(bad_group(message))
}

fn check_bucket(world: &mut World, trail: &Trail) -> Checked {
    let name = &trail.s3_bucket_name;
    let Some(bucket) = world.buckets.get(name) else {
        let message = format!("S3 bucket {name} does not exist!");
        return Err(ServiceError::new("S3BucketDoesNotExistException", message));
    };
    let bucket_arn = format!("arn:{}:s3:::{name}", arn::partition_of(&trail.home_region));
    let prefix = trail
        .s3_key_prefix
        .as_ref()
        .map(|p| format!("{p}/"))
        .unwrap_or_default();
    let logs_of = |owner: &str| format!("{bucket_arn}/{prefix}AWSLogs/{owner}/*");
    let mut needed = vec![
        ("s3:GetBucketAcl", bucket_arn.clone()),
        // Needed by an organization trail too: for the time after it became account-level.
        ("s3:PutObject", logs_of(&trail.account)),
    ];
    if let Some(organization) = world
        .organization
        .as_ref()
        .filter(|_| trail.is_organization_trail)
    {
        needed.push(("s3:PutObject", logs_of(&organization.id)));
    }
    let sufficient = needed.iter().all(|(action, resource)| {
        let mut context = context(world, trail);
        if *action == "s3:PutObject" {
            let acl = "bucket-owner-full-control".to_owned();
            context.insert("s3:x-amz-acl".to_owned(), acl);
        }
        bucket.policy.allows(&Access {
            principal: Principal::Service(CLOUDTRAIL),
            action,
            resource,
            context,
        })
    });
    if sufficient && !still_unseen(&mut world.propagation.bucket_policy) {
        return Ok(());
    }
    let message = format!("Incorrect S3 bucket policy is detected for bucket: {name}");
    Err(ServiceError::new(
        "InsufficientS3BucketPolicyException",
        message,
    ))
}

fn check_key(world: &mut World, trail: &Trail) -> Checked {
    let Some(key_arn) = &trail.kms_key_id else {
        return Ok(());
    };
    let bucket_region = world
        .buckets
        .get(&trail.s3_bucket_name)
        .map(|bucket| &bucket.region);
    let key = world.keys.iter().find(|key| key.arn() == *key_arn);
    let Some(key) = key.filter(|key| Some(&key.region) == bucket_region) else {
        return Err(key_not_found(key_arn));
    };
    if key.disabled {
        let message = format!("KMS key {key_arn} is disabled or pending deletion.");
        return Err(ServiceError::new("KmsException", message));
    }
    let sufficient = ["kms:GenerateDataKey", "kms:DescribeKey"]
        .iter()
        .all(|action| {
            let mut context = context(world, trail);
            if *action == "kms:GenerateDataKey" {
                context.insert(
                    "kms:EncryptionContext:aws:cloudtrail:arn".to_owned(),
                    trail.arn(),
                );
            }
            key.policy.allows(&Access {
                principal: Principal::Service(CLOUDTRAIL),
                action,
                resource: key_arn,
                context,
            })
        });
    if sufficient && !still_unseen(&mut world.propagation.key_policy) {
        return Ok(());
    }
    let message = format!(
        "Insufficient permissions to access S3 bucket {} or KMS key {key_arn}.",
        trail.s3_bucket_name
    );
    Err(ServiceError::new(
        "InsufficientEncryptionPolicyException",
        message,
    ))
}

/// A topic that does not exist and one that does not let CloudTrail in look the same.
fn check_topic_policy(world: &mut World, trail: &Trail) -> Checked {
    let Some(topic_arn) = &trail.sns_topic_arn else {
        return Ok(());
    };
    let access = Access {
        principal: Principal::Service(CLOUDTRAIL),
        action: "SNS:Publish",
        resource: topic_arn,
        context: context(world, trail),
    };
    let topic = world.topics.iter().find(|topic| topic.arn() == *topic_arn);
    let sufficient = topic.is_some_and(|topic| topic.policy.allows(&access));
    if sufficient && !still_unseen(&mut world.propagation.topic_policy) {
        return Ok(());
    }
    let message = "SNS Topic does not exist or the topic policy is incorrect!";
    Err(ServiceError::new(
        "InsufficientSnsTopicPolicyException",
        message,
    ))
}

fn log_group_name(world: &World, caller: &Caller, group: &str) -> Result<String, ServiceError> {
    let cannot_validate = || bad_group("CloudTrail cannot validate the specified log group ARN.");
    let arn = Arn::parse(group).ok_or_else(cannot_validate)?;
    let name = arn
        .resource
        .strip_prefix("log-group:")
        .and_then(|rest| rest.strip_suffix(":*"))
        .filter(|name| !name.is_empty() && !name.contains([':', '*']))
        .ok_or_else(cannot_validate)?;
    let own = arn.service == "logs" && arn.account == caller.account && arn.region == caller.region;
    let exists = world.log_groups.iter().any(|known| {
        known.account == arn.account && known.region == arn.region && known.name == name
    });
    if own && exists {
        Ok(name.to_owned())
    } else {
        Err(cannot_validate())
    }
}

fn trusting_role(world: &mut World, caller: &Caller, role_arn: &str) -> Result<Role, ServiceError> {
    let parsed = Arn::parse(role_arn).filter(|arn| arn.service == "iam");
    if parsed.is_none_or(|arn| arn.account != caller.account) {
        return Err(bad_role(
            "The role ARN is not valid, or not of the caller's account.",
        ));
    }
    if world.denies("iam:PassRole") {
        return Err(permissions::denial(caller, "iam:PassRole", role_arn));
    }
    let role = world
        .roles
        .iter()
        .find(|role| role.is_at(role_arn))
        .cloned();
    let assume = unconditional("sts:AssumeRole", role_arn);
    role.filter(|role| role.trust.allows(&assume))
        .filter(|_| !still_unseen(&mut world.propagation.log_role))
        .ok_or_else(|| bad_role("Access denied. Check the trust relationships for your role."))
}

fn unconditional<'a>(action: &'a str, resource: &'a str) -> Access<'a> {
    Access {
        principal: Principal::Service(CLOUDTRAIL),
        action,
        resource,
        context: BTreeMap::new(),
    }
}

/// The streams that CloudTrail writes: the account's, and in an organization everybody's.
fn log_streams(world: &World, caller: &Caller, trail: &Trail, group: &str) -> Vec<String> {
    let Caller { account, region } = caller;
    let stream = |name: String| {
        let resource = format!("log-group:{group}:log-stream:{name}");
        Arn::compose("logs", region, account, &resource)
    };
    let own = stream(format!("{account}_CloudTrail_{region}"));
    let organization = world
        .organization_of(account)
        .filter(|_| trail.is_organization_trail);
    let everybody = organization.map(|org| stream(format!("{}_{account}_CloudTrail", org.id)));
    [own].into_iter().chain(everybody).collect()
}

/// The condition keys that every call of CloudTrail on a trail's behalf carries.
fn context(world: &World, trail: &Trail) -> BTreeMap<String, String> {
    let mut context = BTreeMap::from([
        ("aws:SourceArn".to_owned(), trail.arn()),
        ("aws:SourceAccount".to_owned(), trail.account.clone()),
        ("aws:SecureTransport".to_owned(), "true".to_owned()),
        ("aws:PrincipalIsAWSService".to_owned(), "true".to_owned()),
    ]);
    if let Some(organization) = world.organization_of(&trail.account) {
        context.insert("aws:SourceOrgID".to_owned(), organization.id.clone());
    }
    context
}

fn is_key_id(id: &str) -> bool {
    let hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let multi_region = id
        .strip_prefix("mrk-")
        .is_some_and(|id| id.len() == 32 && hexadecimal(id));
    let groups: Vec<&str> = id.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    multi_region || (lengths == [8, 4, 4, 4, 12] && groups.iter().all(|group| hexadecimal(group)))
}

fn key_not_found(key: &str) -> ServiceError {
    let message = format!("KMS key {key} does not exist in the region of the S3 bucket.");
    ServiceError::new("KmsKeyNotFoundException", message)
}

fn bad_group(message: &str) -> ServiceError {
    ServiceError::new("InvalidCloudWatchLogsLogGroupArnException", message)
}

fn bad_role(message: &str) -> ServiceError {
    ServiceError::new("InvalidCloudWatchLogsRoleArnException", message)
}
