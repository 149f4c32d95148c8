//! CloudFormation's side of the custom-resource protocol: the requests it sends, the URL it wants
//! the responses at, what it checks in them, and what it does next.

mod endpoint;
mod event;
mod identifiers;
mod print;
mod response;
mod response_url;
mod stack;

pub use endpoint::{Reaction, ResponseEndpoint};
pub use event::{ACCOUNT, Event, LOGICAL_ID, ResourceType, STACK_ID, addressed_to, stringified};
pub use identifiers::unique_uuid;
pub use print::print_responses;
pub use response::{MAX_BODY_BYTES, MAX_PHYSICAL_ID_BYTES, Response};
pub use response_url::ResponseUrl;
pub use stack::{Resource, Stack};
