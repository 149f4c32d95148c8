//! CloudFormation custom resources for an organization-wide CloudTrail, served by one Lambda
//! function.
//!
//! Data flows one way, and each arrow is a room of its own:
//!
//! ```text
//! event ─▶ Request ─▶ Desired ─┐
//!   cfn::request  resource     ├─▶ Steps ─▶ Outcome ─▶ Response ─▶ PUT
//!              AWS ─▶ Observed ┘    core      aws     cfn::response  cfn::submit
//!                  aws
//! ```
//!
//! | Room | What belongs in it |
//! |---|---|
//! | [`handler`] | one invocation: guards, dispatch, exactly one answer |
//! | [`cfn`] | CloudFormation's protocol: requests, properties, answers |
//! | [`resource`] | a resource type: its properties, and the order of looking, deciding and doing |
//! | [`aws`] | API calls through AWS's SDK, and how to make one succeed |
//! | [`http`] | the one HTTP client, and the SDK's view of it |
//! | [`core`] | every decision, as pure functions over plain data |
//! | [`log`] | what is logged, and what never is |
//!
//! Properties and attributes are declared once, in [`resource`]. The declaration is what [`cfn`] reads
//! requests by, and what `docs/generator` prints into `schemas/` and `docs/reference/`.
//!
//! Imports point downwards only: `handler` ▶ `resource` ▶ `aws`, `cfn` ▶ `core`; a test keeps it so.
//! `main` gives `http` to the handler and to the SDK.
//!
//! The words, one for each thing: *desired* and *observed* state; to *converge* one to the other and
//! to *retire* what is ours; a *plan* is made of *steps*; *drift* is a difference that somebody else
//! made; a *refusal* is our no, a *fault* is AWS's; the *owner* of a trail is the stack and logical id
//! in its tags; the *physical id* is what `Ref` returns, the *attributes* what `Fn::GetAtt` does; an
//! answer is *submitted* (*delivery* is what CloudTrail does with logs).

#![cfg_attr(not(test), warn(clippy::expect_used, clippy::unwrap_used))]

pub mod aws;
pub mod cfn;
pub mod core;
pub mod handler;
pub mod http;
pub mod log;
pub mod resource;
