//! CloudFormation custom resources for an organization-wide CloudTrail, served by one Lambda
//! function.
//!
//! The flow of data:
//!
//! ```text
//! event ─▶ Request ─▶ Desired ─┐
//!      cfn        resource     ├─▶ Steps ─▶ Outcome ─▶ Response ─▶ PUT
//!              AWS ─▶ Observed ┘  domain    aws       cfn       cfn::submit
//!                  aws
//! ```
//!
//! | Module | Contents |
//! |---|---|
//! | [`handler`] | one event: deadlines, panic guard, exactly one response |
//! | [`resource`] | the resource types: observe, decide, execute, describe |
//! | [`cfn`] | CloudFormation's protocol: envelope, request, properties, response |
//! | [`aws`] | the calls to AWS through its SDK, and their retries |
//! | [`domain`] | the decisions: pure functions over plain data |
//! | [`http`] | the HTTP client, and its adapter for the SDK |
//! | [`log`] | the log format, and the filter that keeps secrets out of the log |
//!
//! `tests/layers.rs` enforces three rules:
//!
//! - Each module uses only those below it: `handler` may use `resource`, `aws`, `cfn` and `domain`;
//!   `resource` may use `aws`, `cfn` and `domain`; `aws` and `cfn` may use `domain`; `domain` uses
//!   none.
//! - The SDK's types do not leave `aws`, except in the adapter in `http`.
//! - Nothing in `domain` is asynchronous, reads a clock or the environment, or parses JSON.
//!
//! Properties and attributes are declared once, in [`resource`]. [`cfn`] reads requests by these
//! declarations, and `docs/generator` writes `schemas/` and `docs/reference/` from them.
//!
//! Glossary:
//!
//! | Term | Meaning |
//! |---|---|
//! | desired, observed | the state that the template describes; the state that AWS returns |
//! | converge, retire | make the observed state the desired one; remove what the resource owns |
//! | plan, step | the changing calls in order; one of them |
//! | drift | a difference that was not made through CloudFormation |
//! | refusal, fault | the function refuses the request; a call to AWS failed |
//! | owner | the stack and the logical ID that are stored in the tags of a trail |
//! | physical ID, attributes | the values of `Ref` and of `Fn::GetAtt` |
//! | response, submit | the message to CloudFormation; send it (CloudTrail *delivers*) |

#![cfg_attr(not(test), warn(clippy::expect_used, clippy::unwrap_used))]

pub mod aws;
pub mod cfn;
pub mod domain;
pub mod handler;
pub mod http;
pub mod log;
pub mod resource;
