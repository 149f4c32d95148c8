//! The permission of the caller's IAM policies for each call.

use serde_json::Value;

use super::{Arn, Caller, Service, ServiceError, World, arn, s3};

/// Refuses what [`World::denied_actions`] denies, as IAM does before the service reads the request.
pub(super) fn check(
    world: &World,
    caller: &Caller,
    service: Service,
    operation: &str,
    input: &Value,
) -> Result<(), ServiceError> {
    let action = match service {
        Service::S3 => s3::LIST_BUCKET.to_owned(),
        other => format!("{}:{operation}", other.name()),
    };
    if !world.denies(&action) {
        return Ok(());
    }
    let denial = denial(world, caller, &action, &resource(caller, input));
    Err(match service {
        Service::CloudTrail | Service::Organizations => denial,
        Service::Sts | Service::S3 => access_denied(denial.message),
    })
}

/// IAM's own refusal.
pub(super) fn denial(world: &World, caller: &Caller, action: &str, resource: &str) -> ServiceError {
    let message = not_authorized(caller, action, resource);
    let no_policy = "because no identity-based policy allows the {action} action";
    let reason = world.denial.as_deref().unwrap_or(no_policy).replace("{action}", action);
    ServiceError::new("AccessDeniedException", format!("{message} {reason}"))
}

/// The refusal as STS and S3 send it.
pub(super) fn access_denied(message: impl Into<String>) -> ServiceError {
    ServiceError::new("AccessDenied", message).with_status(403)
}

/// The start of every refusal by IAM.
pub(super) fn not_authorized(caller: &Caller, action: &str, resource: &str) -> String {
    let account = &caller.account;
    let partition = arn::partition_of(&caller.region);
    format!(
        "User: arn:{partition}:sts::{account}:assumed-role/OrgTrail/OrgTrail is not authorized to \
         perform: {action} on resource: {resource}"
    )
}

fn resource(caller: &Caller, input: &Value) -> String {
    if let Some(bucket) = input["Bucket"].as_str() {
        return s3::bucket_arn(caller, bucket);
    }
    let members = ["Name", "TrailName", "ResourceId", "RoleArn"];
    match members.iter().find_map(|name| input[name].as_str()) {
        Some(named) if Arn::parse(named).is_some() => named.to_owned(),
        Some(name) => {
            let resource = format!("trail/{name}");
            Arn::compose("cloudtrail", &caller.region, &caller.account, &resource)
        }
        None => "*".to_owned(),
    }
}
