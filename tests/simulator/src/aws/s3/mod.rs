//! S3, as far as a look for log files needs it: path-style listings.

mod listing;
mod objects;

#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use super::{
    Access, Bucket, Caller, Operation, OperationResult, Principal, ServiceError, World, arn,
    permissions,
};
pub use objects::{Objects, OrganizationLogs, log_file};

/// The permission for a listing, in each version of the operation.
pub(super) const LIST_BUCKET: &str = "s3:ListBucket";

/// The handler of the operation with this name, if the simulated S3 has it.
pub(super) fn operation(name: &str) -> Option<Operation> {
    (name == "ListObjectsV2").then_some(list_objects)
}

fn list_objects(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let name = input["Bucket"].as_str().unwrap_or_default();
    let Some(bucket) = world.buckets.get(name) else {
        let message = "The specified bucket does not exist";
        return Err(ServiceError::new("NoSuchBucket", message).with_status(404));
    };
    if bucket.region != caller.region {
        let message = "The bucket you are attempting to access must be addressed using the \
                       specified endpoint. Please send all future requests to this endpoint.";
        return Err(ServiceError {
            bucket_region: Some(bucket.region.clone()),
            ..ServiceError::new("PermanentRedirect", message).with_status(301)
        });
    }
    check_listing(world, caller, name, bucket, input)?;
    let query = listing::Query::read(input)?;
    let nothing = Objects::default();
    let objects = world.objects.get(name).unwrap_or(&nothing);
    let mut result = listing::list(world, objects, &query);
    result["Name"] = json!(name);
    Ok(result)
}

/// Lets the owner in, and others whom the bucket policy names; what the caller's own policies say
/// is checked before.
fn check_listing(
    world: &World,
    caller: &Caller,
    name: &str,
    bucket: &Bucket,
    input: &Value,
) -> Result<(), ServiceError> {
    let resource = bucket_arn(caller, name);
    let mut context = world.context_of(caller);
    for (key, parameter) in
        [("s3:prefix", "Prefix"), ("s3:delimiter", "Delimiter"), ("s3:max-keys", "MaxKeys")]
    {
        context.extend(input[parameter].as_str().map(|value| (key, value.to_owned())));
    }
    let principal = Principal::Account(&caller.account);
    let access = Access { principal, action: LIST_BUCKET, resource: &resource, context };
    if bucket.account == caller.account || bucket.policy.allows(&access) {
        return Ok(());
    }
    let message = permissions::not_authorized(caller, LIST_BUCKET, &format!("\"{resource}\""));
    Err(permissions::access_denied(format!(
        "{message} because no resource-based policy allows the {LIST_BUCKET} action"
    )))
}

/// The ARN of a bucket, in the caller's partition.
pub(super) fn bucket_arn(caller: &Caller, name: &str) -> String {
    format!("arn:{}:s3:::{name}", arn::partition_of(&caller.region))
}
