//! What a flow makes: every call takes exactly one unit of the clock that stands still otherwise, so
//! the chain of calls that wait for each other is what the flow takes.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep};

use super::graph::Round;
use crate::{
    faults::{
        course::{prepare, stage},
        flow::Flow,
    },
    stage::{Clock, play},
    wire::{Gate, Wire},
};

/// What every call takes.
const UNIT: Duration = Duration::from_secs(1);

/// What the function has for a request: far more than any flow needs.
const AMPLE: Duration = Duration::from_mins(5);

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub operation: String,
    /// When it began, in units since the request arrived.
    pub began: usize,
    /// When it was answered; the same as if nobody waited for the answer any more.
    pub ended: usize,
}

/// What a flow made.
#[derive(Debug)]
pub struct Course {
    /// In the order in which they began.
    pub calls: Vec<Made>,
    /// How long it took, in units.
    pub took: usize,
    pub succeeded: bool,
}

impl Course {
    /// Plays a flow.
    pub fn of(flow: &Flow) -> Self {
        play(1, async {
            let clock = Clock::start();
            let world = prepare(flow, clock).await;
            let stage = stage(flow, world, clock).lasting(AMPLE);
            let watch = Watch::default();
            let wire = Wire::new(stage.aws.clone(), stage.responses.clone(), clock);
            let wire = wire.gated(Arc::new(watch.clone()));
            let event = crate::requests::addressed(&flow.event, clock);
            let began = Instant::now();
            let played = stage.deliver_through(wire, event).await;
            let calls = watch.calls().clone().into_iter();
            let since = |instant: Instant| units(instant.duration_since(began));
            Self {
                calls: calls
                    .map(|(operation, began, ended)| Made {
                        operation,
                        began: since(began),
                        ended: since(ended.unwrap_or(began)),
                    })
                    .collect(),
                took: units(played.took),
                succeeded: played.answer().is_success(),
            }
        })
    }

    /// The longest chain of calls of which each began no earlier than the one before had ended.
    pub fn depth(&self) -> usize {
        let mut depths: Vec<usize> = Vec::new();
        for call in &self.calls {
            let before = self.calls.iter().zip(&depths);
            let before = before.filter(|(earlier, _)| earlier.ended <= call.began);
            depths.push(before.map(|(_, depth)| depth + 1).max().unwrap_or(1));
        }
        depths.into_iter().max().unwrap_or(0)
    }

    /// What was made at the same time, in the order of time.
    pub fn rounds(&self) -> Vec<Round> {
        let mut rounds: Vec<(usize, Round)> = Vec::new();
        for call in &self.calls {
            if rounds.last().is_none_or(|(began, _)| *began != call.began) {
                rounds.push((call.began, Round::new()));
            }
            if let Some((_, round)) = rounds.last_mut() {
                *round.entry(call.operation.clone()).or_default() += 1;
            }
        }
        rounds.into_iter().map(|(_, round)| round).collect()
    }
}

/// The clock runs in milliseconds, and so may be one off.
fn units(time: Duration) -> usize {
    let half = UNIT / 2;
    usize::try_from((time + half).as_millis() / UNIT.as_millis()).expect("fits")
}

/// A gate that takes the time of every call.
#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Vec<Watched>>>);

/// A call, when it began, and when it was answered.
type Watched = (String, Instant, Option<Instant>);

impl Watch {
    fn calls(&self) -> MutexGuard<'_, Vec<Watched>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate for Watch {
    fn pass(&self, call: &str) -> BoxFuture<'static, ()> {
        let operation = call.split(' ').next().unwrap_or_default().to_owned();
        let number = {
            let mut calls = self.calls();
            calls.push((operation, Instant::now(), None));
            calls.len() - 1
        };
        let watch = self.clone();
        Box::pin(async move {
            sleep(UNIT).await;
            watch.calls()[number].2 = Some(Instant::now());
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(calls: &[(usize, usize)]) -> Course {
        let made = |(began, ended): &(usize, usize)| Made {
            operation: "GetTrail".to_owned(),
            began: *began,
            ended: *ended,
        };
        Course {
            calls: calls.iter().map(made).collect(),
            took: 0,
            succeeded: true,
        }
    }

    #[test]
    fn calls_that_overlap_are_no_chain() {
        assert_eq!(course(&[]).depth(), 0);
        assert_eq!(course(&[(0, 1), (0, 1), (0, 1)]).depth(), 1);
        assert_eq!(course(&[(0, 2), (1, 3)]).depth(), 1);
        assert_eq!(course(&[(0, 1), (0, 2), (1, 2), (2, 3)]).depth(), 3);
    }
}
