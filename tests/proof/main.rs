//! The handler in process, with a clock that only tests move: each call to AWS failing in each way
//! ([`faults`]), the response ([`answers`]), requests at the same time ([`interleavings`]), sequences of
//! requests ([`histories`]), a delivery gate over time ([`gates`]), which calls are made ([`calls`]), and plans that come true
//! ([`plans`]). `docs/proof.md` is about it.

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/declared_errors.rs"]
mod declared_errors;

mod answers;
mod calls;
mod faults;
mod gates;
mod histories;
mod interleavings;
mod likeness;
mod overheard;
mod plans;
mod requests;
mod responses;
mod stage;
mod table;
mod wire;
mod worlds;

use support::Transport;

/// For the few tests here that use sockets.
const TRANSPORT: Transport = Transport::Plain;
