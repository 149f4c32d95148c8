//! The flows, each with the least that it needs.

mod deliveries;
mod refused;
mod switches;
mod trails;

use super::graph::Least;
use crate::faults::flow::Flow;

/// A flow and the least that it needs.
#[derive(Clone)]
pub struct Case {
    pub flow: Flow,
    pub least: Least,
    /// Whether the request succeeds.
    pub succeeds: bool,
}

impl Case {
    fn new(flow: Flow, need: impl FnOnce(&mut Least)) -> Self {
        let mut least = Least::default();
        need(&mut least);
        Self {
            flow,
            least,
            succeeds: true,
        }
    }

    /// A flow that calls nobody.
    fn without_calls(flow: Flow) -> Self {
        Self::new(flow, |_| {})
    }

    /// The same, answered FAILED.
    fn refused(mut self) -> Self {
        self.succeeds = false;
        self
    }
}

/// Flows of one kind.
pub struct Chapter {
    pub title: &'static str,
    pub cases: Vec<Case>,
}

/// All of them.
pub fn all() -> Vec<Chapter> {
    let chapter = |title, cases| Chapter { title, cases };
    vec![
        chapter("`Custom::OrgTrustedAccess`", switches::trusted_access()),
        chapter("`Custom::OrgTrail`, Create", trails::creates()),
        chapter("`Custom::OrgTrail`, Update", trails::updates()),
        chapter("`Custom::OrgTrail`, Delete", trails::deletes()),
        chapter(
            "`Custom::OrgDelegatedAdministrator`",
            switches::delegated_administrators(),
        ),
        chapter("`Custom::OrgTrailDelivery`", deliveries::all()),
        chapter("Requests that are refused", refused::all()),
    ]
}
