//! The proof.

#[path = "../support/mod.rs"]
mod support;

mod faults;
mod likeness;
mod requests;
mod responses;
mod stage;
mod table;
mod wire;
mod worlds;
