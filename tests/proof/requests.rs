//! The requests that CloudFormation sends, and the URLs for the responses.

use aws_types::sdk_config::TimeSource;
use simulator::cloudformation::{Event, ResourceType, ResponseEndpoint, ResponseUrl, unique_uuid};

use crate::stage::Clock;

/// The function, in the management account.
pub const FUNCTION_ARN: &str = "arn:aws:lambda:eu-west-1:111111111111:function:orgtrail";

/// A request that is not addressed yet.
pub fn request(kind: &str, resource_type: ResourceType) -> Event {
    let nowhere = ResponseUrl::new("https://example.com");
    match kind {
        "Create" => Event::create(resource_type, &nowhere),
        "Update" => Event::update(resource_type, &nowhere),
        "Delete" => Event::delete(resource_type, &nowhere),
        other => panic!("no request type {other}"),
    }
}

/// The request with an ID and a response URL of its own, issued now.
pub fn addressed(event: &Event, clock: Clock) -> Event {
    let origin = ResponseEndpoint::in_process().origin();
    let url = ResponseUrl::issued(&origin, clock.now().into());
    event.clone().response_url(&url).with("RequestId", unique_uuid())
}
