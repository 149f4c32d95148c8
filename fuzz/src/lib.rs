//! The fuzz targets: functions that take any bytes and panic if a property does not hold.
//!
//! Called by the entry points in `fuzz_targets`, with inputs that libFuzzer guides by coverage, and
//! by `tests/fuzz.rs`, with the corpus and mutations of it.

pub mod envelope;
pub mod function;
pub mod names;
pub mod properties;
pub mod response;
pub mod response_url;
mod scripted_aws;

/// The name of a target and of its corpus folder, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("envelope", envelope::check),
    ("function", function::check),
    ("names", names::check),
    ("properties", properties::check),
    ("response", response::check),
    ("response_url", response_url::check),
];
