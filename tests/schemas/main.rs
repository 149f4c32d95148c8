//! Schemas and reference pages: that they are what the types say, and that the types say what the
//! function does.

#[path = "../../docs/generator/files.rs"]
mod files;
#[path = "../support/mod.rs"]
mod support;

mod agreement;
mod attributes;
mod changes;
mod committed;
mod oracle;
mod texts;

use support::Transport;

const TRANSPORT: Transport = Transport::Plain;
