//! The decisions, without the function around them.

#[path = "src/core/mod.rs"]
pub mod core;
