//! CloudFormation custom resources for an organization-wide CloudTrail, served by one Lambda
//! function.
//!
//! Data flows one way:
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
//! | [`log`] | the log format, and what is never logged |
//!
//! `tests/layers.rs` enforces three rules. Each module uses only those below it: `handler` may use
//! `resource`, `aws`, `cfn` and `domain`; `resource` may use `aws`, `cfn` and `domain`; `aws` and `cfn` may
//! use `domain`; `domain` uses none. The SDK's types stop in `aws`, apart from the adapter in `http`.
//! Nothing in `domain` is asynchronous, reads a clock or the environment, or parses JSON. `main` builds
//! the client and gives it to the handler and to the SDK.
//!
//! Properties and attributes are declared once, in [`resource`]. [`cfn`] reads requests by these
//! declarations, and `docs/generator` prints them into `schemas/` and `docs/reference/`.
//!
//! Glossary, one word for each thing:
//!
//! | Term | Meaning |
//! |---|---|
//! | desired, observed | what the template asks for; what AWS returns |
//! | converge, retire | change the observed state to the desired one; remove what the resource owns |
//! | plan, step | the calls that change something, in order; one of them |
//! | drift | a difference that was not made through CloudFormation |
//! | refusal, fault | the function declines; a call to AWS failed |
//! | owner | the stack and the logical id, stored in the tags of a trail |
//! | physical id, attributes | what `Ref` returns; what `Fn::GetAtt` returns |
//! | response, submit | what CloudFormation receives; to send it (*delivery* is what CloudTrail does) |

#![cfg_attr(not(test), warn(clippy::expect_used, clippy::unwrap_used))]

pub mod aws;
pub mod cfn;
pub mod domain;
pub mod handler;
pub mod http;
pub mod log;
pub mod resource;
