//! Requests that run at the same time, and the conditions that must hold in the end.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{aws::Trail, cloudformation::Event};

use super::explore::{Case, Ended, explore};
use crate::{
    requests::request,
    states::{base, plain},
    support::{
        GENERATED, OrgTrail, SENTINEL, TRAIL_ARN, adopted, adopting, ours, stack_tag,
        trail_properties, unowned,
    },
    table::{Table, side_by_side},
};

/// A stack besides the one that all other requests are from.
const SECOND_STACK: &str = "second-stack/9e2f1b31-c85d-11f0-a1b2-0a58a9feac03";

fn create(properties: Value) -> Event {
    request("Create", OrgTrail).properties(properties)
}

fn update(old: Value, new: Value) -> Event {
    request("Update", OrgTrail)
        .with("PhysicalResourceId", TRAIL_ARN)
        .old_properties(old)
        .properties(new)
}

fn delete(id: &str) -> Event {
    request("Delete", OrgTrail).with("PhysicalResourceId", id).properties(base())
}

/// The request as another stack's.
fn of_second_stack(event: Event) -> Event {
    let stack_id = format!("arn:aws:cloudformation:eu-west-1:111111111111:stack/{SECOND_STACK}");
    event.with("StackId", stack_id)
}

fn with_selectors() -> Value {
    trail_properties(json!({ "EventSelectors": [{ "ReadWriteType": "WriteOnly" }] }))
}

impl Ended {
    fn succeeded(&self, number: usize) -> bool {
        self.played[number].response().is_success()
    }

    /// The trail that everything is about.
    fn trail(&self) -> Option<&Trail> {
        self.world.trail(TRAIL_ARN)
    }

    /// The others are as they were.
    fn foreign_untouched(&self) -> Result<(), String> {
        let others = |world: &simulator::aws::World| -> Vec<Trail> {
            let others = world.trails.iter().filter(|trail| trail.arn() != TRAIL_ARN);
            others.cloned().collect()
        };
        check(others(&self.world) == others(&self.before), "another trail was touched")
    }

    /// When a call took effect for the first time, counted in calls.
    fn first(&self, operation: &str) -> Option<usize> {
        let calls = self.stage.aws.calls();
        calls.iter().position(|call| call.operation == operation && call.took_effect())
    }

    /// The time of the last look for the trail's marks, counted in calls. The Delete makes it, because
    /// the Create finds no trail to look at.
    fn last_look(&self) -> Option<usize> {
        let calls = self.stage.aws.calls();
        calls.iter().rposition(|call| call.operation == "ListTags")
    }
}

fn check(holds: bool, problem: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem.to_owned()) }
}

fn owner(trail: &Trail) -> Option<&str> {
    trail.tags.get("OrgTrail/Stack").map(String::as_str)
}

/// A canceled Create: nothing is left, unless it was made after the Delete had looked for as long as
/// it does.
fn nothing_left(ended: &Ended) -> Result<bool, String> {
    ended.foreign_untouched()?;
    check(ended.succeeded(1), "the Delete failed")?;
    if ended.trail().is_none() {
        return Ok(false);
    }
    let too_late = ended.first("CreateTrail") > ended.last_look();
    check(too_late, "a trail is left that the Delete could have observed")?;
    // The time that a function with this Timeout has for it, less the longest wait between two looks.
    let patient = ended.played[1].took >= Duration::from_secs(12);
    check(patient, "a trail is left that the Delete had the time to wait for")?;
    Ok(true)
}

/// Two deliveries of one Create or Update: one trail, as desired, and the same response twice.
fn as_if_once(ended: &Ended) -> Result<bool, String> {
    ended.foreign_untouched()?;
    let [one, other] = [0, 1].map(|number| ended.played[number].response());
    check(one.is_success() && other.is_success(), "one of them failed")?;
    check(one.json()["Data"] == other.json()["Data"], "the responses differ")?;
    check(one.physical_id() == other.physical_id(), "the IDs differ")?;
    let trail = ended.world.trail(one.physical_id());
    let trail = trail.ok_or("there is no trail")?;
    check(trail.is_logging, "it does not log")?;
    check(owner(trail) == Some(&stack_tag()), "it is not ours")?;
    Ok(false)
}

/// Two stacks that want one name: one has it, and the other knows that it has not.
fn one_owner(ended: &Ended) -> Result<bool, String> {
    ended.foreign_untouched()?;
    let believers = [(0, stack_tag()), (1, SECOND_STACK.to_owned())];
    let believers: Vec<_> = believers
        .into_iter()
        .filter(|(number, _)| ended.succeeded(*number))
        .map(|(_, stack)| stack)
        .collect();
    let [believer] = believers.as_slice() else {
        return Err(format!("{} of them believe that they own it", believers.len()));
    };
    let trail = ended.trail().ok_or("there is no trail")?;
    check(owner(trail) == Some(believer), "it is marked as the other's")?;
    check(trail.is_logging, "it does not log")?;
    let loser = (0..2).find(|number| !ended.succeeded(*number)).expect("one failed");
    let id = ended.played[loser].response().physical_id();
    check(id == SENTINEL, "the loser's Delete would look at the trail")?;
    Ok(false)
}

/// A Create that is refused at its end, twice at the same time: nothing is left.
fn both_cleaned_up(ended: &Ended) -> Result<bool, String> {
    ended.foreign_untouched()?;
    check(!ended.succeeded(0) && !ended.succeeded(1), "one of them succeeded")?;
    let named = (0..2).any(|number| ended.played[number].response().physical_id() == TRAIL_ARN);
    check(ended.trail().is_none() || named, "a trail is left that no response names")?;
    Ok(ended.trail().is_some())
}

fn gone(ended: &Ended) -> Result<bool, String> {
    ended.foreign_untouched()?;
    check(ended.succeeded(0) && ended.succeeded(1), "one of them failed")?;
    check(ended.trail().is_none(), "the trail is there")?;
    Ok(false)
}

fn released(ended: &Ended) -> Result<bool, String> {
    ended.foreign_untouched()?;
    check(ended.succeeded(0) && ended.succeeded(1), "one of them failed")?;
    let trail = ended.trail().ok_or("the trail is gone")?;
    check(trail.is_logging && owner(trail).is_none(), "it was not released")?;
    Ok(false)
}

/// One stack releases or deletes a trail while another takes it over by its name.
fn second_has_it_or_knows(ended: &Ended) -> Result<bool, String> {
    ended.foreign_untouched()?;
    check(ended.succeeded(0), "the Delete failed")?;
    match ended.trail() {
        // The Delete had read its own tags before the other stack replaced them, and
        // CloudTrail has no condition to remove tags only if they are still the same. The trail
        // continues to log without an owner, and the second stack's next Update marks it again.
        Some(trail) if ended.succeeded(1) && owner(trail).is_none() => {
            check(ended.first("AddTags") < ended.first("RemoveTags"), "the mark is gone")?;
            check(trail.is_logging, "it does not log")?;
            return Ok(true);
        }
        Some(trail) if ended.succeeded(1) => {
            check(owner(trail) == Some(SECOND_STACK), "it is not the second stack's")?;
            check(trail.is_logging, "it does not log")?;
        }
        Some(trail) => check(owner(trail) != Some(SECOND_STACK), "a failure left its mark")?,
        // The same race with a Delete that deletes: the second stack's next Update makes it anew.
        None if ended.succeeded(1) => {
            let taken_over = ended.first("AddTags").expect("it was marked");
            let deleted = ended.first("DeleteTrail").expect("it was deleted");
            check(taken_over < deleted, "the second stack believes that it has it")?;
            return Ok(true);
        }
        None => {}
    }
    Ok(false)
}

fn cases() -> Vec<Case> {
    let case = |name, world, events: [Event; 2], holds| Case {
        name,
        world,
        events: events.into(),
        refused: None,
        holds,
    };
    let with = |trail| plain().with_trail(trail);
    let twice = |event: Event| [event.clone(), event];
    let renamed = trail_properties(json!({ "TrailName": "renamed" }));
    vec![
        case(
            "a Create is canceled",
            plain(),
            [create(with_selectors()), delete(GENERATED)],
            nothing_left,
        ),
        case("a Create is delivered twice", plain(), twice(create(with_selectors())), as_if_once),
        Case {
            refused: Some("StartLogging"),
            ..case(
                "a Create that is refused at its end is delivered twice",
                plain(),
                twice(create(base())),
                both_cleaned_up,
            )
        },
        case(
            "two stacks create one name",
            plain(),
            [create(base()), of_second_stack(create(base()))],
            one_owner,
        ),
        case(
            "one stack adopts a trail, another wants its name",
            with(unowned()),
            [create(adopting(base())), of_second_stack(create(base()))],
            one_owner,
        ),
        case(
            "an adoption is delivered twice",
            with(unowned()),
            twice(create(adopting(base()))),
            as_if_once,
        ),
        case(
            "an Update is delivered twice",
            with(ours()),
            twice(update(base(), with_selectors())),
            as_if_once,
        ),
        case(
            "a rename is delivered twice",
            with(ours()),
            twice(update(base(), renamed)),
            |ended| {
                let [one, other] = [0, 1].map(|number| ended.played[number].response());
                check(one.is_success() && other.is_success(), "one of them failed")?;
                check(one.physical_id() == other.physical_id(), "the IDs differ")?;
                check(ended.trail().is_some(), "the old trail is gone")?;
                Ok(false)
            },
        ),
        case("a Delete is delivered twice", with(ours()), twice(delete(TRAIL_ARN)), gone),
        case("a release is delivered twice", with(adopted()), twice(delete(TRAIL_ARN)), released),
        case(
            "one stack deletes a trail, another creates it",
            with(ours()),
            [delete(TRAIL_ARN), of_second_stack(create(base()))],
            second_has_it_or_knows,
        ),
        case(
            "one stack deletes a trail, another adopts it",
            with(ours()),
            [delete(TRAIL_ARN), of_second_stack(create(adopting(base())))],
            second_has_it_or_knows,
        ),
        case(
            "one stack releases a trail, another adopts it",
            with(adopted()),
            [delete(TRAIL_ARN), of_second_stack(create(adopting(base())))],
            second_has_it_or_knows,
        ),
    ]
}

#[test]
fn no_order_of_calls_breaks_a_promise() {
    let cases = cases();
    let found = side_by_side(&cases, explore);
    let mut table =
        Table::new(["at the same time", "orders", "held", "by exception", "given up as alike"]);
    for (case, figures) in cases.iter().zip(&found) {
        let held = figures.orders - figures.violations.len();
        let row = [figures.orders, held, figures.excepted, figures.alike];
        let bounded = if figures.bounded { " (not all)" } else { "" };
        table.row(&format!("{}{bounded}", case.name), &row);
    }
    table.print();
    let violations: Vec<&str> =
        found.iter().flat_map(|figures| figures.violations.iter().map(String::as_str)).collect();
    assert!(
        violations.is_empty(),
        "{} violations, such as:\n{}",
        violations.len(),
        violations.iter().take(5).copied().collect::<Vec<_>>().join("\n")
    );
}
