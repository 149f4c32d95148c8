//! The protocol conformance suite. Each numbered case sends one request, or a short sequence, to the
//! real binary, and checks the response to CloudFormation and the effect on AWS.
//!
//! A test is called `case_<number>_<sentence>`. A test below checks that no number is missing.

#[path = "../support/mod.rs"]
mod support;

mod create;
mod delete;
mod envelope;
mod plan;
mod properties;
mod response;
mod submission;
mod time;
mod update;
mod warm;

use support::Transport;

const TRANSPORT: Transport = Transport::Plain;

/// The number of the last case.
const LAST_CASE: u32 = 78;

/// Cases that a request cannot cause, and the tests that cover them.
const ELSEWHERE: [(u32, &str); 4] = [
    (48, "unit tests: a handler that returns another ID on Delete"),
    (49, "unit tests: a handler that panics"),
    (51, "unit tests: a handler that finishes at its deadline"),
    (71, "tests/secrets.rs: the log of a whole lifecycle at level TRACE"),
];

const SOURCES: [&str; 10] = [
    include_str!("create.rs"),
    include_str!("delete.rs"),
    include_str!("envelope.rs"),
    include_str!("plan.rs"),
    include_str!("properties.rs"),
    include_str!("response.rs"),
    include_str!("submission.rs"),
    include_str!("time.rs"),
    include_str!("update.rs"),
    include_str!("warm.rs"),
];

/// The number in `async fn case_04_...` if the line above is the attribute of a test.
fn case_number([attribute, function]: [&str; 2]) -> Option<u32> {
    let name = function.strip_prefix("async fn case_")?;
    let (number, _sentence) = name.split_once('_')?;
    attribute.starts_with("#[tokio::test").then(|| number.parse().ok())?
}

#[test]
fn every_case_is_covered_exactly_once() {
    let mut covered: Vec<u32> = ELSEWHERE.iter().map(|(number, _)| *number).collect();
    for source in SOURCES {
        let lines: Vec<&str> = source.lines().collect();
        covered.extend(lines.windows(2).filter_map(|pair| case_number([pair[0], pair[1]])));
    }
    covered.sort_unstable();
    assert_eq!(covered, (1..=LAST_CASE).collect::<Vec<_>>());
}
