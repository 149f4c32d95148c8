//! The decisions, as pure and synchronous functions over plain data.
//!
//! [`crate::resource`] and [`crate::aws`] use it. It calls no AWS API, parses no JSON and reads neither
//! the clock nor the environment; `tests/layers.rs` enforces this. The function's behavior in a given
//! situation is decided here, and can be tried in a unit test.

pub mod budget;
pub mod created_by;
pub mod delegated_administrator;
pub mod delivery;
pub mod diagnosis;
pub mod error_codes;
pub mod fault;
pub mod names;
pub mod operation;
pub mod organization;
pub mod owner;
pub mod plan;
pub mod regions;
pub mod string_rule;
pub mod timestamp;
pub mod trail;
pub mod trusted_access;
pub mod unordered;
