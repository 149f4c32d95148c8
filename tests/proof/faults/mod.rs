//! Every call of every flow, failing in every way.

pub mod course;
pub mod deliveries;
mod enumerate;
pub mod flow;
mod inject;
mod next;
pub mod switches;
pub mod trails;

use std::collections::BTreeSet;

use flow::Flow;
use orgtrail::domain::operation::Operation;

use crate::table::{Table, side_by_side};

/// Plays these flows, prints a table, and fails for what should have held and did not.
fn prove(title: &str, flows: &[Flow]) {
    let figures = side_by_side(flows, enumerate::enumerate);
    let mut table = Table::new([title, "calls", "combinations", "held", "answered SUCCESS"]);
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

/// A call that no flow makes would be one that is never made to fail.
#[test]
fn the_flows_make_every_call_that_the_function_can_make() {
    let flows = [
        trails::creates(),
        trails::updates(),
        trails::deletes(),
        switches::trusted_access(),
        switches::delegated_administrators(),
        deliveries::all(),
    ]
    .concat();
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
