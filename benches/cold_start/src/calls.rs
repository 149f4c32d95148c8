//! The calls of AWS that a contestant made, and how many of them had to wait for another.

use std::time::Instant;

use serde::Serialize;
use simulator::aws::Call;

/// One call; times are in milliseconds since the start of the process.
#[derive(Clone, Debug, Serialize)]
pub struct TimedCall {
    /// For example `CreateTrail`.
    pub operation: String,
    /// When the request was there.
    pub began: f64,
    /// When it was answered.
    pub ended: f64,
}

impl TimedCall {
    pub fn new(call: &Call, start: Instant) -> Self {
        let since = |instant: Instant| (instant - start).as_secs_f64() * 1_000.0;
        Self {
            operation: call.operation.clone(),
            began: since(call.began),
            ended: since(call.ended),
        }
    }
}

/// The length of the longest chain of calls of which each began after the one before had ended: how
/// many round trips lie one behind the other. It shows only where calls take long enough for those
/// that are made at once to overlap.
pub fn depth(calls: &[TimedCall]) -> usize {
    let mut calls: Vec<&TimedCall> = calls.iter().collect();
    calls.sort_by(|one, other| one.began.total_cmp(&other.began));
    let mut chains: Vec<usize> = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        let before = (0..index).filter(|&earlier| calls[earlier].ended <= call.began);
        let longest = before.map(|earlier| chains[earlier]).max();
        chains.push(longest.unwrap_or(0) + 1);
    }
    chains.into_iter().max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(times: &[(f64, f64)]) -> Vec<TimedCall> {
        let call = |&(began, ended)| TimedCall {
            operation: "ListTrails".to_owned(),
            began,
            ended,
        };
        times.iter().map(call).collect()
    }

    #[test]
    fn calls_that_overlap_are_one_round_trip() {
        assert_eq!(depth(&calls(&[])), 0);
        assert_eq!(depth(&calls(&[(0.0, 20.0), (1.0, 21.0), (2.0, 22.0)])), 1);
    }

    #[test]
    fn calls_that_wait_for_another_are_as_many_round_trips_as_the_longest_chain() {
        let in_a_row = [(0.0, 20.0), (20.5, 40.0), (41.0, 60.0)];
        assert_eq!(depth(&calls(&in_a_row)), 3);
        // The third waits for the first, and the second takes as long as both.
        assert_eq!(depth(&calls(&[(0.0, 20.0), (1.0, 45.0), (21.0, 44.0)])), 2);
        // The order of the log does not matter.
        assert_eq!(depth(&calls(&[(21.0, 44.0), (46.0, 60.0), (0.0, 20.0)])), 3);
    }
}
