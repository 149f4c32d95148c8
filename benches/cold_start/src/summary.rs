//! What the rounds come to.

use std::time::Duration;

use crate::{
    contestants::Contestant,
    measure::{Conditions, Round},
    share::Share,
    spread::Spread,
};

/// How long a call of AWS takes where it takes any time.
pub const LATENCY: Duration = Duration::from_millis(20);

/// What contestants are measured under, in order.
pub const CONDITIONS: [Conditions; 4] = [
    conditions(Share::FullCore, Duration::ZERO),
    conditions(Share::FullCore, LATENCY),
    conditions(Share::Smallest, Duration::ZERO),
    conditions(Share::Smallest, LATENCY),
];

const fn conditions(share: Share, latency: Duration) -> Conditions {
    Conditions { share, latency }
}

/// The shares that were measured at all, and what with, in words.
impl Conditions {
    pub fn describe(self) -> String {
        match self.latency.as_millis() {
            0 => self.share.name().to_owned(),
            latency => format!("{}, {latency} ms for each AWS call", self.share.name()),
        }
    }
}

/// One of the figures of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    Init,
    FirstAnswer,
    Answered,
    Warm,
    InitCpu,
    FirstAnswerCpu,
    Cpu,
    WarmCpu,
    /// In MB.
    Memory,
    Calls,
    Depth,
}

impl Figure {
    #[expect(
        clippy::cast_precision_loss,
        reason = "neither calls nor bytes are that many"
    )]
    fn of(self, round: &Round) -> Vec<f64> {
        match self {
            Self::Init => vec![round.init.wall],
            Self::FirstAnswer => vec![round.first_answer.wall],
            Self::Answered => vec![round.answered.wall],
            Self::Warm => round.warm.iter().map(|cost| cost.wall).collect(),
            Self::InitCpu => vec![round.init.cpu],
            Self::FirstAnswerCpu => vec![round.first_answer.cpu],
            Self::Cpu => vec![round.answered.cpu],
            Self::WarmCpu => round.warm.iter().map(|cost| cost.cpu).collect(),
            Self::Memory => vec![round.peak_bytes as f64 / 1e6],
            Self::Calls => vec![round.calls.len() as f64],
            Self::Depth => vec![round.depth as f64],
        }
    }
}

/// The rounds of everybody.
pub struct Summary<'a> {
    pub contestants: &'a [Contestant],
    pub rounds: &'a [Round],
}

impl Summary<'_> {
    /// What one contestant's figure was; `None` where it was not measured.
    pub fn spread(
        &self,
        contestant: &str,
        conditions: Conditions,
        figure: Figure,
    ) -> Option<Spread> {
        let rounds = self.rounds.iter().filter(|round| {
            round.contestant == contestant
                && round.share == conditions.share
                && round.latency_ms == conditions.latency.as_millis()
        });
        Spread::of(rounds.flat_map(|round| figure.of(round)))
    }

    /// The median alone.
    pub fn median(&self, contestant: &str, conditions: Conditions, figure: Figure) -> Option<f64> {
        let spread = self.spread(contestant, conditions, figure);
        spread.map(|spread| spread.median)
    }

    /// The size of a zip, in MB.
    #[expect(clippy::cast_precision_loss, reason = "no zip is that large")]
    pub fn zip(&self, contestant: &str) -> Option<f64> {
        let mut contestants = self.contestants.iter();
        let found = contestants.find(|one| one.name == contestant);
        found.map(|found| found.zip as f64 / 1e6)
    }

    /// The conditions that there are figures for.
    pub fn measured(&self) -> impl Iterator<Item = Conditions> {
        CONDITIONS.into_iter().filter(|conditions| {
            self.rounds
                .iter()
                .any(|round| round.share == conditions.share)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_spread(figures: &[f64], lower: f64, median: f64, upper: f64) {
        let expected = Spread {
            lower,
            median,
            upper,
        };
        assert_eq!(Spread::of(figures.iter().copied()), Some(expected));
    }

    #[test]
    fn quartiles_lie_between_figures_where_they_must() {
        assert_eq!(Spread::of([]), None);
        assert_spread(&[7.0], 7.0, 7.0, 7.0);
        assert_spread(&[2.0, 1.0], 1.25, 1.5, 1.75);
        assert_spread(&[5.0, 1.0, 3.0, 2.0, 4.0], 2.0, 3.0, 4.0);
        assert_spread(&[4.0, 1.0, 3.0, 2.0], 1.75, 2.5, 3.25);
    }
}
