//! The schemas and the reference pages are as generated, and the schemas refuse what the function
//! refuses.

#[path = "../../docs/generator/files.rs"]
mod files;
#[path = "../support/mod.rs"]
mod support;

mod attributes;
mod committed;
mod declarations;
mod properties;
mod validator;

use support::Transport;

const TRANSPORT: Transport = Transport::Plain;
