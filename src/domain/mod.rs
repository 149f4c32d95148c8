//! Every decision, and nothing else.
//!
//! Called by [`crate::resource`] and [`crate::aws`]; calls nobody. What is in here is plain data and
//! total, synchronous functions over it: no AWS, no JSON, no clock, no environment, no `async`.
//! `tests/purity.rs` keeps it so. Whoever wants to know what the software would do in some
//! situation reads this folder or asks it in a unit test.

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
pub mod regions;
pub mod string_rule;
pub mod timestamp;
pub mod trail;
pub mod trusted_access;
pub mod unordered;
