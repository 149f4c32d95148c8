//! Every call of every flow, failing in every way.

mod deliveries;
mod enumerate;
mod flow;
mod inject;
mod next;
mod switches;
mod trails;

use flow::Flow;

use crate::table::{Table, side_by_side};

/// Plays these flows, prints a table, and fails for what should have held and did not.
fn prove(title: &str, flows: &[Flow]) {
    let only = std::env::var("ONLY").unwrap_or_default();
    let flows: Vec<Flow> = flows
        .iter()
        .filter(|f| f.name.contains(&only))
        .cloned()
        .collect();
    let flows = &flows;
    let figures = side_by_side(flows, enumerate::enumerate);
    let mut table = Table::new([title, "calls", "combinations", "held", "answered SUCCESS"]);
    for (flow, figures) in flows.iter().zip(&figures) {
        let held = figures.combinations - figures.violations.len();
        table.row(
            flow.name,
            &[figures.calls, figures.combinations, held, figures.succeeded],
        );
    }
    table.print();
    let violations: Vec<&String> = figures.iter().flat_map(|f| &f.violations).collect();
    assert!(
        violations.is_empty(),
        "{} violations:\n{}",
        violations.len(),
        violations
            .iter()
            .map(|v| v.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    );
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
    prove(
        "Custom::OrgDelegatedAdministrator",
        &switches::delegated_administrators(),
    );
}

#[test]
fn delivery() {
    prove("Custom::OrgTrailDelivery", &deliveries::all());
}
