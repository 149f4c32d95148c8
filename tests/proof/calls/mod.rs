//! Every flow makes the least calls in the least round trips; `docs/calls.md` says so.

mod flows;
mod graph;
mod many;
mod measure;
mod page;

use flows::Case;
use graph::Round;
use measure::Course;

use crate::table::side_by_side;

/// What is wrong with what a flow made, if anything is.
fn problems(case: &Case, made: &Course) -> Vec<String> {
    let least = case.least.rounds();
    let figures = [
        ("calls", made.calls.len(), case.least.calls()),
        ("round trips", made.depth(), least.len()),
        // Nothing waits but for an answer.
        ("units of time", made.took, least.len()),
    ];
    let mut problems: Vec<String> = figures
        .into_iter()
        .filter(|(_, made, least)| made != least)
        .map(|(what, made, least)| format!("{made} {what}, of which {least} are needed"))
        .collect();
    if made.rounds() != least {
        problems.push(format!(
            "made {}, needed {}",
            page::rounds(&made.rounds()),
            page::rounds(&least)
        ));
    }
    if made.succeeded != case.succeeds {
        problems.push(format!("succeeded: {}", made.succeeded));
    }
    problems
}

/// All flows and what they made.
fn play_all() -> Vec<(&'static str, Vec<(Case, Course)>)> {
    let played = flows::all().into_iter().map(|chapter| {
        let courses = side_by_side(&chapter.cases, |case| Course::of(&case.flow));
        (
            chapter.title,
            chapter.cases.into_iter().zip(courses).collect(),
        )
    });
    played.collect()
}

#[test]
fn every_flow_makes_the_least_calls_in_the_least_round_trips() {
    let mut wrong = Vec::new();
    let chapters = play_all();
    for (title, played) in &chapters {
        for (case, made) in played {
            for problem in problems(case, made) {
                wrong.push(format!("{title}, {}: {problem}", case.flow.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    page::compare(&chapters);
}

#[test]
fn an_update_of_nothing_only_reads_and_all_at_once() {
    let cases = flows::all().into_iter().flat_map(|chapter| chapter.cases);
    let unchanged: Vec<Case> = cases
        .filter(|case| case.flow.name.contains("nothing changed"))
        .collect();
    let types: std::collections::BTreeSet<&str> = unchanged
        .iter()
        .map(|case| case.flow.resource_type().name())
        .collect();
    assert_eq!(types.len(), 4, "{types:?}");
    for case in unchanged {
        let made = Course::of(&case.flow);
        let reads = |name: &String| {
            ["Get", "List", "Describe"]
                .iter()
                .any(|verb| name.starts_with(verb))
        };
        let rounds = made.rounds();
        assert!(
            rounds.iter().flat_map(Round::keys).all(reads),
            "{}",
            case.flow.name
        );
        // What the gate lists, its other reads have to say.
        let gate = case.flow.resource_type() == crate::support::OrgTrailDelivery;
        assert!(made.depth() == 1 || gate, "{}", case.flow.name);
    }
}

#[test]
fn a_call_too_many_or_too_late_is_found() {
    let all = flows::all();
    let case = |name: &str| {
        let cases = all.iter().flat_map(|chapter| &chapter.cases);
        let case = cases.into_iter().find(|case| case.flow.name == name);
        case.expect("a flow of this name").clone()
    };
    // A Create of a free name where a name that is taken was expected, and the opposite.
    let (free, taken) = (case("the name is free"), case("delivered again"));
    assert_eq!(
        problems(&free, &Course::of(&free.flow)),
        Vec::<String>::new()
    );
    let too_few = problems(&taken, &Course::of(&free.flow));
    assert!(too_few[0].starts_with("4 calls, of which 7"), "{too_few:?}");
    let too_many = problems(&free, &Course::of(&taken.flow));
    assert!(
        too_many[0].starts_with("7 calls, of which 4"),
        "{too_many:?}"
    );
    // As many calls, one of them later.
    let mut late = Course::of(&free.flow);
    for call in &mut late.calls[1..] {
        call.began += 1;
        call.ended += 1;
    }
    let late = problems(&free, &late);
    assert!(late[0].starts_with("4 round trips, of which 3"), "{late:?}");
}
