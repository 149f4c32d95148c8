//! Histories of two stacks and an administrator who share two names, against a small model of who
//! owns what.

use std::{cell::RefCell, collections::BTreeMap};

use proptest::{prelude::*, test_runner::TestCaseResult};
use serde_json::{Value, json};
use simulator::{
    aws::{EventSelectors, Trail, World},
    cloudformation::{Event, Response},
};

use crate::{
    generate,
    requests::request,
    stage::{Clock, Stage, play},
    states::{logging_for_years, plain},
    support::{OrgTrail, REGION, trail_properties},
    table::Table,
};

/// A stack with one trail, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stack {
    One,
    Other,
}

/// A name that both stacks and the administrator use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Audit,
    Security,
}

/// The properties that a stack requires of its trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    name: Name,
    prefix: bool,
    only_writes: bool,
    adopt: bool,
}

/// A change that an administrator makes by hand.
#[derive(Debug, Clone, Copy)]
enum ManualChange {
    Create,
    Delete,
    StopLogging,
    ChangeSelectors,
    RemoveTags,
}

/// An action. Impossible ones, such as a second Create, are skipped.
#[derive(Debug, Clone, Copy)]
enum Action {
    Deploy(Stack, Wanted),
    Remove(Stack),
    Manual(ManualChange, Name),
}

/// The owner of a trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    None,
    Stack { stack: Stack, adopted: bool },
}

/// The owner of each trail, as the promises define it.
#[derive(Debug, Clone, Default)]
struct Model {
    trails: BTreeMap<Name, Owner>,
}

impl Model {
    /// A stack requests a trail, by its name or by the ID that the stack has. Returns true if it gets
    /// the trail.
    fn claim(&mut self, stack: Stack, name: Name, by_id: bool, adopt: bool) -> bool {
        let adopted = match (self.trails.get(&name), by_id) {
            (None, _) => false,
            (Some(Owner::Stack { stack: owner, adopted }), _) if *owner == stack => *adopted,
            (Some(Owner::None), true) => true,
            (Some(_), false) if adopt => true,
            (Some(_), _) => return false,
        };
        self.trails.insert(name, Owner::Stack { stack, adopted });
        true
    }

    /// A stack gives a trail up.
    fn give_up(&mut self, stack: Stack, name: Name) {
        match self.trails.get(&name) {
            Some(Owner::Stack { stack: owner, adopted }) if *owner == stack => {
                if *adopted {
                    self.trails.insert(name, Owner::None);
                } else {
                    self.trails.remove(&name);
                }
            }
            _ => {}
        }
    }
}

impl Stack {
    fn tag(self) -> &'static str {
        match self {
            Self::One => "one/9e2f1b31-c85d-11f0-a1b2-0a58a9feac01",
            Self::Other => "other/9e2f1b31-c85d-11f0-a1b2-0a58a9feac02",
        }
    }
}

impl Name {
    const ALL: [Self; 2] = [Self::Audit, Self::Security];

    fn text(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Security => "security",
        }
    }

    fn arn(self) -> String {
        format!("arn:aws:cloudtrail:{REGION}:111111111111:trail/{}", self.text())
    }
}

impl Wanted {
    fn properties(self) -> Value {
        let mut properties = trail_properties(json!({ "TrailName": self.name.text() }));
        if self.prefix {
            properties["S3KeyPrefix"] = "organization".into();
        }
        if self.only_writes {
            properties["EventSelectors"] = json!([{ "ReadWriteType": "WriteOnly" }]);
        }
        if self.adopt {
            properties["ExistingTrail"] = "Adopt".into();
        }
        properties
    }

    /// True if a trail is like this.
    fn is_met_by(self, trail: &Trail) -> bool {
        let (reads, writes) = trail.event_selectors.management_events();
        trail.is_logging
            && trail.is_organization_trail
            && trail.is_multi_region_trail
            && trail.s3_key_prefix.is_some() == self.prefix
            && writes
            && reads != self.only_writes
    }
}

/// The state of a stack's trail that CloudFormation stores.
#[derive(Debug, Clone)]
struct Resource {
    id: String,
    wanted: Wanted,
}

/// The stacks and their AWS, beside the model.
struct Play {
    stage: Stage,
    resources: BTreeMap<Stack, Resource>,
    model: Model,
}

impl Play {
    async fn send(&self, stack: Stack, event: Event) -> Response {
        let stack_id =
            format!("arn:aws:cloudformation:{REGION}:111111111111:stack/{}", stack.tag());
        let played = self.stage.send(&event.with("StackId", stack_id)).await;
        tokio::time::advance(std::time::Duration::from_mins(1)).await;
        played.response().assert_well_formed(played.event.value());
        played.response().clone()
    }

    async fn delete(&mut self, stack: Stack, id: &str, wanted: Wanted) -> TestCaseResult {
        let event = request("Delete", OrgTrail).with("PhysicalResourceId", id);
        let response = self.send(stack, event.properties(wanted.properties())).await;
        prop_assert!(response.is_success(), "{}", response.reason());
        if let Some(name) = Name::ALL.into_iter().find(|name| name.arn() == id) {
            self.model.give_up(stack, name);
        }
        Ok(())
    }

    /// A Create or an Update, and what CloudFormation makes of the response.
    async fn deploy(&mut self, stack: Stack, wanted: Wanted) -> TestCaseResult {
        let Some(old) = self.resources.get(&stack).cloned() else {
            let event = request("Create", OrgTrail).properties(wanted.properties());
            let response = self.send(stack, event).await;
            let expected = self.model.claim(stack, wanted.name, false, wanted.adopt);
            prop_assert_eq!(response.is_success(), expected, "{}", response.reason());
            let id = response.physical_id().to_owned();
            if expected {
                self.resources.insert(stack, Resource { id, wanted });
            } else {
                self.delete(stack, &id, wanted).await?;
            }
            return Ok(());
        };
        if self.update(stack, &old, wanted).await? {
            let new = self.resources[&stack].id.clone();
            if new != old.id {
                self.delete(stack, &old.id, old.wanted).await?;
            }
        } else {
            let failed = Resource { wanted, ..old.clone() };
            self.update(stack, &failed, old.wanted).await?;
            // CloudFormation goes back to the old state even if that failed.
            self.resources.insert(stack, old);
        }
        Ok(())
    }

    async fn update(
        &mut self,
        stack: Stack,
        old: &Resource,
        wanted: Wanted,
    ) -> Result<bool, TestCaseError> {
        let event = request("Update", OrgTrail)
            .with("PhysicalResourceId", old.id.as_str())
            .old_properties(old.wanted.properties())
            .properties(wanted.properties());
        let response = self.send(stack, event).await;
        let by_id = wanted.name.arn() == old.id;
        let expected = self.model.claim(stack, wanted.name, by_id, wanted.adopt);
        prop_assert_eq!(response.is_success(), expected, "{}", response.reason());
        if expected {
            let id = response.physical_id().to_owned();
            prop_assert_eq!(&id, &wanted.name.arn());
            self.resources.insert(stack, Resource { id, wanted });
        }
        Ok(expected)
    }

    fn change_manually(&mut self, change: ManualChange, name: Name) {
        let arn = name.arn();
        let there = self.model.trails.contains_key(&name);
        self.stage.aws.world(|world: &mut World| match (change, world.trail_mut(&arn)) {
            (ManualChange::Create, None) => {
                let trail = Trail::organization(name.text()).in_region(REGION);
                world.trails.push(logging_for_years(trail));
            }
            (ManualChange::Delete, Some(_)) => world.trails.retain(|trail| trail.arn() != arn),
            (ManualChange::StopLogging, Some(trail)) => trail.is_logging = false,
            (ManualChange::ChangeSelectors, Some(trail)) => {
                trail.event_selectors = EventSelectors::of_type("ReadOnly");
            }
            (ManualChange::RemoveTags, Some(trail)) => trail.tags.clear(),
            _ => {}
        });
        match change {
            ManualChange::Create if !there => drop(self.model.trails.insert(name, Owner::None)),
            ManualChange::Delete => drop(self.model.trails.remove(&name)),
            ManualChange::RemoveTags if there => drop(self.model.trails.insert(name, Owner::None)),
            _ => {}
        }
    }

    /// Compares the trails, and the owners in their tags, with the model.
    fn check_owners(&self) -> TestCaseResult {
        let world = self.stage.world();
        for name in Name::ALL {
            let trail = world.trail(&name.arn());
            let observed = trail.map(|trail| match trail.tags.get("OrgTrail/Stack") {
                None => Owner::None,
                Some(tag) => Owner::Stack {
                    stack: if tag == Stack::One.tag() { Stack::One } else { Stack::Other },
                    adopted: trail.tags.contains_key("OrgTrail/Adopted"),
                },
            });
            prop_assert_eq!(observed, self.model.trails.get(&name).copied(), "{:?}", name);
        }
        Ok(())
    }

    /// Trails that the action did not concern are unchanged.
    fn check_untouched(&self, before: &World, action: Action) -> TestCaseResult {
        let concerned = |trail: &Trail| match action {
            Action::Manual(_, name) => trail.arn() == name.arn(),
            Action::Deploy(stack, wanted) => {
                let own = trail.tags.get("OrgTrail/Stack").map(String::as_str) == Some(stack.tag());
                let known = self.resources.get(&stack).is_some_and(|r| r.id == trail.arn());
                own || known || wanted.adopt && trail.arn() == wanted.name.arn()
            }
            Action::Remove(stack) => {
                trail.tags.get("OrgTrail/Stack").map(String::as_str) == Some(stack.tag())
            }
        };
        let now = self.stage.world();
        for trail in before.trails.iter().filter(|trail| !concerned(trail)) {
            prop_assert_eq!(now.trail(&trail.arn()), Some(trail), "{:?}", action);
        }
        Ok(())
    }

    async fn act(&mut self, action: Action) -> TestCaseResult {
        let before = self.stage.world();
        match action {
            Action::Deploy(stack, wanted) => self.deploy(stack, wanted).await?,
            Action::Remove(stack) => {
                if let Some(Resource { id, wanted }) = self.resources.remove(&stack) {
                    self.delete(stack, &id, wanted).await?;
                }
            }
            Action::Manual(change, name) => self.change_manually(change, name),
        }
        self.check_untouched(&before, action)?;
        self.check_owners()
    }

    /// Every stack deploys once more, and then has what it wants or knows that it has not; what is
    /// left after that is as it was.
    async fn end(&mut self) -> TestCaseResult {
        for (stack, resource) in self.resources.clone() {
            let before = self.stage.world();
            let has_it = self.update(stack, &resource, resource.wanted).await?;
            let trail = self.stage.world().trail(&resource.id).cloned();
            if has_it {
                let trail = trail.expect("the trail that the response names");
                prop_assert!(resource.wanted.is_met_by(&trail), "{:?} has {:?}", resource, trail);
            } else {
                prop_assert_eq!(trail.as_ref(), before.trail(&resource.id));
            }
        }
        for stack in [Stack::One, Stack::Other] {
            self.act(Action::Remove(stack)).await?;
        }
        // No stack is left, and no trail that speaks of one.
        let marked = self.model.trails.values().any(|owner| *owner != Owner::None);
        prop_assert!(!marked, "{:?}", self.model);
        self.check_owners()
    }
}

fn any_action() -> impl Strategy<Value = Action> {
    let stack = || prop_oneof![Just(Stack::One), Just(Stack::Other)];
    let name = || prop_oneof![Just(Name::Audit), Just(Name::Security)];
    let wanted = (name(), any::<bool>(), any::<bool>(), any::<bool>());
    let wanted = wanted.prop_map(|(name, prefix, only_writes, adopt)| Wanted {
        name,
        prefix,
        only_writes,
        adopt,
    });
    let change = prop_oneof![
        Just(ManualChange::Create),
        Just(ManualChange::Delete),
        Just(ManualChange::StopLogging),
        Just(ManualChange::ChangeSelectors),
        Just(ManualChange::RemoveTags),
    ];
    prop_oneof![
        4 => (stack(), wanted).prop_map(|(stack, wanted)| Action::Deploy(stack, wanted)),
        1 => stack().prop_map(Action::Remove),
        3 => (change, name()).prop_map(|(change, name)| Action::Manual(change, name)),
    ]
}

/// The number of histories that are played, and their maximum length.
const HISTORIES: u32 = 128;
const LONGEST: usize = 12;

async fn play_all(history: Vec<Action>) -> TestCaseResult {
    let mut play = Play {
        stage: Stage::new(plain(), Clock::start()),
        resources: BTreeMap::new(),
        model: Model::default(),
    };
    for action in history {
        play.act(action).await?;
    }
    play.end().await
}

#[test]
fn every_trail_is_as_desired_or_untouched() {
    let figures = RefCell::new([0; 3]);
    let histories = proptest::collection::vec(any_action(), 1..=LONGEST);
    generate::run(HISTORIES, &histories, |history| {
        for action in &history {
            figures.borrow_mut()[match action {
                Action::Deploy(..) => 0,
                Action::Remove(_) => 1,
                Action::Manual(..) => 2,
            }] += 1;
        }
        play(1, play_all(history))
    });
    let columns = ["generated", "histories", "deployments", "removals", "manual changes"];
    let mut table = Table::new(columns);
    let [deployments, removals, changes] = figures.into_inner();
    let histories = usize::try_from(HISTORIES).expect("fits");
    table.row("two stacks and an administrator", &[histories, deployments, removals, changes]);
    table.print();
}
