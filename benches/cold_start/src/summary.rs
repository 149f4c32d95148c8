//! What the rounds come to.

use std::time::Duration;

use crate::{
    contestants::{Contestant, FLOOR, ORGTRAIL, PYTHON, ROUND_TRIPS},
    measure::{Conditions, Figures, Round},
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

impl Conditions {
    /// In words.
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
    fn of(self, figures: &Figures) -> Vec<f64> {
        match self {
            Self::Init => vec![figures.init.wall],
            Self::FirstAnswer => vec![figures.first_answer.wall],
            Self::Answered => vec![figures.answered.wall],
            Self::Warm => figures.warm.iter().map(|cost| cost.wall).collect(),
            Self::InitCpu => vec![figures.init.cpu],
            Self::FirstAnswerCpu => vec![figures.first_answer.cpu],
            Self::Cpu => vec![figures.answered.cpu],
            Self::WarmCpu => figures.warm.iter().map(|cost| cost.cpu).collect(),
            Self::Memory => vec![figures.peak_bytes as f64 / 1e6],
            Self::Calls => vec![figures.calls.len() as f64],
            Self::Depth => vec![figures.depth as f64],
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
        Spread::of(rounds.flat_map(|round| figure.of(&round.figures)))
    }

    /// The median alone.
    pub fn median(&self, contestant: &str, conditions: Conditions, figure: Figure) -> Option<f64> {
        let spread = self.spread(contestant, conditions, figure);
        spread.map(|spread| spread.median)
    }

    /// The most memory that one had, in MB. It depends neither on the share nor on the distance.
    pub fn memory(&self, contestant: &str) -> Option<Spread> {
        self.spread(contestant, CONDITIONS[0], Figure::Memory)
    }

    /// The size of a zip, in MB.
    #[expect(clippy::cast_precision_loss, reason = "no zip is that large")]
    pub fn zip(&self, contestant: &str) -> Option<f64> {
        let mut contestants = self.contestants.iter();
        let found = contestants.find(|one| one.name == contestant);
        found.map(|found| found.zip as f64 / 1e6)
    }

    /// The name of the release before, where it has a part.
    pub fn previous(&self) -> Option<&str> {
        let mut names = self.contestants.iter().map(|one| one.name.as_str());
        names.find(|name| ![ORGTRAIL, FLOOR, ROUND_TRIPS, PYTHON].contains(name))
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
