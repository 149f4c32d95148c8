//! The function as far as it needs no AWS SDK.

#[path = "src/cfn/mod.rs"]
pub mod cfn;
#[path = "src/core/mod.rs"]
pub mod core;
