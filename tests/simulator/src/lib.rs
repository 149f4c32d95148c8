//! The services that OrgTrail calls, without AWS.

#![cfg_attr(
    test,
    allow(
        clippy::needless_pass_by_value,
        reason = "the inputs of calls are made where they are passed"
    )
)]

pub mod aws;
pub mod cloudformation;
pub mod http;
pub mod lambda;
pub mod tls;
