//! Memory is flat in the size of the organization.

use crate::{
    figures::Figures,
    flows::{MANY, SOME},
};

/// The most that one more account may add to the memory that a gate uses at a time, in bytes.
///
/// 8 are the number of an account that has a folder in the bucket, which is kept until the accounts
/// are listed. The ninth is for the room that its page has to spare, 1,024 numbers for 1,000, and for
/// the list of the pages. What a page of answers takes while it is read is in both gates, so it does
/// not count. An account that is kept in one place more costs another 8 at least.
const BYTES_PER_ACCOUNT: u64 = 9;

/// What is wrong, as a sentence, if memory grows by more.
pub fn problem(measured: &[(String, Figures)]) -> Option<String> {
    let peak = |wanted: &str| {
        let found = measured.iter().find(|(name, _)| name == wanted);
        found.expect("it is one of the flows").1.peak
    };
    let grown = peak(MANY.0).saturating_sub(peak(SOME.0));
    let accounts = (MANY.1 - SOME.1) as u64;
    (grown > BYTES_PER_ACCOUNT * accounts).then(|| {
        format!(
            "a gate over {} accounts uses {grown} bytes more at a time than one over {}: {} for each \
             account, where {BYTES_PER_ACCOUNT} are allowed",
            MANY.1,
            SOME.1,
            grown.div_ceil(accounts),
        )
    })
}
