//! The promises of the resources over their life, in an organization where calls also fail.
//!
//! CloudFormation is the simulator's where it matters which request follows which; elsewhere a test
//! sends the one request that it is about.

#[path = "../support/mod.rs"]
mod support;

mod cures;
mod delegated_administrator;
mod delivery;
mod drift;
mod interruptions;
mod ownership;
mod replacement;
mod trail;
mod trusted_access;

use support::Transport;

const TRANSPORT: Transport = Transport::Plain;
