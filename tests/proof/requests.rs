//! The requests that CloudFormation sends, and where it wants them answered.

use std::cell::Cell;

use simulator::cloudformation::{Event, LOGICAL_ID, ResourceType, ResponseUrl};
use time::{OffsetDateTime, macros::format_description};

use crate::{responses::Responses, stage::Clock};

/// The function, in the management account.
pub const FUNCTION_ARN: &str = "arn:aws:lambda:eu-west-1:111111111111:function:orgtrail";

/// An ID that CloudFormation generates for a Create that it has no answer to.
pub const INVENTED: &str = "organization-logging-Trail-1A2B3C4D5E6F";

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

thread_local! {
    static ISSUED: Cell<u64> = const { Cell::new(0) };
}

/// The request with an ID and a response URL of its own, issued now.
pub fn addressed(event: &Event, clock: Clock) -> Event {
    let number = ISSUED.get() + 1;
    ISSUED.set(number);
    let now = OffsetDateTime::from_unix_timestamp(clock.milliseconds() / 1_000).expect("a time");
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let date = now.format(format).expect("every time has this format");
    let url = format!(
        "https://{}/stack%7C{LOGICAL_ID}%7C{number:08}?X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Date={date}&X-Amz-Expires=7200&X-Amz-Signature={number:064x}",
        Responses::HOST
    );
    event
        .clone()
        .with("ResponseURL", url)
        .with("RequestId", format!("00000000-0000-4000-8000-{number:012}"))
}
