//! CloudFormation's protocol for custom resources: requests, properties and responses.
//!
//! [`crate::handler`] uses the requests and responses, [`crate::resource`] the properties.

pub mod attributes;
pub mod envelope;
pub mod plan;
pub mod properties;
pub mod request;
pub mod response;
pub mod response_url;
pub mod submit;
