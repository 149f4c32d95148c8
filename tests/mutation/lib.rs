//! The function as far as it needs neither AWS nor a network.

#[path = "src/cfn/mod.rs"]
pub mod cfn;
#[path = "src/core/mod.rs"]
pub mod core;
#[path = "src/transport.rs"]
pub mod transport;
