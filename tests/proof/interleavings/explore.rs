//! Depth-first search over the orders of calls, with dynamic partial-order reduction (Flanagan and
//! Godefroid, 2005): after each run, for every two calls that race, the order in which the second comes
//! first is played too. Sleep sets (Godefroid, 1996) keep orders that differ only in calls that do not
//! race from being played twice.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::LocalBoxFuture;
use simulator::{
    aws::{Fault, World},
    cloudformation::Event,
};

use super::schedule::{ARRIVAL, Board, Choice, run};
use crate::{
    comparison::comparable,
    requests::addressed,
    stage::{Clock, Played, Stage, play},
    wire::Wire,
};

/// Requests that are served at the same time.
pub struct Case {
    /// The name of its row in the table.
    pub name: &'static str,
    /// The world before.
    pub world: World,
    /// The requests; the first begins, the others come at any time after it.
    pub events: Vec<Event>,
    /// An operation that is refused.
    pub refused: Option<&'static str>,
    /// Checks the condition that must hold in the end; an error says why it does not. `true`: it
    /// holds only because the promises make an exception.
    pub holds: fn(&Ended) -> Result<bool, String>,
}

/// The end of a run.
pub struct Ended {
    /// The stage, with the world as it is now.
    pub stage: Stage,
    /// The world as it is now, to be compared.
    pub world: World,
    /// The world as it was.
    pub before: World,
    /// The result of each request.
    pub played: Vec<Played>,
}

/// The findings of one case.
#[derive(Debug, Default)]
pub struct Figures {
    /// Orders that were played to the end.
    pub orders: usize,
    /// Orders that were given up, because they would have differed from another one only in calls that
    /// do not race.
    pub alike: usize,
    /// The most calls and waits in one of them.
    pub longest: usize,
    /// The number of orders in which it holds only by an exception.
    pub excepted: usize,
    /// True if there are more orders than were played.
    pub bounded: bool,
    /// The violated promises.
    pub violations: Vec<String>,
}

/// A point of a run where something was to be chosen.
struct Point {
    choices: Vec<Choice>,
    taken: usize,
    /// The choices that must be tried here.
    planned: BTreeSet<usize>,
    /// The choices that were tried.
    tried: BTreeSet<usize>,
    /// The choices that need not come first any more: an order in which they do was played, and the
    /// calls since then do not race with them.
    asleep: Vec<Choice>,
}

impl Point {
    fn done(&self) -> &Choice {
        &self.choices[self.taken]
    }

    /// The choices that sleep after this point.
    fn asleep_after(&self) -> Vec<Choice> {
        let tried = self.tried.iter().filter(|at| **at != self.taken);
        let tried = tried.map(|at| &self.choices[*at]);
        let asleep = self.asleep.iter().chain(tried);
        asleep.filter(|choice| choice.commutes_with(self.done())).cloned().collect()
    }

    /// The choice that must be tried next.
    fn next(&self) -> Option<usize> {
        let mut left = self.planned.difference(&self.tried).copied();
        left.find(|at| !self.asleep.contains(&self.choices[*at]))
    }
}

/// The timeout of the function for each request: enough for a Delete to look a few times.
const LASTING: Duration = Duration::from_secs(30);

/// The most orders of one case that are played. A case that has more of them is not explored in full,
/// and says so.
const MOST_ORDERS: usize = 150;

/// Plays the orders of a case.
pub fn explore(case: &Case) -> Figures {
    let mut figures = Figures::default();
    let mut run = Vec::new();
    loop {
        if figures.orders + figures.alike == MOST_ORDERS {
            figures.bounded = true;
            return figures;
        }
        play(1, walk(case, &mut run, &mut figures));
        figures.longest = figures.longest.max(run.len());
        plan(&mut run);
        // Back to the last point where something is left to be tried.
        loop {
            let Some(point) = run.last_mut() else {
                return figures;
            };
            if let Some(next) = point.next() {
                point.tried.insert(next);
                point.taken = next;
                break;
            }
            run.pop();
        }
    }
}

/// Plans, for every two calls of a run that race, a run in which the second comes first.
fn plan(run: &mut [Point]) {
    for (first, second) in races(run) {
        let second = run[second].done().clone();
        let point = &mut run[first];
        let of_same_actor = |choice: &&Choice| choice.actor() == second.actor();
        let instead = point
            .choices
            .iter()
            .find(|choice| **choice == second)
            .or_else(|| point.choices.iter().find(of_same_actor))
            .or_else(|| point.choices.iter().find(|choice| **choice == Choice::Wait));
        let instead = instead.and_then(|wanted| point.choices.iter().position(|c| c == wanted));
        point.planned.extend(instead);
    }
}

/// The pairs of calls that race and are not in order anyway, by way of calls between them.
fn races(run: &[Point]) -> Vec<(usize, usize)> {
    let done = |at: usize| run[at].done();
    let mut races = Vec::new();
    // For each call, the calls that had to come before it.
    let mut causes: Vec<BTreeSet<usize>> = Vec::new();
    for second in 0..run.len() {
        // The calls that its own actor had finished before it made this call. The calls that run side
        // by side with it are not among them.
        let waiting = (0..second).rev();
        let made =
            second - waiting.take_while(|at| run[*at].choices.contains(done(second))).count();
        let own = (0..made).filter(|at| done(*at).actor() == done(second).actor());
        let racing = (0..second).filter(|at| done(*at).races_with(done(second)));
        let direct: BTreeSet<usize> = own.chain(racing).collect();
        let indirect: BTreeSet<usize> = direct.iter().flat_map(|at| causes[*at].clone()).collect();
        let immediate = direct.iter().filter(|at| !indirect.contains(at));
        let racing = immediate.filter(|at| done(**at).races_with(done(second)));
        races.extend(racing.map(|first| (*first, second)));
        causes.push(direct.union(&indirect).copied().collect());
    }
    races
}

/// The default among the choices that are awake, if none is planned: one that may as well come first,
/// then a choice of the previous actor.
fn default_choice(choices: &[Choice], asleep: &[Choice], before: Option<usize>) -> Option<usize> {
    let awake = |wanted: &dyn Fn(&Choice) -> bool| {
        choices.iter().position(|choice| !asleep.contains(choice) && wanted(choice))
    };
    awake(&Choice::is_free)
        .or_else(|| awake(&|choice| before.is_some() && choice.actor() == before))
        .or_else(|| awake(&|_| true))
}

/// Plays a run: as planned so far, and then on.
async fn walk(case: &Case, points: &mut Vec<Point>, figures: &mut Figures) {
    let clock = Clock::start();
    let stage = Stage::new(case.world.clone(), clock).lasting(LASTING);
    let began = clock.timestamp();
    let before = comparable(stage.world(), began);
    if let Some(operation) = case.refused {
        let refusal = Fault::error("OperationNotPermittedException", "not here");
        stage.aws.inject(operation, 1.., refusal);
    }
    let board = Board::default();
    let mut played: Vec<Option<Played>> = case.events.iter().map(|_| None).collect();
    let actors = case.events.iter().zip(&mut played).enumerate();
    let actors = actors.map(|(number, (event, played))| {
        let actor = act(number, &stage, &board, event);
        Box::pin(async move { *played = Some(actor.await) }) as LocalBoxFuture<'_, ()>
    });
    let mut at = 0;
    let mut last = None;
    let ended = run(actors.collect(), &board, |choices| {
        if at == points.len() {
            let asleep = points.last().map(Point::asleep_after).unwrap_or_default();
            let taken = default_choice(choices, &asleep, last)?;
            points.push(Point {
                asleep,
                choices: choices.to_vec(),
                taken,
                planned: BTreeSet::new(),
                tried: BTreeSet::from([taken]),
            });
        }
        let taken = points[at].taken;
        assert_eq!(points[at].choices, choices, "a run is the same each time");
        at += 1;
        last = choices[taken].actor();
        Some(taken)
    })
    .await;
    if !ended {
        figures.alike += 1;
        return;
    }
    figures.orders += 1;
    let played = played.into_iter().map(|played| played.expect("it ended"));
    let ended =
        Ended { world: comparable(stage.world(), began), before, played: played.collect(), stage };
    match ended.one_response_each().and_then(|()| (case.holds)(&ended)) {
        Ok(excepted) => figures.excepted += usize::from(excepted),
        Err(problem) => {
            let story = points.iter().map(|point| describe(point.done()));
            let story: Vec<_> = story.chain(ended.played.iter().map(describe_response)).collect();
            let story = story.join("\n    ");
            figures.violations.push(format!("{}: {problem}\n    {story}", case.name));
        }
    }
}

/// One invocation: of the first request at once, of the others whenever the scheduler likes.
async fn act(number: usize, stage: &Stage, board: &Board, event: &Event) -> Played {
    if number > 0 {
        board.park(number, ARRIVAL).await;
    }
    let wire = Wire::new(stage.aws.clone(), stage.endpoint.clone(), stage.clock);
    let event = addressed(event, stage.clock);
    stage.deliver_through(wire.gated(board.gate(number)), event).await
}

fn describe(choice: &Choice) -> String {
    match choice {
        Choice::Wait => "time passes".to_owned(),
        Choice::Call { actor, call } => {
            let call = call.split(' ').next().unwrap_or_default();
            format!("{}: {call}", actor + 1)
        }
    }
}

fn describe_response(played: &Played) -> String {
    let kind = played.event.text("RequestType").unwrap_or_default();
    match played.responses.first() {
        Some(response) => format!("{kind} received {}", response.json()),
        None => format!("{kind} received no response: {:?}", played.outcome),
    }
}

impl Ended {
    fn one_response_each(&self) -> Result<(), String> {
        for played in &self.played {
            let kind = played.event.text("RequestType").unwrap_or_default();
            let [response] = played.responses.as_slice() else {
                return Err(format!("{} responses to {kind}", played.responses.len()));
            };
            let faults = response.faults(Some(played.event.value()));
            if !faults.is_empty() || !matches!(played.outcome, Some(Ok(()))) {
                return Err(format!("{kind}: {faults:?} {:?}", played.outcome));
            }
        }
        Ok(())
    }
}
