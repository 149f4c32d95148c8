//! CloudFormation's side: its requests, its properties, its answers. Knows nothing of AWS APIs.
//!
//! Called by [`crate::handler`] (requests and answers) and [`crate::resource`] (properties).

pub mod attributes;
pub mod envelope;
pub mod properties;
pub mod request;
pub mod response;
pub mod response_url;
pub mod submit;
