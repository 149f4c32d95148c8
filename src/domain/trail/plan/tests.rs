//! First the table, every row of it, then the laws over generated trails.

use proptest::prelude::*;

use super::*;
use crate::domain::names::{AccountId, Region, TrailName};
use crate::domain::owner::is_adopted;
use crate::domain::trail::settings::tests::{ALIAS, KEY, any_configuration};
use crate::domain::trail::settings::{Aggregation, BasicSelector, DataResource, Insight};
use crate::domain::trail::step::{Returned, after};

const STACK: &str = "arn:aws:cloudformation:eu-west-1:111111111111:stack/audit/uuid-1";
const OTHER_STACK: &str = "arn:aws:cloudformation:eu-west-1:111111111111:stack/other/uuid-2";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn us() -> Owner {
    Owner::new(STACK, "Trail")
}

fn settings() -> Settings {
    Settings::new("org-logs")
}

fn recording() -> Recording {
    Recording {
        logging: true,
        selectors: Selectors::default(),
        insights: Unordered::default(),
        aggregation: None,
    }
}

fn desired() -> DesiredTrail {
    DesiredTrail {
        name: TrailName::parse("org").expect("a name"),
        home_region: Region::parse("eu-west-1").expect("a Region"),
        settings: settings(),
        recording: recording(),
        tags: Tags::new(),
        dropped_tags: BTreeSet::new(),
        existing: ExistingTrail::Fail,
    }
}

fn arn() -> TrailArn {
    TrailArn::new(
        "aws",
        Region::parse("eu-west-1").expect("a Region"),
        AccountId::parse("111111111111").expect("an account"),
        TrailName::parse("org").expect("a name"),
    )
}

fn trail(tags: Tags) -> ObservedTrail {
    ObservedTrail {
        arn: arn(),
        settings: settings(),
        recording: recording(),
        tags,
        kms_alias: None,
        started_logging: Some(at(1_000)),
    }
}

/// What CloudTrail would answer: keys and topics by their ARNs.
fn returned(step: &TrailStep) -> Option<Returned> {
    let (key, topic) = match step {
        TrailStep::Create { settings, .. } => {
            (settings.kms_key.clone(), settings.sns_topic.clone())
        }
        TrailStep::Update { from, to } => (
            to.kms_key.clone().filter(|_| to.kms_key != from.kms_key),
            to.sns_topic
                .clone()
                .filter(|_| to.sns_topic != from.sns_topic),
        ),
        _ => return None,
    };
    Some(Returned {
        arn: arn(),
        kms_key: key.map(|_| KEY.to_owned()),
        sns_topic: topic.map(|topic| match topic.strip_prefix("arn:") {
            Some(_) => topic,
            None => format!("arn:aws:sns:eu-west-1:111111111111:{topic}"),
        }),
    })
}

/// Applies steps and reads back, as the next request would: the alias is then known from the tags.
fn apply(steps: &[TrailStep], trail: Option<ObservedTrail>) -> Option<ObservedTrail> {
    steps
        .iter()
        .fold(trail, |trail, step| after(trail, step, returned(step)))
}

fn read_again(trail: Option<ObservedTrail>) -> Option<ObservedTrail> {
    trail.map(|trail| {
        let key = trail.settings.kms_key.as_deref();
        let kms_alias = key
            .and_then(|key| crate::domain::owner::kms_alias(&trail.tags, key))
            .map(str::to_owned);
        ObservedTrail { kms_alias, ..trail }
    })
}

/// Plans and applies until nothing is left, as the resource does.
fn converged(
    desired: &DesiredTrail,
    mut trail: Option<ObservedTrail>,
    claim: Claim,
) -> Result<Option<ObservedTrail>, Refusal> {
    for _ in 0..3 {
        let steps = converge(desired, trail.as_ref(), &us(), claim)?;
        trail = apply(&steps, trail);
    }
    Ok(trail)
}

// ------------------------------------------------------------------------------------- the table

/// Whose the trail of the name is.
#[derive(Debug, Clone, Copy)]
enum Name {
    Free,
    Ours,
    OursAdopted,
    AnotherStacks,
    AnotherResources,
    Unowned,
}

/// What a request must do about it.
#[derive(Debug, PartialEq, Eq)]
enum Row {
    Create,
    Bring,
    BringAsAdopted,
    Adopt,
    Refuse,
}

fn name_taken_by(name: Name) -> Option<ObservedTrail> {
    match name {
        Name::Free => None,
        Name::Ours => Some(trail(us().tags())),
        Name::OursAdopted => Some(trail(us().tags_of_adopted())),
        Name::AnotherStacks => Some(trail(Owner::new(OTHER_STACK, "Trail").tags())),
        Name::AnotherResources => Some(trail(Owner::new(STACK, "Other").tags())),
        Name::Unowned => Some(trail(Tags::from([("team".to_owned(), "x".to_owned())]))),
    }
}

fn row(steps: &Result<Vec<TrailStep>, Refusal>) -> Row {
    match steps.as_ref().map(Vec::as_slice) {
        Err(_) => Row::Refuse,
        Ok([TrailStep::Create { tags, .. }, ..]) => {
            assert_eq!(*tags, us().tags());
            Row::Create
        }
        Ok([TrailStep::Tag(tags), TrailStep::Update { .. }]) => {
            assert!(
                is_adopted(tags) && tags.keys().all(|key| is_our_tag(key)),
                "{tags:?}"
            );
            Row::Adopt
        }
        Ok([TrailStep::Update { .. }]) => Row::Bring,
        Ok(steps) => panic!("no row has these steps: {steps:?}"),
    }
}

#[test]
fn every_row_of_the_ownership_table_holds() {
    use ExistingTrail::{Adopt, Fail};
    for (name, by_name_fail, by_name_adopt, by_id) in [
        (Name::Free, Row::Create, Row::Create, Row::Create),
        (Name::Ours, Row::Bring, Row::Bring, Row::Bring),
        (
            Name::OursAdopted,
            Row::BringAsAdopted,
            Row::BringAsAdopted,
            Row::BringAsAdopted,
        ),
        (Name::AnotherStacks, Row::Refuse, Row::Adopt, Row::Refuse),
        (Name::AnotherResources, Row::Refuse, Row::Adopt, Row::Refuse),
        (Name::Unowned, Row::Refuse, Row::Adopt, Row::Adopt),
    ] {
        for organization in [true, false] {
            let mut observed = name_taken_by(name);
            if let Some(trail) = &mut observed {
                // Something to bring about, the organization's flag among it in one round.
                trail.settings.organization = organization;
                trail.settings.log_file_validation = false;
            }
            let decide = |existing, claim| {
                let desired = DesiredTrail {
                    existing,
                    ..desired()
                };
                let steps = converge(&desired, observed.as_ref(), &us(), claim);
                match (name, row(&steps)) {
                    (Name::OursAdopted, Row::Bring) => Row::BringAsAdopted,
                    (_, row) => row,
                }
            };
            assert_eq!(
                decide(Fail, Claim::ByName),
                by_name_fail,
                "{name:?} by name, Fail"
            );
            assert_eq!(
                decide(Adopt, Claim::ByName),
                by_name_adopt,
                "{name:?} by name, Adopt"
            );
            assert_eq!(decide(Fail, Claim::ById), by_id, "{name:?} by id, Fail");
            assert_eq!(decide(Adopt, Claim::ById), by_id, "{name:?} by id, Adopt");
        }
    }
}

#[test]
fn delete_removes_ours_releases_what_was_adopted_and_leaves_the_rest() {
    for (name, expected) in [
        (Name::Ours, vec!["DeleteTrail"]),
        (Name::OursAdopted, vec!["RemoveTags"]),
        (Name::AnotherStacks, vec![]),
        (Name::AnotherResources, vec![]),
        (Name::Unowned, vec![]),
    ] {
        let trail = name_taken_by(name).expect("a trail");
        let steps = retire(&trail.tags, &us());
        let operations: Vec<_> = steps
            .iter()
            .map(|step| step.operation().to_string())
            .collect();
        assert_eq!(operations, expected, "{name:?}");
        if let Some(released) = apply(&steps, Some(trail)) {
            let ours = matches!(us().ownership_of(&released.tags), Ownership::Ours { .. });
            assert!(!ours && released.recording.logging, "{name:?}");
        }
    }
}

#[test]
fn a_refusal_says_whose_the_trail_is_and_what_to_do() {
    let refused = |name, claim| {
        converge(&desired(), name_taken_by(name).as_ref(), &us(), claim)
            .expect_err("refused")
            .to_string()
    };
    let taken = refused(Name::AnotherStacks, Claim::ByName);
    for part in [
        "org",
        "eu-west-1",
        "resource Trail of the stack other/uuid-2",
        "Adopt",
    ] {
        assert!(taken.contains(part), "{taken}");
    }
    assert!(refused(Name::AnotherResources, Claim::ByName).contains("Other of this same stack"));
    assert!(refused(Name::Unowned, Claim::ByName).contains("no stack"));
    assert!(refused(Name::AnotherStacks, Claim::ById).contains("belongs to the resource Trail of"));
}

// -------------------------------------------------------------------------------- order and tags

fn operations(steps: &[TrailStep]) -> Vec<String> {
    steps
        .iter()
        .map(|step| step.operation().to_string())
        .collect()
}

fn everything() -> DesiredTrail {
    let mut desired = desired();
    desired.recording.selectors = data_events();
    desired.recording.insights = vec![insight("ApiCallRateInsight", "Data")].into();
    desired.recording.aggregation = Some(Aggregation {
        event_category: "Data".to_owned(),
        templates: vec!["API_ACTIVITY".to_owned()].into(),
    });
    desired.tags = Tags::from([("team".to_owned(), "audit".to_owned())]);
    desired
}

fn data_events() -> Selectors {
    let resource = DataResource {
        resource_type: "AWS::S3::Object".to_owned(),
        arn: "arn:aws:s3".to_owned(),
    };
    let selector = BasicSelector {
        data_resources: vec![resource].into(),
        ..BasicSelector::default()
    };
    Selectors::Basic(vec![selector].into())
}

fn insight(insight_type: &str, event_category: &str) -> Insight {
    Insight {
        insight_type: insight_type.to_owned(),
        event_category: event_category.to_owned(),
    }
}

#[test]
fn a_new_trail_logs_only_once_it_is_complete() {
    let steps = converge(&everything(), None, &us(), Claim::ByName).expect("a plan");
    assert_eq!(
        operations(&steps),
        [
            "CreateTrail",
            "PutEventSelectors",
            "PutInsightSelectors",
            "PutEventConfiguration",
            "StartLogging"
        ]
    );
}

#[test]
fn what_depends_on_data_events_goes_before_they_do() {
    let before = apply(
        &converge(&everything(), None, &us(), Claim::ByName).expect("a plan"),
        None,
    );
    let mut after = desired();
    after.dropped_tags = BTreeSet::from(["team".to_owned()]);
    after.recording.logging = false;
    let steps = converge(&after, before.as_ref(), &us(), Claim::ById).expect("a plan");
    assert_eq!(
        operations(&steps),
        [
            "PutInsightSelectors",
            "PutEventConfiguration",
            "PutEventSelectors",
            "RemoveTags",
            "StopLogging"
        ]
    );
}

#[test]
fn tags_of_others_stay_and_a_dropped_tag_that_is_gone_is_no_step() {
    let mut tags = us().tags();
    tags.extend([
        ("cost".to_owned(), "42".to_owned()),
        ("team".to_owned(), "old".to_owned()),
    ]);
    let desired = DesiredTrail {
        tags: Tags::from([("team".to_owned(), "new".to_owned())]),
        dropped_tags: BTreeSet::from(["gone".to_owned()]),
        ..desired()
    };
    let steps = converge(&desired, Some(&trail(tags)), &us(), Claim::ById).expect("a plan");
    assert_eq!(steps, [TrailStep::Tag(desired.tags.clone())]);
}

#[test]
fn an_alias_is_given_once_noted_and_then_left_alone_until_the_key_drifts() {
    let mut desired = desired();
    desired.settings.kms_key = Some(ALIAS.to_owned());
    let trail = read_again(converged(&desired, None, Claim::ByName).expect("a trail"));
    assert_eq!(
        converge(&desired, trail.as_ref(), &us(), Claim::ById),
        Ok(vec![])
    );
    let mut drifted = trail.expect("a trail");
    drifted.settings.kms_key = Some(KEY.replace("1234", "9999"));
    let drifted = read_again(Some(drifted));
    let steps = converge(&desired, drifted.as_ref(), &us(), Claim::ById).expect("a plan");
    assert_eq!(operations(&steps), ["UpdateTrail"]);
    let put_right = read_again(converged(&desired, drifted, Claim::ById).expect("a trail"));
    assert_eq!(
        converge(&desired, put_right.as_ref(), &us(), Claim::ById),
        Ok(vec![])
    );
}

#[test]
fn keys_and_topics_are_recognised_by_their_short_names() {
    let mut observed = trail(us().tags());
    observed.settings.kms_key = Some(KEY.to_owned());
    observed.settings.sns_topic = Some("arn:aws:sns:eu-west-1:111111111111:topic".to_owned());
    for (key, same) in [
        (KEY, true),
        ("1234", true),
        ("234", false),
        ("alias/logs", false),
    ] {
        assert_eq!(observed.uses_key(Some(key)), same, "{key}");
    }
    for (topic, same) in [("topic", true), ("opic", false), ("other", false)] {
        assert_eq!(observed.uses_topic(Some(topic)), same, "{topic}");
    }
    assert!(!observed.uses_key(None) && !observed.uses_topic(None));
}

// -------------------------------------------------------------------------- a Create that failed

#[test]
fn what_a_failed_create_made_is_removed_and_what_was_there_before_is_not() {
    let ours = || trail(us().tags());
    let never_logged = ObservedTrail {
        started_logging: None,
        ..ours()
    };
    let issued = Some(at(2_000));
    // Nothing there, or half-made by an earlier delivery of the same request: nothing to go back to.
    assert_eq!(rollback_target(None, &us(), issued), None);
    assert_eq!(rollback_target(Some(&never_logged), &us(), issued), None);
    // The date of a request has whole seconds, so the second itself counts as after it.
    for second in [2_000, 2_001] {
        let since = ObservedTrail {
            started_logging: Some(at(second)),
            ..ours()
        };
        assert_eq!(rollback_target(Some(&since), &us(), issued), None);
    }
    // It holds a record from before the request: it stays, whoever's it is.
    assert!(rollback_target(Some(&ours()), &us(), issued).is_some());
    assert!(rollback_target(Some(&ours()), &us(), None).is_some());
    for name in [Name::Unowned, Name::AnotherStacks, Name::OursAdopted] {
        let trail = name_taken_by(name);
        assert_eq!(
            rollback_target(trail.as_ref(), &us(), issued),
            trail.as_ref(),
            "{name:?}"
        );
    }
}

#[test]
fn undoing_never_touches_a_trail_without_our_mark() {
    let mut before = trail(Tags::new());
    before.settings.bucket = "old-logs".to_owned();
    before.recording.logging = false;
    for name in [Name::Unowned, Name::AnotherStacks, Name::AnotherResources] {
        let now = name_taken_by(name);
        assert_eq!(undo(None, now.as_ref(), &us()), [], "{name:?}");
        assert_eq!(undo(Some(&before), now.as_ref(), &us()), [], "{name:?}");
    }
    let ours = name_taken_by(Name::Ours);
    assert_eq!(undo(None, ours.as_ref(), &us()), [TrailStep::Delete]);
    assert_eq!(undo(ours.as_ref(), None, &us()), []);
}

// -------------------------------------------------------------------------------------- the laws

fn any_recording() -> impl Strategy<Value = Recording> {
    let category = proptest::sample::select(&["Management", "Data"][..]);
    let insight = category.prop_map(|category| insight("ApiCallRateInsight", category));
    let insights = proptest::collection::vec(insight, 0..3);
    (any::<bool>(), any::<bool>(), insights, any::<bool>()).prop_map(
        |(logging, data, insights, aggregated)| Recording {
            logging,
            selectors: if data {
                data_events()
            } else {
                Selectors::default()
            },
            insights: insights.into(),
            aggregation: aggregated.then(|| Aggregation {
                event_category: "Data".to_owned(),
                templates: vec!["USER_ACTIONS".to_owned()].into(),
            }),
        },
    )
}

fn any_tags() -> impl Strategy<Value = Tags> {
    let key = proptest::sample::select(&["team", "cost", "stage"][..]).prop_map(str::to_owned);
    let value = proptest::sample::select(&["x", "y"][..]).prop_map(str::to_owned);
    proptest::collection::btree_map(key, value, 0..3)
}

fn any_desired() -> impl Strategy<Value = DesiredTrail> {
    let adopt = any::<bool>().prop_map(|adopt| {
        if adopt {
            ExistingTrail::Adopt
        } else {
            ExistingTrail::Fail
        }
    });
    (
        any_configuration(),
        any_recording(),
        any_tags(),
        any_tags(),
        adopt,
    )
        .prop_map(
            |(settings, recording, tags, old_tags, existing)| DesiredTrail {
                settings,
                recording,
                dropped_tags: old_tags
                    .into_keys()
                    .filter(|key| !tags.contains_key(key))
                    .collect(),
                tags,
                existing,
                ..desired()
            },
        )
}

const FOREIGN: [Name; 3] = [Name::AnotherStacks, Name::AnotherResources, Name::Unowned];

fn any_observed() -> impl Strategy<Value = Option<ObservedTrail>> {
    let ours = [Name::Free, Name::Ours, Name::OursAdopted];
    observed_as([ours, FOREIGN].concat())
}

fn observed_as(names: Vec<Name>) -> impl Strategy<Value = Option<ObservedTrail>> {
    let name = proptest::sample::select(names);
    (
        name,
        any_configuration(),
        any_recording(),
        any_tags(),
        any::<bool>(),
    )
        .prop_map(|(name, settings, recording, tags, organization)| {
            let mut trail = name_taken_by(name)?;
            trail.tags.extend(tags);
            trail.settings = Settings {
                organization,
                kms_key: settings.kms_key.as_ref().map(|_| KEY.to_owned()),
                sns_topic: settings
                    .sns_topic
                    .as_ref()
                    .map(|name| format!("arn:topics:{name}")),
                ..settings
            };
            trail.recording = recording;
            Some(trail)
        })
}

fn any_claim() -> impl Strategy<Value = Claim> {
    any::<bool>().prop_map(|by_name| if by_name { Claim::ByName } else { Claim::ById })
}

fn is_ours_or_free(trail: Option<&ObservedTrail>) -> bool {
    trail.is_none_or(|trail| matches!(us().ownership_of(&trail.tags), Ownership::Ours { .. }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn applying_a_plan_leaves_an_empty_plan(
        desired in any_desired(), observed in any_observed(), claim in any_claim(),
    ) {
        if let Ok(trail) = converged(&desired, observed, claim) {
            let trail = read_again(trail);
            // The next request comes by the id, whatever this one came by.
            prop_assert_eq!(converge(&desired, trail.as_ref(), &us(), claim), Ok(vec![]));
            prop_assert_eq!(converge(&desired, trail.as_ref(), &us(), Claim::ById), Ok(vec![]));
        }
    }

    #[test]
    fn a_failure_after_any_step_and_the_same_request_again_end_at_the_same_place(
        desired in any_desired(), observed in any_observed(), claim in any_claim(),
        done in 0usize..12,
    ) {
        if let Ok(steps) = converge(&desired, observed.as_ref(), &us(), claim) {
            let half = read_again(apply(&steps[..done.min(steps.len())], observed.clone()));
            let straight = read_again(converged(&desired, observed, claim).expect("not refused"));
            let resumed = read_again(converged(&desired, half, claim).expect("still not refused"));
            prop_assert_eq!(straight, resumed);
        }
    }

    #[test]
    fn no_step_touches_a_trail_that_is_neither_ours_nor_being_adopted(
        desired in any_desired(), observed in any_observed(), claim in any_claim(),
    ) {
        let steps = converge(&desired, observed.as_ref(), &us(), claim).unwrap_or_default();
        let marks_first = matches!(steps.first(), Some(TrailStep::Tag(tags))
            if tags.keys().all(|key| is_our_tag(key)));
        prop_assert!(steps.is_empty() || is_ours_or_free(observed.as_ref()) || marks_first);
        prop_assert!(!steps.contains(&TrailStep::Delete));
        if let Some(trail) = &observed && !is_ours_or_free(Some(trail)) {
            prop_assert_eq!(retire(&trail.tags, &us()), vec![]);
            let adopts = claim == Claim::ByName && desired.existing == ExistingTrail::Adopt;
            let reclaims = claim == Claim::ById && us().ownership_of(&trail.tags) == Ownership::Unowned;
            prop_assert!(steps.is_empty() || adopts || reclaims);
        }
    }

    #[test]
    fn what_was_adopted_is_never_deleted(
        first in any_desired(), second in any_desired(),
        observed in observed_as(FOREIGN.to_vec()),
    ) {
        let first = DesiredTrail { existing: ExistingTrail::Adopt, ..first };
        let trail = converged(&first, observed, Claim::ByName).expect("adopted");
        let trail = converged(&second, read_again(trail), Claim::ById).expect("ours");
        let trail = trail.expect("a trail");
        prop_assert!(!retire(&trail.tags, &us()).contains(&TrailStep::Delete));
    }

    #[test]
    fn a_failed_create_gives_back_exactly_what_was_there(
        desired in any_desired(), observed in any_observed(), done in 0usize..12,
    ) {
        let Ok(steps) = converge(&desired, observed.as_ref(), &us(), Claim::ByName) else {
            return Ok(());
        };
        let before = rollback_target(observed.as_ref(), &us(), Some(at(2_000))).cloned();
        let now = apply(&steps[..done.min(steps.len())], observed);
        let back = apply(&undo(before.as_ref(), now.as_ref(), &us()), now);
        prop_assert_eq!(read_again(back), read_again(before));
    }
    /// Undoing may fail at any step, and then CloudFormation's Delete follows.
    #[test]
    fn half_undone_what_was_adopted_is_still_never_deleted(
        desired in any_desired(), before in observed_as(FOREIGN.to_vec()),
    ) {
        let adopting = DesiredTrail { existing: ExistingTrail::Adopt, ..desired };
        let steps = converge(&adopting, before.as_ref(), &us(), Claim::ByName).expect("adopted");
        let now = apply(&steps, before.clone());
        let undoing = undo(before.as_ref(), now.as_ref(), &us());
        for done in 0..=undoing.len() {
            let half_undone = apply(&undoing[..done], now.clone()).expect("the trail");
            prop_assert!(!retire(&half_undone.tags, &us()).contains(&TrailStep::Delete), "{done}");
        }
    }
}
