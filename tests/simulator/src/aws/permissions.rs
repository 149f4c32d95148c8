//! Whether the caller's IAM policies let it call at all.

use serde_json::Value;

use super::{Arn, Caller, Service, ServiceError, World, arn};

/// Refuses what [`World::denied_actions`] denies, as IAM does before the service looks at anything.
pub(super) fn check(
    world: &World,
    caller: &Caller,
    service: Service,
    operation: &str,
    input: &Value,
) -> Result<(), ServiceError> {
    let action = format!("{}:{operation}", service.name());
    if !world.denies(&action) {
        return Ok(());
    }
    Err(denial(caller, &action, &resource(caller, input)))
}

/// IAM's own refusal.
pub(super) fn denial(caller: &Caller, action: &str, resource: &str) -> ServiceError {
    let account = &caller.account;
    let partition = arn::partition_of(&caller.region);
    ServiceError::new(
        "AccessDeniedException",
        format!(
            "User: arn:{partition}:sts::{account}:assumed-role/OrgTrail/OrgTrail is not \
             authorized to perform: {action} on resource: {resource} because no identity-based \
             policy allows the {action} action"
        ),
    )
}

fn resource(caller: &Caller, input: &Value) -> String {
    let named = ["Name", "TrailName", "ResourceId"]
        .iter()
        .find_map(|name| input[name].as_str());
    match named {
        Some(named) if Arn::parse(named).is_some() => named.to_owned(),
        Some(name) => {
            let resource = format!("trail/{name}");
            Arn::compose("cloudtrail", &caller.region, &caller.account, &resource)
        }
        None => "*".to_owned(),
    }
}
