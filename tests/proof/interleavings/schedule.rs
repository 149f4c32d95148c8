//! A scheduler over the real code: every call to AWS waits until it is let through, one at a time, and
//! time passes only when the scheduler lets it.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use futures_util::future::{BoxFuture, LocalBoxFuture, poll_fn};
use tokio::{sync::oneshot, task::yield_now, time::Instant};

use crate::{states::OTHER_TRAILS, wire::Gate};

/// The time for which a call may last while others are let through. The function itself gives up
/// on an attempt after 20 seconds.
const SLOWEST_CALL: Duration = Duration::from_secs(12);

/// The name of the call that stands for the arrival of a request.
pub const ARRIVAL: &str = "Arrival";

/// The next action of the scheduler.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice {
    /// Let this call of this actor's take effect.
    Call { actor: usize, call: String },
    /// Let time pass until an actor has waited long enough.
    Wait,
}

impl Choice {
    /// The actor that makes the call.
    pub fn actor(&self) -> Option<usize> {
        match self {
            Self::Call { actor, .. } => Some(*actor),
            Self::Wait => None,
        }
    }

    /// True if it matters which of two calls of different actors comes first: it does where they are
    /// about the same aspect of a trail and one of them changes it.
    pub fn races_with(&self, other: &Self) -> bool {
        let (Self::Call { actor, call }, Self::Call { actor: others, call: others_call }) =
            (self, other)
        else {
            // Time itself does not race. The calls that follow it do.
            return false;
        };
        actor != others && !may_change_places(call, others_call)
    }

    /// True if the result is the same when the two change places. An invocation does not depend on the
    /// order of the responses to reads that it makes side by side.
    pub fn commutes_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Call { call, .. }, Self::Call { call: other, .. }) => {
                may_change_places(call, other)
            }
            (Self::Wait, _) | (_, Self::Wait) => false,
        }
    }

    /// True if it races with nothing that may ever come, so that it may as well come first.
    pub fn is_free(&self) -> bool {
        matches!(self, Self::Call { call, .. } if aspects(call).is_empty())
    }
}

/// An aspect of a trail that calls read and change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aspect {
    Configuration,
    Recording,
    Logging,
    Tags,
}

/// The aspects that a call sees or changes; none of one whose response is always the same.
fn aspects(call: &str) -> &'static [Aspect] {
    use Aspect::{Configuration, Logging, Recording, Tags};
    let (operation, input) = call.split_once(' ').unwrap_or((call, ""));
    let is_of_others = OTHER_TRAILS.iter().any(|name| input.contains(name));
    match operation {
        // The other trails are only described, in an attribute, and no request changes them.
        "GetTrail" | "GetEventSelectors" if is_of_others => &[],
        "DescribeOrganization" | "ListTrails" | ARRIVAL => &[],
        "UpdateTrail" | "GetTrail" => &[Configuration],
        "PutEventSelectors"
        | "GetEventSelectors"
        | "PutInsightSelectors"
        | "GetInsightSelectors"
        | "PutEventConfiguration"
        | "GetEventConfiguration" => &[Recording],
        "StartLogging" | "StopLogging" | "GetTrailStatus" => &[Logging],
        "AddTags" | "RemoveTags" | "ListTags" => &[Tags],
        // The existence of a trail concerns all aspects.
        _ => &[Configuration, Recording, Logging, Tags],
    }
}

fn may_change_places(one: &str, other: &str) -> bool {
    let both_look = is_look(one) && is_look(other);
    let apart = !aspects(one).iter().any(|aspect| aspects(other).contains(aspect));
    // To set the same thing twice is to set it once; to make or remove it twice is an error.
    let the_same =
        one == other && !one.starts_with("CreateTrail") && !one.starts_with("DeleteTrail");
    both_look || apart || the_same
}

fn is_look(call: &str) -> bool {
    ["Get", "List", "Describe"].iter().any(|verb| call.starts_with(verb)) || call == ARRIVAL
}

/// A call that waits to be let through.
struct Parked {
    actor: usize,
    call: String,
    since: Instant,
    pass: oneshot::Sender<()>,
}

/// The calls that wait.
#[derive(Clone, Default)]
pub struct Board(Arc<Mutex<Vec<Parked>>>);

impl Board {
    /// The gate that an actor's calls go through.
    pub fn gate(&self, actor: usize) -> Arc<dyn Gate> {
        Arc::new(ActorsGate { actor, board: self.clone() })
    }

    /// Waits to be let through, as a call would.
    pub fn park(&self, actor: usize, call: &str) -> BoxFuture<'static, ()> {
        let (pass, passed) = oneshot::channel();
        self.lock().push(Parked { actor, call: call.to_owned(), since: Instant::now(), pass });
        Box::pin(async { passed.await.expect("the board outlives its actors") })
    }

    /// The possible next actions, in an order that is the same in every run.
    fn choices(&self, running: &[bool]) -> Vec<Choice> {
        let mut parked = self.lock();
        // The function has given up on a call whose future it dropped.
        parked.retain(|parked| !parked.pass.is_closed());
        let calls = parked
            .iter()
            .map(|parked| Choice::Call { actor: parked.actor, call: parked.call.clone() });
        let mut choices: Vec<Choice> = calls.collect();
        choices.sort();
        let waits = |actor| !parked.iter().any(|parked| parked.actor == actor);
        let an_actor_waits = (0..running.len()).any(|actor| running[actor] && waits(actor));
        // That a look is slow is the same as that it is made later.
        let only_changes = !parked.iter().any(|parked| is_look(&parked.call));
        let patient = parked.iter().all(|parked| parked.since.elapsed() < SLOWEST_CALL);
        if choices.is_empty() || an_actor_waits && only_changes && patient {
            choices.push(Choice::Wait);
        }
        choices
    }

    /// The actors that wait, each with its call and the time since which it waits.
    fn calls(&self) -> Vec<(usize, String, Instant)> {
        let mut parked = self.lock();
        parked.retain(|parked| !parked.pass.is_closed());
        let calls = parked.iter();
        calls.map(|parked| (parked.actor, parked.call.clone(), parked.since)).collect()
    }

    fn let_through(&self, choice: &Choice) {
        let Choice::Call { actor, call } = choice else {
            return;
        };
        let mut parked = self.lock();
        let wanted = |parked: &Parked| parked.actor == *actor && parked.call == *call;
        if let Some(at) = parked.iter().position(wanted) {
            // The receiver is gone if the function gave up on the call meanwhile.
            parked.remove(at).pass.send(()).ok();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Parked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct ActorsGate {
    actor: usize,
    board: Board,
}

impl Gate for ActorsGate {
    fn pass(&self, call: &str) -> BoxFuture<'static, ()> {
        self.board.park(self.actor, call)
    }
}

/// Wakes an actor, and the scheduler where it sleeps.
#[derive(Default)]
struct Alarm {
    rung: AtomicBool,
    scheduler: Mutex<Option<Waker>>,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::SeqCst);
        let scheduler = self.scheduler.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waker) = scheduler.as_ref() {
            waker.wake_by_ref();
        }
    }
}

/// An invocation among others.
struct Actor<'a> {
    future: Option<LocalBoxFuture<'a, ()>>,
    alarm: Arc<Alarm>,
}

/// Runs actors to the end, or until `choose` does not choose. Says whether it came to the end.
pub async fn run(
    actors: Vec<LocalBoxFuture<'_, ()>>,
    board: &Board,
    mut choose: impl FnMut(&[Choice]) -> Option<usize>,
) -> bool {
    let mut actors: Vec<Actor<'_>> = actors
        .into_iter()
        .map(|future| {
            let alarm = Arc::new(Alarm::default());
            alarm.rung.store(true, Ordering::SeqCst);
            Actor { future: Some(future), alarm }
        })
        .collect();
    loop {
        settle(&mut actors).await;
        let running: Vec<bool> = actors.iter().map(|actor| actor.future.is_some()).collect();
        if !running.contains(&true) {
            return true;
        }
        let choices = board.choices(&running);
        let Some(choice) = choose(&choices) else {
            return false;
        };
        let before = board.calls();
        match &choices[choice] {
            // The clock goes in small steps; those after which no actor has moved do not matter.
            Choice::Wait => loop {
                pass_time(&actors).await;
                settle(&mut actors).await;
                let now: Vec<bool> = actors.iter().map(|actor| actor.future.is_some()).collect();
                if now != running || board.calls() != before {
                    break;
                }
            },
            call @ Choice::Call { .. } => board.let_through(call),
        }
    }
}

/// Polls the actors until none of them can go on.
async fn settle(actors: &mut [Actor<'_>]) {
    loop {
        let mut went_on = false;
        for (number, actor) in actors.iter_mut().enumerate() {
            if !actor.alarm.rung.swap(false, Ordering::SeqCst) {
                continue;
            }
            went_on = true;
            // The random numbers of an actor must not depend on how many another one drew.
            fastrand::seed(number as u64);
            let waker = Waker::from(Arc::clone(&actor.alarm));
            let mut context = Context::from_waker(&waker);
            if let Some(future) = &mut actor.future
                && future.as_mut().poll(&mut context).is_ready()
            {
                actor.future = None;
            }
        }
        if !went_on {
            return;
        }
        // The clock stands still meanwhile: the runtime is not idle.
        yield_now().await;
    }
}

/// Lets the clock jump to the time at which an actor has waited long enough.
async fn pass_time(actors: &[Actor<'_>]) {
    poll_fn(|context| {
        for actor in actors {
            let scheduler = &actor.alarm.scheduler;
            *scheduler.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(context.waker().clone());
        }
        let rung = |actor: &Actor<'_>| actor.alarm.rung.load(Ordering::SeqCst);
        if actors.iter().any(rung) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
