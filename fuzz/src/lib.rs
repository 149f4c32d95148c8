//! What fuzzing asserts: one function for each target, from any bytes to a panic where a property
//! does not hold.
//!
//! Called by the entry points in `fuzz_targets`, with inputs that libFuzzer steers by coverage, and
//! by `tests/fuzz.rs`, with the corpus and some mutations of it.

pub mod aws_errors;
pub mod envelope;
pub mod function;
pub mod names;
pub mod properties;
pub mod response;
pub mod response_url;
mod scripted_aws;

/// A target's name, which is also its corpus folder's, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("aws_errors", aws_errors::check),
    ("envelope", envelope::check),
    ("function", function::check),
    ("names", names::check),
    ("properties", properties::check),
    ("response", response::check),
    ("response_url", response_url::check),
];
