//! The PUT of the response under network faults.

use std::{collections::BTreeSet, time::Duration};

use orgtrail::handler::NoResponse;
use simulator::{
    aws::World,
    cloudformation::{
        Event,
        Reaction::{self, Delay, Hang, LostReply, Redirect, Reset, Status},
        Response,
    },
};

use crate::{
    requests::{addressed, request},
    stage::{Clock, LASTING, Stage, play},
    states::{base, plain},
    support::{OrgTrail, TRAIL_ARN},
    table::Table,
};

/// The reactions to the PUTs of one response: to the first of them, and to all that follow.
struct Trial {
    name: &'static str,
    next: Vec<Reaction>,
    afterwards: Reaction,
    /// The required number of PUTs; `None`: as many as there is time for.
    puts: Option<usize>,
    /// True if the function returns a success to Lambda.
    delivered: bool,
}

/// These reactions to the first PUTs; the next one is stored.
fn once<const N: usize>(name: &'static str, next: [Reaction; N]) -> Trial {
    Trial { next: next.into(), ..always(name, Status(200), N + 1, true) }
}

/// The same reaction to every PUT.
fn always(name: &'static str, afterwards: Reaction, puts: usize, delivered: bool) -> Trial {
    Trial { name, next: Vec::new(), afterwards, puts: Some(puts), delivered }
}

/// A reaction that takes longer than the function waits, to every PUT.
fn in_vain(name: &'static str, afterwards: Reaction) -> Trial {
    Trial { puts: None, ..always(name, afterwards, MOST, false) }
}

/// The most attempts at a response.
const MOST: usize = 6;

fn trials() -> [Trial; 27] {
    let seconds = |seconds| Delay(Duration::from_secs(seconds));
    let elsewhere = |status| Redirect(status, "https://elsewhere.example.com/".to_owned());
    [
        always("200", Status(200), 1, true),
        always("204", Status(204), 1, true),
        always("400, always", Status(400), 1, false),
        always("403, always (expired URL)", Status(403), 1, false),
        always("404, always", Status(404), 1, false),
        once("429, once", [Status(429)]),
        always("429, always", Status(429), MOST, false),
        once("500, once", [Status(500)]),
        once("500, 503, then 200", [Status(500), Status(503)]),
        always("500, always", Status(500), MOST, false),
        once("503, once", [Status(503)]),
        always("503, always", Status(503), MOST, false),
        Trial { next: vec![Status(503)], ..always("503, then 403", Status(403), 2, false) },
        always("301 to another host", elsewhere(301), 1, false),
        always("302 to another host", elsewhere(302), 1, false),
        always("303 to another host", elsewhere(303), 1, false),
        always("307 to another host", elsewhere(307), 1, false),
        always("308 to another host", elsewhere(308), 1, false),
        once("reset before it is stored, once", [Reset]),
        always("reset before it is stored, always", Reset, MOST, false),
        once("reset after it is stored, once", [LostReply]),
        always("reset after it is stored, always", LostReply, MOST, false),
        once("no response, once", [Hang]),
        in_vain("no response, always", Hang),
        always("read slowly: 4 s", seconds(4), 1, true),
        once("read too slowly, once: 6 s", [seconds(6)]),
        in_vain("read too slowly, always: 6 s", seconds(6)),
    ]
}

/// The requests whose responses are sent: each kind, successes and failures.
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
fn a_response_arrives_once_or_lambda_retries() {
    let mut table = Table::new(["what becomes of the PUT", "requests", "PUTs", "stored"]);
    for trial in trials() {
        let requests = requests();
        let (mut puts, mut stored) = (0, 0);
        for (world, event) in &requests {
            let sent = play(1, meet(&trial, world, event));
            puts += sent.len();
            stored += sent.iter().filter(|put| put.stored).count();
        }
        let lambda = if trial.delivered { "ok" } else { "an error" };
        let name = format!("{}; Lambda receives {lambda}", trial.name);
        table.row(&name, &[requests.len(), puts, stored]);
    }
    table.print();
}

/// Sends one request whose response meets this. If the function returned an error, Lambda repeats the
/// event, so this does the same.
async fn meet(trial: &Trial, world: &World, event: &Event) -> Vec<Response> {
    let clock = Clock::start();
    let stage = Stage::new(world.clone(), clock);
    stage.endpoint.react(trial.next.clone());
    stage.endpoint.always_react(trial.afterwards.clone());
    let event = addressed(event, clock);
    let played = stage.deliver(event.clone()).await;
    let puts = stage.endpoint.responses();
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
    let bodies: BTreeSet<_> = puts.iter().map(|put| put.body.clone()).collect();
    let targets: BTreeSet<_> = puts.iter().map(|put| put.target.clone()).collect();
    assert_eq!((bodies.len(), targets.len()), (1, 1), "{what}");
    for put in &puts {
        put.assert_well_formed(event.value());
    }
    if !trial.delivered {
        stage.endpoint.always_react(Status(200));
        let again = stage.deliver(event).await;
        assert!(matches!(again.outcome, Some(Ok(()))), "{what}: {:?}", again.outcome);
        let last = again.responses.last().expect("an response");
        for field in ["Status", "PhysicalResourceId", "Data"] {
            assert_eq!(last.json()[field], puts[0].json()[field], "{what}");
        }
    }
    puts
}

#[test]
fn a_create_after_the_timeout_changes_nothing() {
    play(1, async {
        let clock = Clock::start();
        let stage = Stage::new(plain(), clock);
        let event = addressed(&request("Create", OrgTrail).properties(base()), clock);
        // Lambda's queue may keep an event for hours; CloudFormation waits for the 300 seconds of
        // the template's ServiceTimeout.
        tokio::time::advance(Duration::from_secs(301)).await;
        let played = stage.deliver(event).await;
        assert!(!played.response().is_success());
        assert_eq!(stage.aws.mutating_calls(), []);
    });
}
