//! The PUT of the answer, meeting everything that can happen to it.

use std::{collections::BTreeSet, time::Duration};

use orgtrail::handler::NoResponse;
use simulator::{aws::World, cloudformation::Event};

use crate::{
    requests::{addressed, request},
    responses::{Put, Reaction},
    stage::{Clock, LASTING, Stage, Way, play},
    support::{OrgTrail, TRAIL_ARN},
    table::Table,
    worlds::{base, plain},
};

/// The reactions to the PUTs of one answer: to the first of them, and to all that follow.
struct Trial {
    name: &'static str,
    next: &'static [Reaction],
    afterwards: Reaction,
    /// The required number of PUTs; `None`: as many as there is time for.
    puts: Option<usize>,
    /// True if the function returns a success to Lambda.
    delivered: bool,
}

const STORED: Reaction = Reaction::Stored(200);

/// `once`: what happens to the first PUT; the second is stored.
const fn once(name: &'static str, next: &'static [Reaction], puts: usize) -> Trial {
    Trial { name, next, afterwards: STORED, puts: Some(puts), delivered: true }
}

/// The same reaction to every PUT.
const fn always(name: &'static str, afterwards: Reaction, puts: usize, delivered: bool) -> Trial {
    Trial { name, next: &[], afterwards, puts: Some(puts), delivered }
}

/// A reaction that takes longer than the function waits, to every PUT.
const fn in_vain(name: &'static str, afterwards: Reaction) -> Trial {
    Trial { puts: None, ..always(name, afterwards, MOST, false) }
}

/// The most attempts at an answer.
const MOST: usize = 6;

const TRIALS: [Trial; 27] = [
    always("200", STORED, 1, true),
    always("204", Reaction::Stored(204), 1, true),
    always("400, always", Reaction::Refused(400), 1, false),
    always("403, always (expired URL)", Reaction::Refused(403), 1, false),
    always("404, always", Reaction::Refused(404), 1, false),
    once("429, once", &[Reaction::Refused(429)], 2),
    always("429, always", Reaction::Refused(429), MOST, false),
    once("500, once", &[Reaction::Refused(500)], 2),
    once("500, 503, then 200", &[Reaction::Refused(500), Reaction::Refused(503)], 3),
    always("500, always", Reaction::Refused(500), MOST, false),
    once("503, once", &[Reaction::Refused(503)], 2),
    always("503, always", Reaction::Refused(503), MOST, false),
    Trial {
        name: "503, then 403",
        next: &[Reaction::Refused(503)],
        afterwards: Reaction::Refused(403),
        puts: Some(2),
        delivered: false,
    },
    always("301 to another host", Reaction::Redirected(301), 1, false),
    always("302 to another host", Reaction::Redirected(302), 1, false),
    always("303 to another host", Reaction::Redirected(303), 1, false),
    always("307 to another host", Reaction::Redirected(307), 1, false),
    always("308 to another host", Reaction::Redirected(308), 1, false),
    once("reset before it is stored, once", &[Reaction::Reset], 2),
    always("reset before it is stored, always", Reaction::Reset, MOST, false),
    once("reset after it is stored, once", &[Reaction::StoredAndLost], 2),
    always("reset after it is stored, always", Reaction::StoredAndLost, MOST, false),
    once("no answer, once", &[Reaction::Hung], 2),
    in_vain("no answer, always", Reaction::Hung),
    always("read slowly: 4 s", Reaction::Slow(Duration::from_secs(4)), 1, true),
    once("read too slowly, once: 6 s", &[Reaction::Slow(Duration::from_secs(6))], 2),
    in_vain("read too slowly, always: 6 s", Reaction::Slow(Duration::from_secs(6))),
];

/// The requests whose answers are sent: each kind, successes and failures.
fn requests() -> Vec<(World, Event)> {
    let create = || request("Create", OrgTrail).properties(base());
    let update =
        request("Update", OrgTrail).with("PhysicalResourceId", TRAIL_ARN).properties(base());
    let delete = request("Delete", OrgTrail).with("PhysicalResourceId", TRAIL_ARN);
    let refused = || plain().denying("cloudtrail:*");
    vec![
        (plain(), create()),
        (refused(), create()),
        (plain(), update.clone()),
        (refused(), update),
        (plain(), delete.clone()),
        (refused(), delete),
        (plain(), request("Create", OrgTrail).without_property("TrailName")),
    ]
}

#[test]
fn an_answer_arrives_once_or_lambda_is_told() {
    let mut table = Table::new(["what becomes of the PUT", "requests", "PUTs", "stored"]);
    for trial in &TRIALS {
        let requests = requests();
        let (mut puts, mut stored) = (0, 0);
        for (world, event) in &requests {
            let sent = play(1, meet(trial, world, event));
            puts += sent.len();
            stored += sent.iter().filter(|put| put.stored).count();
        }
        let lambda = if trial.delivered { "ok" } else { "an error" };
        let name = format!("{}; Lambda is told {lambda}", trial.name);
        table.row(&name, &[requests.len(), puts, stored]);
    }
    table.print();
}

/// Sends one request whose answer meets this. If the function returned an error, Lambda repeats the
/// event, so this does the same.
async fn meet(trial: &Trial, world: &World, event: &Event) -> Vec<Put> {
    let clock = Clock::start();
    let stage = Stage::new(world.clone(), clock, Way::Own);
    stage.responses.react(trial.next, trial.afterwards);
    let event = addressed(event, clock);
    let played = stage.deliver(event.clone()).await;
    let puts = stage.responses.puts();
    let what = format!("{}: {}", trial.name, event.value()["RequestType"]);

    assert!(played.took < LASTING, "{what} took {:?}", played.took);
    match &played.outcome {
        Some(Ok(())) => assert!(trial.delivered, "{what}"),
        Some(Err(NoResponse::Unsubmitted(problem))) => {
            assert!(!trial.delivered, "{what}: {problem}");
            let text = format!("{problem} {problem:?}");
            assert!(!text.contains("Signature") && !text.contains("https:"), "{text}");
        }
        other => panic!("{what}: {other:?}"),
    }
    let expected = trial.puts.map_or(2..=MOST, |puts| puts..=puts);
    assert!(expected.contains(&puts.len()), "{what}: {} PUTs", puts.len());

    // All PUTs have the same body, so the object has the same contents at any time.
    let bodies: BTreeSet<_> = puts.iter().map(|put| put.answer.body.clone()).collect();
    let targets: BTreeSet<_> = puts.iter().map(|put| put.answer.target.clone()).collect();
    assert_eq!((bodies.len(), targets.len()), (1, 1), "{what}");
    for put in &puts {
        put.answer.assert_well_formed(event.value());
    }
    if !trial.delivered {
        stage.responses.react(&[], STORED);
        let again = stage.deliver(event).await;
        assert!(matches!(again.outcome, Some(Ok(()))), "{what}: {:?}", again.outcome);
        let last = again.answers.last().expect("an answer");
        for field in ["Status", "PhysicalResourceId", "Data"] {
            assert_eq!(last.json()[field], puts[0].answer.json()[field], "{what}");
        }
    }
    puts
}

#[test]
fn a_create_after_the_timeout_changes_nothing() {
    play(1, async {
        let clock = Clock::start();
        let stage = Stage::new(plain(), clock, Way::Own);
        let event = addressed(&request("Create", OrgTrail).properties(base()), clock);
        // Lambda's queue may keep an event for hours; CloudFormation waits for the 300 seconds of
        // the template's ServiceTimeout.
        tokio::time::advance(Duration::from_secs(301)).await;
        let played = stage.deliver(event).await;
        assert!(!played.answer().is_success());
        assert_eq!(stage.aws.mutating_calls(), []);
    });
}
