//! The proof.

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod faults;
mod histories;
mod interleavings;
mod likeness;
mod requests;
mod responses;
mod stage;
mod table;
mod wire;
mod worlds;
