//! Tests with generated values, the same ones in each run.

use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestCaseResult, TestRng, TestRunner},
};

/// Runs a test with this number of values. A value that fails is simplified before it is reported.
pub fn run<S: Strategy>(cases: u32, values: &S, test: impl Fn(S::Value) -> TestCaseResult) {
    let configuration =
        ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let result = TestRunner::new_with_rng(configuration, random).run(values, test);
    assert!(result.is_ok(), "{}", result.unwrap_err());
}
