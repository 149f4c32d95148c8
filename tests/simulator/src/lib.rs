//! What OrgTrail talks to, without AWS.

pub mod aws;
pub mod cloudformation;
pub mod http;
pub mod lambda;
pub mod tls;
