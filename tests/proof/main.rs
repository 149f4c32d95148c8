//! The handler in process, with a clock that only tests move. Each call to AWS fails in each way
//! ([`faults`]), and so does the response ([`responses`]). Requests run at the same time
//! ([`interleavings`]) and in sequences ([`histories`]), and a delivery gate runs over time
//! ([`gates`]). The calls of each request are the expected ones ([`calls`]), and plans come true
//! ([`plans`]). `docs/proof.md` is about it.

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/declared_errors.rs"]
mod declared_errors;

mod calls;
mod captured_log;
mod comparison;
mod faults;
mod gates;
mod generate;
mod histories;
mod interleavings;
mod plans;
mod requests;
mod responses;
mod stage;
mod states;
mod table;
mod wire;

use support::Transport;

/// For the few tests here that use sockets.
const TRANSPORT: Transport = Transport::Plain;
