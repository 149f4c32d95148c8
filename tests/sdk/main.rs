//! The function's calls and AWS's SDK: what the function sends and understands is what the SDK sends
//! and understands.
//!
//! The function speaks to AWS without the SDK, which is here for comparison only. Both get the same
//! configuration and make the same calls over the same wire, on which nothing is: it keeps what is
//! sent and answers what a test says. The SDK's half is `oracle`; it makes each call as it is meant to
//! be made with the SDK, and gives what came back in the function's types.

mod answers;
mod calls;
mod differences;
mod endpoints;
mod errors;
mod oracle;
mod ours;
mod requests;
mod samples;
mod scene;
mod sessions;
mod signatures;
mod variants;
mod wire;
