//! S3, as far as somebody who looks for log files needs it: path-style listings.

mod listing;
mod objects;
mod wire;

#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use super::{Access, Answer, Bucket, Caller, Principal, ServiceError, World, arn, permissions};
pub use objects::{Objects, OrganizationLogs, log_file};
pub(super) use wire::{read, respond};

/// What a listing needs, whatever version of it.
pub(super) const LIST_BUCKET: &str = "s3:ListBucket";

/// What carries out the operation with this name, if S3 has it here.
pub(super) fn operation(name: &str) -> Option<fn(&mut World, &Caller, &Value) -> Answer> {
    (name == "ListObjectsV2").then_some(list_objects)
}

fn list_objects(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let name = input["Bucket"].as_str().unwrap_or_default();
    let bucket = world.buckets.get(name).ok_or_else(no_such_bucket)?;
    if bucket.region != caller.region {
        return Err(redirect(bucket));
    }
    check_listing(caller, name, bucket, input)?;
    let query = listing::Query::read(input)?;
    let nothing = Objects::default();
    let objects = world.objects.get(name).unwrap_or(&nothing);
    let mut answer = listing::list(world, objects, query);
    answer["Name"] = json!(name);
    Ok(answer)
}

/// Lets the owner in, and others whom the bucket policy names; what the caller's own policies say
/// is checked before.
fn check_listing(
    caller: &Caller,
    name: &str,
    bucket: &Bucket,
    input: &Value,
) -> Result<(), ServiceError> {
    let expected = input["ExpectedBucketOwner"].as_str();
    if expected.is_some_and(|owner| owner != bucket.account) {
        return Err(access_denied("Access Denied".to_owned()));
    }
    let resource = bucket_arn(caller, name);
    let access = Access {
        principal: Principal::Account(&caller.account),
        action: LIST_BUCKET,
        resource: &resource,
        context: std::collections::BTreeMap::new(),
    };
    if bucket.account == caller.account || bucket.policy.allows(&access) {
        return Ok(());
    }
    let message = permissions::not_authorized(caller, LIST_BUCKET, &format!("\"{resource}\""));
    Err(access_denied(format!(
        "{message} because no resource-based policy allows the {LIST_BUCKET} action"
    )))
}

/// The ARN of a bucket, in the caller's partition.
pub(super) fn bucket_arn(caller: &Caller, name: &str) -> String {
    format!("arn:{}:s3:::{name}", arn::partition_of(&caller.region))
}

/// The refusal as S3 sends it.
pub(super) fn access_denied(message: String) -> ServiceError {
    refused(403, "AccessDenied", message)
}

fn no_such_bucket() -> ServiceError {
    let message = "The specified bucket does not exist".to_owned();
    refused(404, "NoSuchBucket", message)
}

fn redirect(bucket: &Bucket) -> ServiceError {
    let message = "The bucket you are attempting to access must be addressed using the specified \
                   endpoint. Please send all future requests to this endpoint."
        .to_owned();
    ServiceError {
        bucket_region: Some(bucket.region.clone()),
        ..refused(301, "PermanentRedirect", message)
    }
}

fn invalid(message: &str) -> ServiceError {
    ServiceError::new("InvalidArgument", message)
}

fn refused(status: u16, code: &str, message: String) -> ServiceError {
    ServiceError {
        status,
        ..ServiceError::new(code, message)
    }
}
