//! Every call of a flow, failing in every way, and what must hold all the same.

use std::collections::BTreeSet;

use simulator::{
    aws::{Call, Trail, World},
    cloudformation::{Event, Response},
};
use tokio::time::{Duration, advance};

use super::{
    course::{Course, Reference, prepare},
    flow::Flow,
    inject::Injection,
};
use crate::{
    comparison::differences,
    requests::addressed,
    stage::{Clock, Played, play},
    support::{GENERATED, OrgTrail, OrgTrustedAccess, SENTINEL, stack_tag},
};

/// The findings of one flow.
#[derive(Debug, Default)]
pub struct Figures {
    /// Its calls when nothing fails.
    pub calls: usize,
    /// Combinations of a call, a way to fail, and once or from then on.
    pub combinations: usize,
    /// The number of them that succeeded despite the fault.
    pub succeeded: usize,
    /// The violated promises.
    pub violations: Vec<String>,
}

/// The findings after each world and response that a fault led to.
type Continued = Vec<((World, bool, String), Vec<String>)>;

/// Plays a flow with every fault that `injections` returns for its calls.
pub fn enumerate(flow: &Flow, injections: fn(&[Call]) -> Vec<Injection>) -> Figures {
    play(1, async {
        let clock = Clock::start();
        let world = prepare(flow, clock).await;
        let reference = Reference::of(flow, &world, clock).await;
        let clean = Course::begin(flow, &world, clock);
        clean.send(&flow.event).await;
        let calls = clean.stage.aws.calls();
        let mut figures = Figures { calls: calls.len(), ..Figures::default() };
        let mut continued = Continued::new();
        for injection in injections(&calls) {
            let mut found = Vec::new();
            let course = Course::begin(flow, &world, clock);
            let succeeded = course.check(&injection, &reference, &mut continued, &mut found).await;
            figures.combinations += 1;
            figures.succeeded += usize::from(succeeded);
            let place = format!("{} {}: {injection}", flow.kind(), flow.name);
            if !found.is_empty() {
                figures.violations.push(format!("{place}\n    {}", found.join("\n    ")));
            }
        }
        figures
    })
}

impl Course<'_> {
    /// Plays the flow with a fault, and both ways to go on from there. Says whether the flow itself
    /// succeeded.
    async fn check(
        &self,
        injection: &Injection,
        reference: &Reference,
        continued: &mut Continued,
        found: &mut Vec<String>,
    ) -> bool {
        let before = self.stage.world();
        injection.arm(&self.stage.aws);
        let event = addressed(&self.flow.event, self.stage.clock);
        let played = self.stage.deliver(event.clone()).await;
        if injection.is_about_the_caller() {
            self.stage.aws.world(|world| {
                world.delegated_administrators = before.delegated_administrators;
                world.accounts = before.accounts;
            });
        }
        advance(Duration::from_secs(10)).await;
        let Some(response) = well_responseed(&played, self.flow.lasting, found) else {
            return false;
        };
        if injection.is_temporary() && response.is_success() != reference.response.is_success() {
            found.push("a retry would have succeeded".to_owned());
        }
        self.check_foreign(reference, found);
        self.check_response(&response, reference, found);
        found.extend(injection.code().and_then(|code| self.lacks_advice(&response, code)));
        found.extend(self.check_continuations(event, &response, reference, continued).await);
        if !found.is_empty() {
            let (status, reason) = (&response.json()["Status"], response.reason());
            found.push(format!("responded {status} {} {reason:?}", response.physical_id()));
        }
        response.is_success()
    }

    /// The problem of the reason of a failure with a declared error.
    fn lacks_advice(&self, response: &Response, code: &str) -> Option<String> {
        let reason = response.reason();
        let is_about_it = !response.is_success() && reason.contains(&format!("({code}: "));
        let deletes = self.flow.kind() == "Delete";
        let unfit = ["Custom::", "Deploy again", "Create the"].iter();
        let unfit = unfit.filter(|part| deletes && reason.contains(**part)).count();
        (is_about_it && (!reason.contains("). ") || unfit > 0))
            .then(|| "the reason has no advice for this request".to_owned())
    }

    /// The following requests depend on the world and on the response, so each pair of them is continued
    /// once.
    async fn check_continuations(
        &self,
        event: Event,
        response: &Response,
        reference: &Reference,
        continued: &mut Continued,
    ) -> Vec<String> {
        let key = (self.comparable(), response.is_success(), response.physical_id().to_owned());
        if let Some((_, found)) = continued.iter().find(|(known, _)| *known == key) {
            return found.clone();
        }
        let mut found = Vec::new();
        self.check_repeat(event, response, reference, &mut found).await;
        if response.is_success() {
            self.check_rest_of_life(response, reference, &mut found).await;
        } else {
            self.check_after_failure(response, reference, &mut found).await;
        }
        continued.push((key, found.clone()));
        found
    }

    /// A success means the same as without a fault; a failure returns the right ID.
    fn check_response(&self, response: &Response, reference: &Reference, found: &mut Vec<String>) {
        let flow = self.flow;
        if response.is_success() {
            let knows_nothing = response.attribute("LogLocation") == Some("");
            let excused = flow.may_know_nothing && knows_nothing;
            if !excused {
                found.extend(different_response(response, &reference.response));
            }
            compare(&self.comparable(), &reference.ended, found);
            return;
        }
        let id = response.physical_id();
        if flow.kind() != "Create" {
            if id != flow.id() {
                found.push(format!("failed with the ID {id}"));
            }
        } else if id == SENTINEL {
            self.compare_after_failure(response, &self.comparable(), &reference.began, found);
        } else if flow.resource_type() == OrgTrail && !id.starts_with("arn:") {
            found.push(format!("failed with the ID {id}"));
        }
    }

    /// The same event again, without a fault, ends where it would have ended.
    async fn check_repeat(
        &self,
        event: Event,
        first: &Response,
        reference: &Reference,
        found: &mut Vec<String>,
    ) {
        let again = self.fork();
        let played = again.stage.deliver(event).await;
        let mut problems = Vec::new();
        if let Some(response) = well_responseed(&played, self.flow.lasting, &mut problems) {
            let expected = &reference.response;
            problems.extend(different_response(&response, expected));
            again.check_foreign(reference, &mut problems);
            if response.is_success() {
                compare(&again.comparable(), &reference.ended, &mut problems);
            } else {
                let (event, expected) = self.after_failure(&response, reference);
                again.send(&event).await;
                self.compare_after_failure(first, &again.comparable(), expected, &mut problems);
            }
        }
        label("the same event again", problems, found);
    }

    /// The request that CloudFormation sends after a failure, and the world that it must lead to.
    fn after_failure<'a>(
        &self,
        response: &Response,
        reference: &'a Reference,
    ) -> (Event, &'a World) {
        let flow = self.flow;
        match (flow.kind(), &reference.rolled_back) {
            ("Create", _) => (flow.deletion(response.physical_id()), &reference.began),
            ("Update", Some((_, back, _))) => (flow.rollback(flow.id()), back),
            _ => (flow.deletion(flow.id()), &reference.ended),
        }
    }

    /// After a success the stack lives on, and is deleted in the end.
    async fn check_rest_of_life(
        &self,
        response: &Response,
        reference: &Reference,
        found: &mut Vec<String>,
    ) {
        let mut problems = Vec::new();
        let rest = self.fork();
        for event in self.flow.rest_of_life(response) {
            rest.succeed(&event, &mut problems).await;
        }
        compare(&rest.comparable(), &reference.gone, &mut problems);
        label("deleted in the end", problems, found);
        if self.flow.kind() == "Create" && self.flow.resource_type() == OrgTrail {
            // The response was lost, and CloudFormation knows no ID.
            self.check_deletion(GENERATED, response, &reference.gone, found).await;
        }
    }

    /// After a failure: Delete of a Create, rollback of an Update, Delete of a Delete.
    async fn check_after_failure(
        &self,
        response: &Response,
        reference: &Reference,
        found: &mut Vec<String>,
    ) {
        match self.flow.kind() {
            "Create" => {
                let began = &reference.began;
                self.check_deletion(response.physical_id(), response, began, found).await;
                if self.flow.resource_type() == OrgTrail {
                    let gone = without_own(began.clone());
                    self.check_deletion(GENERATED, response, &gone, found).await;
                }
            }
            "Update" => self.check_rollback(response, reference, found).await,
            // A Delete that fails without a fault fails again.
            _ if reference.response.is_success() => {
                self.check_deletion(self.flow.id(), response, &reference.ended, found).await;
            }
            _ => {}
        }
    }

    async fn check_deletion(
        &self,
        id: &str,
        response: &Response,
        expected: &World,
        found: &mut Vec<String>,
    ) {
        let mut problems = Vec::new();
        let next = self.fork();
        next.succeed(&self.flow.deletion(id), &mut problems).await;
        self.compare_after_failure(response, &next.comparable(), expected, &mut problems);
        label(&format!("Delete of {id}"), problems, found);
    }

    /// Compares the worlds. An adopted trail may keep settings that the function could not restore,
    /// because the response reported it. It must still exist, log as before, and not be marked as this
    /// stack's, unless it was before.
    fn compare_after_failure(
        &self,
        response: &Response,
        observed: &World,
        expected: &World,
        found: &mut Vec<String>,
    ) {
        let mut expected = expected.clone();
        if self.flow.resource_type() == OrgTrustedAccess && self.flow.kind() == "Update" {
            // Enabled is the safe state: trusted access without an owner is never disabled.
            expected.trusted_access.extend(observed.trusted_access.clone());
        }
        let stopped = "false" == self.flow.event.value()["ResourceProperties"]["IsLogging"];
        if self.flow.kind() == "Update" && stopped {
            // Logging was stopped as the template wanted it, and started again by the rollback.
            for trail in expected.trails.iter_mut().filter(|trail| is_ours(trail)) {
                if let Some(now) = observed.trail(&trail.arn()) {
                    trail.start_logging_time = now.start_logging_time;
                    trail.stop_logging_time = now.stop_logging_time;
                }
            }
        }
        // A trail that an earlier delivery left incomplete is removed, if AWS shows it.
        let ours = expected.trails.iter().find(|trail| is_ours(trail));
        if ours.is_some_and(|trail| trail.start_logging_time.is_none())
            && *observed == without_own(expected.clone())
        {
            return;
        }
        if response.reason().contains("The rollback failed too") {
            for trail in &mut expected.trails {
                let Some(now) = observed.trail(&trail.arn()) else {
                    continue;
                };
                let adopted = self.flow.adopts == Some(trail.arn().as_str());
                let (ours, was_ours) = (is_ours(now), is_ours(trail));
                if (adopted || was_ours) && ours == was_ours {
                    *trail = Trail {
                        is_logging: trail.is_logging,
                        start_logging_time: trail.start_logging_time,
                        stop_logging_time: trail.stop_logging_time,
                        ..now.clone()
                    };
                }
            }
        }
        compare(observed, &expected, found);
    }

    async fn check_rollback(
        &self,
        failed: &Response,
        reference: &Reference,
        found: &mut Vec<String>,
    ) {
        let (expected, back, gone) = reference.rolled_back.as_ref().expect("of an Update");
        let mut problems = Vec::new();
        let next = self.fork();
        let played = next.send(&self.flow.rollback(self.flow.id())).await;
        if let Some(response) = well_responseed(&played, self.flow.lasting, &mut problems) {
            if response.is_success() != expected.is_success() {
                problems.push(format!("responded {}", response.json()));
            }
            self.compare_after_failure(failed, &next.comparable(), back, &mut problems);
            next.succeed(&self.flow.deletion_of_old(self.flow.id()), &mut problems).await;
            self.compare_after_failure(failed, &next.comparable(), gone, &mut problems);
        }
        label("rolled back", problems, found);
    }

    async fn succeed(&self, event: &Event, problems: &mut Vec<String>) {
        let played = self.send(event).await;
        if let Some(response) = well_responseed(&played, self.flow.lasting, problems)
            && !response.is_success()
        {
            problems.push(format!("failed: {}", response.reason()));
        }
    }

    /// Resources that existed before and do not concern the flow are unchanged throughout.
    fn check_foreign(&self, reference: &Reference, found: &mut Vec<String>) {
        let now = self.comparable();
        for trail in &reference.began.trails {
            let arn = trail.arn();
            if is_ours(trail) {
                continue;
            }
            let adopted = self.flow.adopts == Some(arn.as_str());
            let touching = self.stage.aws.calls().into_iter().filter(|call| {
                let named = ["Name", "TrailName", "ResourceId"].map(|name| &call.input[name]);
                let about = named.iter().any(|name| **name == arn.as_str());
                let allowed =
                    adopted && !["DeleteTrail", "StopLogging"].contains(&call.operation.as_str());
                call.is_mutating() && call.took_effect() && about && !allowed
            });
            for call in touching {
                found.push(format!("{} of {arn}", call.operation));
            }
            let there = now.trail(&arn);
            match there {
                None => found.push(format!("{arn} is gone")),
                Some(observed) if adopted => {
                    if !observed.is_logging || observed.stop_logging_time != trail.stop_logging_time
                    {
                        found.push(format!("{arn} does not log as it did"));
                    }
                }
                Some(observed) if observed != trail => found.push(format!("{arn} was changed")),
                Some(_) => {}
            }
        }
    }
}

/// Plays a flow in Regions without optional features, and returns what differs from the same flow in
/// others. The template must ask for none of them.
pub fn differences_without_features(flow: &Flow) -> Vec<String> {
    const READS: [&str; 4] = [
        "GetEventConfiguration",
        "GetEventDataStore",
        "GetInsightSelectors",
        "ListEventDataStores",
    ];
    play(1, async {
        let clock = Clock::start();
        let world = prepare(flow, clock).await;
        let reference = Reference::of(flow, &world, clock).await;
        let course = Course::begin(flow, &world.not_offering(&READS), clock);
        let response = course.send(&flow.event).await.response().clone();
        course.stage.aws.world(|world| world.not_offered.clear());
        let mut found = Vec::new();
        found.extend(different_response(&response, &reference.response));
        compare(&course.comparable(), &reference.ended, &mut found);
        let mut problems = Vec::new();
        label(&format!("{} {}", flow.kind(), flow.name), found, &mut problems);
        problems
    })
}

/// True if a trail bears the stack's mark.
fn is_ours(trail: &Trail) -> bool {
    trail.tags.get("OrgTrail/Stack") == Some(&stack_tag())
}

/// The world once the resource's own trails are deleted, and those that it adopted released.
fn without_own(mut world: World) -> World {
    world.trails.retain(|trail| !is_ours(trail) || trail.tags.contains_key("OrgTrail/Adopted"));
    for trail in world.trails.iter_mut().filter(|trail| is_ours(trail)) {
        trail.tags.retain(|key, _| !key.starts_with("OrgTrail/"));
    }
    world
}

/// The one response, well-formed and in time.
fn well_responseed(
    played: &Played,
    lasting: Duration,
    found: &mut Vec<String>,
) -> Option<Response> {
    if !matches!(played.outcome, Some(Ok(()))) {
        found.push(format!("the invocation ended with {:?}", played.outcome));
    }
    if played.took >= lasting {
        found.push(format!("it took {:?}", played.took));
    }
    let [response] = played.responses.as_slice() else {
        found.push(format!("{} responses", played.responses.len()));
        return None;
    };
    found.extend(response.faults(Some(played.event.value())));
    Some(response.clone())
}

const OTHERS: &str = "OtherOrganizationTrails";

/// The difference between two responses: in the status, or between two successes.
fn different_response(response: &Response, expected: &Response) -> Option<String> {
    let same = if response.is_success() {
        same_success(response, expected)
    } else {
        !expected.is_success()
    };
    (!same).then(|| format!("responded {}, not {}", response.json(), expected.json()))
}

fn same_success(response: &Response, expected: &Response) -> bool {
    let timeless = |response: &Response| {
        let mut data = response.json()["Data"].clone();
        for name in ["DateEnabled", "EvidenceSince", "LatestDeliveryTime", OTHERS] {
            if let Some(data) = data.as_object_mut() {
                data.remove(name);
            }
        }
        data
    };
    // A trail that cannot be read is left out, and never makes a request fail.
    let others = |response: &Response| -> BTreeSet<String> {
        response.attribute(OTHERS).unwrap_or_default().split(',').map(str::to_owned).collect()
    };
    let nothing = BTreeSet::from([String::new()]);
    expected.is_success()
        && (others(response) == nothing || others(response).is_subset(&others(expected)))
        && response.physical_id() == expected.physical_id()
        && timeless(response) == timeless(expected)
}

fn label(what: &str, problems: Vec<String>, found: &mut Vec<String>) {
    found.extend(problems.into_iter().map(|problem| format!("{what}: {problem}")));
}

fn compare(observed: &World, expected: &World, found: &mut Vec<String>) {
    found.extend(differences(observed, expected));
}
