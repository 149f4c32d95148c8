//! Every call of every flow, failing in every way.

pub mod course;
pub mod deliveries;
mod enumerate;
pub mod flow;
mod inject;
mod next;
mod surroundings;
pub mod switches;
pub mod trails;

use std::collections::BTreeSet;

use flow::Flow;
use inject::Injection;
use orgtrail::domain::operation::Operation;
use simulator::aws::Call;

use crate::table::{Table, side_by_side};

/// Plays these flows with every fault, prints a table, and fails for what should have held and did
/// not.
fn prove(title: &str, flows: &[Flow]) {
    prove_with(title, flows, Injection::all);
}

fn prove_with(title: &str, flows: &[Flow], injections: fn(&[Call]) -> Vec<Injection>) {
    let figures = side_by_side(flows, |flow| enumerate::enumerate(flow, injections));
    let mut table = Table::new([title, "calls", "combinations", "held", "SUCCESS"]);
    for (flow, figures) in flows.iter().zip(&figures) {
        let held = figures.combinations - figures.violations.len();
        table.row(flow.name, &[figures.calls, figures.combinations, held, figures.succeeded]);
    }
    table.print();
    let violations: Vec<&String> = figures.iter().flat_map(|f| &f.violations).collect();
    assert!(
        violations.is_empty(),
        "{} combinations did not hold:\n{}",
        violations.len(),
        violations.iter().map(|v| v.as_str()).collect::<Vec<_>>().join("\n")
    );
}

fn all_flows() -> Vec<Flow> {
    [
        trails::creates(),
        trails::updates(),
        trails::deletes(),
        switches::trusted_access(),
        switches::delegated_administrators(),
        deliveries::all(),
    ]
    .concat()
}

/// A call that no flow makes would be one that is never made to fail.
#[test]
fn the_flows_make_every_call_of_the_function() {
    let flows = all_flows();
    let made = side_by_side(&flows, course::actions);
    let made: BTreeSet<String> = made.into_iter().flatten().collect();
    // tests/permissions.rs holds that the templates allow these and what AWS asks for besides.
    let known = Operation::ALL.iter().map(|operation| operation.action());
    assert_eq!(made, known.collect());
}

#[test]
fn creates_of_trails() {
    prove("Create of a trail", &trails::creates());
}

#[test]
fn updates_of_trails() {
    prove("Update of a trail", &trails::updates());
}

#[test]
fn deletes_of_trails() {
    prove("Delete of a trail", &trails::deletes());
}

#[test]
fn trusted_access() {
    prove("Custom::OrgTrustedAccess", &switches::trusted_access());
}

#[test]
fn delegated_administrators() {
    prove("Custom::OrgDelegatedAdministrator", &switches::delegated_administrators());
}

#[test]
fn delivery() {
    prove("Custom::OrgTrailDelivery", &deliveries::all());
}

/// Flows that together make each call that changes something, and each that reads.
fn representative() -> Vec<Flow> {
    let named = |flows: Vec<Flow>, names: &[&str]| -> Vec<Flow> {
        let named: Vec<Flow> =
            flows.into_iter().filter(|flow| names.contains(&flow.name)).collect();
        assert_eq!(named.len(), names.len(), "{names:?}");
        named
    };
    [
        named(trails::creates(), &["of a free name, with everything"]),
        named(
            trails::updates(),
            &["of every property", "that stops logging", "that takes every property away"],
        ),
        named(trails::deletes(), &["of its own", "of what it adopted", "of a canceled Create"]),
        named(switches::trusted_access(), &["Create: enable", "Delete: Disable"]),
        named(
            switches::delegated_administrators(),
            &[
                "Create: with CloudTrail",
                "Create: with Organizations",
                "Delete: with CloudTrail",
                "Delete: with Organizations",
            ],
        ),
        named(deliveries::all(), &["Create: All"]),
    ]
    .concat()
}

#[test]
fn declared_errors() {
    prove_with("Errors that the SDK declares", &representative(), Injection::declared);
}

/// A Delete with a generated ID succeeds although its account sees no trail, so it has no place here.
#[test]
fn accounts_that_stop_seeing_trails() {
    let flows = [trails::creates(), trails::updates(), trails::deletes()].concat();
    let flows: Vec<Flow> = flows.into_iter().filter(Flow::sees_trails_by_delegation).collect();
    assert!(flows.len() >= 2, "{} flows", flows.len());
    prove_with("Account that stops seeing trails", &flows, Injection::invisible);
}

/// A Region need not offer a feature that the template does not use.
#[test]
fn regions_without_optional_features() {
    let flows = all_flows().into_iter().filter(Flow::asks_for_no_optional_feature);
    let flows: Vec<Flow> = flows.collect();
    assert!(flows.len() > 40, "{} flows", flows.len());
    let problems = side_by_side(&flows, enumerate::differences_without_features).concat();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
