//! The proof.

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod calls;
mod faults;
mod histories;
mod interleavings;
mod likeness;
mod overheard;
mod requests;
mod responses;
mod stage;
mod table;
mod wire;
mod worlds;

use support::Transport;

/// Of the few scenes here that have sockets.
const TRANSPORT: Transport = Transport::Plain;
