//! Requests that are refused for what they say, before AWS is asked anything.

use serde_json::json;
use simulator::cloudformation::ResourceType;

use super::Case;
use crate::{
    faults::flow::Flow,
    requests::INVENTED,
    support::{OrgTrail, OrgTrailDelivery, TRAIL_ARN},
    worlds::{base, plain},
};

/// A type that is none of ours.
fn unknown(mut flow: Flow) -> Flow {
    flow.event = flow.event.with("ResourceType", "Custom::Unknown");
    flow
}

/// All of them.
pub fn all() -> Vec<Case> {
    let create = |name, resource_type: ResourceType, properties| {
        Flow::create(name, resource_type, plain(), properties)
    };
    let misspelt = json!({ "TrailName": "org-trail", "S3Bucketname": "org-logs-example" });
    let update = Flow::update(
        "Update: a property is misspelt",
        OrgTrail,
        plain(),
        TRAIL_ARN,
        [base(), misspelt.clone()],
    );
    let delete = Flow::delete(
        "Delete: a type that is not served",
        OrgTrail,
        plain(),
        INVENTED,
        base(),
    );
    let request_type = {
        let mut flow = create("A request type that there is not", OrgTrail, base());
        flow.event = flow.event.with("RequestType", "Read");
        flow
    };
    vec![
        Case::without_calls(unknown(create(
            "Create: a type that is not served",
            OrgTrail,
            base(),
        )))
        .refused(),
        Case::without_calls(create("Create: a property is misspelt", OrgTrail, misspelt)).refused(),
        Case::without_calls(create(
            "Create: a required property is missing",
            OrgTrailDelivery,
            json!({}),
        ))
        .refused(),
        Case::without_calls(update).refused(),
        // Nothing of an unknown type was ever made.
        Case::without_calls(unknown(delete)),
        Case::without_calls(request_type).refused(),
    ]
}
