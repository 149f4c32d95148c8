//! A table of all cases of ownership, and properties of plans for generated trails.

use proptest::prelude::*;

use super::*;
use crate::domain::names::{AccountId, Region, TrailName};
use crate::domain::owner::{is_adopted, kms_alias};
use crate::domain::trail::settings::tests::{ALIAS, KEY, any_settings};
use crate::domain::trail::settings::{
    Aggregation, BasicSelector, DataResource, Insight, Selectors,
};
use crate::domain::trail::step::{Returned, after};
use Existing::{OtherResource, OtherStack, Own, OwnAdopted, Unowned};

const STACK: &str = "arn:aws:cloudformation:eu-west-1:111111111111:stack/audit/uuid-1";
const OTHER_STACK: &str = "arn:aws:cloudformation:eu-west-1:111111111111:stack/other/uuid-2";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn owner() -> Owner {
    Owner::new(STACK, "Trail")
}

fn is_own(trail: &ObservedTrail) -> bool {
    matches!(owner().ownership_of(&trail.tags), Ownership::Ours { .. })
}

fn desired() -> DesiredTrail {
    DesiredTrail {
        name: arn().name().clone(),
        home_region: arn().region().clone(),
        settings: Settings::new("org-logs"),
        recording: Recording { logging: true, ..Recording::default() },
        tags: Tags::new(),
        dropped_tags: BTreeSet::new(),
        existing: ExistingTrail::Fail,
    }
}

fn arn() -> TrailArn {
    TrailArn::new(
        "aws",
        "eu-west-1".parse::<Region>().expect("a Region"),
        "111111111111".parse::<AccountId>().expect("an account"),
        "org".parse::<TrailName>().expect("a name"),
    )
}

fn trail(tags: Tags) -> ObservedTrail {
    ObservedTrail {
        arn: arn(),
        settings: desired().settings,
        recording: desired().recording,
        tags,
        kms_alias: None,
        started_logging: Some(at(1_000)),
    }
}

fn tags(tags: &[(&str, &str)]) -> Tags {
    let tags = tags.iter();
    tags.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The names that CloudTrail returns: the ARNs of keys and topics.
fn returned(step: &TrailStep) -> Option<Returned> {
    let (key, topic) = match step.clone() {
        TrailStep::Create { settings, .. } => (settings.kms_key, settings.sns_topic),
        TrailStep::Update { from, to } => {
            let key = to.kms_key.filter(|key| Some(key) != from.kms_key.as_ref());
            let topic = to.sns_topic.filter(|topic| Some(topic) != from.sns_topic.as_ref());
            (key, topic)
        }
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

fn apply(steps: &[TrailStep], trail: Option<ObservedTrail>) -> Option<ObservedTrail> {
    let steps = steps.iter();
    steps.fold(trail, |trail, step| after(trail, step, returned(step)))
}

/// The trail as the next request observes it: it knows the alias from the tags only.
fn observed(trail: Option<ObservedTrail>) -> Option<ObservedTrail> {
    trail.map(|trail| {
        let key = trail.settings.kms_key.as_deref();
        let alias = key.and_then(|key| kms_alias(&trail.tags, key)).map(str::to_owned);
        ObservedTrail { kms_alias: alias, ..trail }
    })
}

/// Applies plans until the plan is empty, as the resource does.
fn converged(
    desired: &DesiredTrail,
    mut trail: Option<ObservedTrail>,
    claim: Claim,
) -> Result<Option<ObservedTrail>, Refusal> {
    for _ in 0..3 {
        let steps = converge(desired, trail.as_ref(), &owner(), claim)?;
        trail = apply(&steps, trail);
    }
    Ok(trail)
}

fn operations(steps: &[TrailStep]) -> Vec<String> {
    let operations = steps.iter().map(TrailStep::operation);
    operations.map(|operation| operation.to_string()).collect()
}

// ------------------------------------------------------------------------------------- the table

/// The trail with the desired name.
#[derive(Debug, Clone, Copy)]
enum Existing {
    Missing,
    Own,
    OwnAdopted,
    OtherStack,
    OtherResource,
    Unowned,
}

/// The effect of a request on the trail.
#[derive(Debug, PartialEq, Eq)]
enum Row {
    Create,
    Update,
    Adopt,
    Refuse,
}

fn existing(existing: Existing) -> Option<ObservedTrail> {
    let tags = match existing {
        Existing::Missing => return None,
        Own => owner().tags(),
        OwnAdopted => owner().tags_of_adopted(),
        OtherStack => Owner::new(OTHER_STACK, "Trail").tags(),
        OtherResource => Owner::new(STACK, "Other").tags(),
        Unowned => tags(&[("team", "x")]),
    };
    Some(trail(tags))
}

fn row(steps: &Result<Vec<TrailStep>, Refusal>) -> Row {
    match steps.as_ref().map(Vec::as_slice) {
        Err(_) => Row::Refuse,
        Ok([TrailStep::Create { tags, .. }, ..]) => {
            assert_eq!(*tags, owner().tags());
            Row::Create
        }
        Ok([TrailStep::Tag(tags), TrailStep::Update { .. }]) => {
            assert!(is_adopted(tags) && tags.keys().all(|key| is_our_tag(key)), "{tags:?}");
            Row::Adopt
        }
        // The tags, and with them whether the trail is adopted, do not change.
        Ok([TrailStep::Update { .. }]) => Row::Update,
        Ok(steps) => panic!("no row has these steps: {steps:?}"),
    }
}

#[test]
#[rustfmt::skip] // One row per case.
fn each_row_of_the_ownership_table_holds() {
    use ExistingTrail::{Adopt, Fail};
    for (name, by_name_fail, by_name_adopt, by_id) in [
        (Existing::Missing, Row::Create, Row::Create, Row::Create),
        (Own, Row::Update, Row::Update, Row::Update),
        (OwnAdopted, Row::Update, Row::Update, Row::Update),
        (OtherStack, Row::Refuse, Row::Adopt, Row::Refuse),
        (OtherResource, Row::Refuse, Row::Adopt, Row::Refuse),
        (Unowned, Row::Refuse, Row::Adopt, Row::Adopt),
    ] {
        for organization in [true, false] {
            let mut trail = existing(name);
            if let Some(trail) = &mut trail {
                // A difference in each case, and in one of them also the organization.
                trail.settings.organization = organization;
                trail.settings.log_file_validation = false;
            }
            let decide = |existing, claim| {
                let desired = DesiredTrail { existing, ..desired() };
                row(&converge(&desired, trail.as_ref(), &owner(), claim))
            };
            assert_eq!(decide(Fail, Claim::ByName), by_name_fail, "{name:?} by name, Fail");
            assert_eq!(decide(Adopt, Claim::ByName), by_name_adopt, "{name:?} by name, Adopt");
            assert_eq!(decide(Fail, Claim::ById), by_id, "{name:?} by id, Fail");
            assert_eq!(decide(Adopt, Claim::ById), by_id, "{name:?} by id, Adopt");
        }
    }
}

#[test]
fn delete_removes_or_releases_only_own_trails() {
    for (name, expected) in [
        (Own, vec!["DeleteTrail"]),
        (OwnAdopted, vec!["RemoveTags"]),
        (OtherStack, vec![]),
        (OtherResource, vec![]),
        (Unowned, vec![]),
    ] {
        let trail = existing(name).expect("a trail");
        let steps = retire(&trail.tags, &owner());
        assert_eq!(operations(&steps), expected, "{name:?}");
        if let Some(released) = apply(&steps, Some(trail)) {
            assert!(!is_own(&released) && released.recording.logging, "{name:?}");
        }
    }
}

#[test]
fn trails_of_control_tower_are_never_adopted() {
    let name = "aws-controltower-BaselineCloudTrail".parse::<TrailName>().expect("a name");
    let arn = TrailArn::new("aws", arn().region().clone(), arn().account(), name);
    for (name, expected) in [
        (Own, true),
        (OwnAdopted, true),
        (OtherStack, false),
        (OtherResource, false),
        (Unowned, false),
    ] {
        let trail = ObservedTrail { arn: arn.clone(), ..existing(name).expect("a trail") };
        for existing in [ExistingTrail::Fail, ExistingTrail::Adopt] {
            let desired = DesiredTrail { existing, ..desired() };
            for claim in [Claim::ByName, Claim::ById] {
                let steps = converge(&desired, Some(&trail), &owner(), claim);
                assert_eq!(steps.is_ok(), expected, "{name:?} {existing:?} {claim:?}");
            }
        }
    }
}

#[test]
fn a_refusal_names_the_owner_and_the_remedy() {
    let refused = |name, claim| {
        let steps = converge(&desired(), existing(name).as_ref(), &owner(), claim);
        steps.expect_err("refused").to_string()
    };
    let message = refused(OtherStack, Claim::ByName);
    for part in ["org", "eu-west-1", "resource Trail of the stack other/uuid-2", "Adopt"] {
        assert!(message.contains(part), "{message}");
    }
    assert!(refused(OtherResource, Claim::ByName).contains("resource Other of this stack"));
    assert!(refused(Unowned, Claim::ByName).contains("no stack"));
    assert!(refused(OtherStack, Claim::ById).contains("belongs to the resource Trail of"));
}

// -------------------------------------------------------------------------------- order and tags

/// A desired trail with all kinds of selectors, insights and aggregation.
fn everything() -> DesiredTrail {
    let mut desired = desired();
    desired.recording.selectors = data_events();
    desired.recording.insights = vec![insight("Data")].into();
    desired.recording.aggregation = Some(aggregation());
    desired.tags = tags(&[("team", "audit")]);
    desired
}

fn data_events() -> Selectors {
    let resource =
        DataResource { resource_type: "AWS::S3::Object".to_owned(), arn: "arn:aws:s3".to_owned() };
    let selector =
        BasicSelector { data_resources: vec![resource].into(), ..BasicSelector::default() };
    Selectors::Basic(vec![selector].into())
}

fn insight(event_category: &str) -> Insight {
    Insight {
        insight_type: "ApiCallRateInsight".to_owned(),
        event_category: event_category.to_owned(),
    }
}

fn aggregation() -> Aggregation {
    Aggregation {
        event_category: "Data".to_owned(),
        templates: vec!["API_ACTIVITY".to_owned()].into(),
    }
}

/// A new trail starts logging when it is complete. Settings that require data events are removed before them.
#[test]
#[rustfmt::skip]
fn steps_have_an_order_that_cloudtrail_accepts() {
    let steps = converge(&everything(), None, &owner(), Claim::ByName).expect("a plan");
    assert_eq!(
        operations(&steps),
        [
            "CreateTrail", "PutEventSelectors", "PutInsightSelectors", "PutEventConfiguration",
            "StartLogging",
        ]
    );
    let before = apply(&steps, None);
    let mut less = desired();
    less.dropped_tags = BTreeSet::from(["team".to_owned()]);
    less.recording.logging = false;
    let steps = converge(&less, before.as_ref(), &owner(), Claim::ById).expect("a plan");
    assert_eq!(
        operations(&steps),
        [
            "PutInsightSelectors", "PutEventConfiguration", "PutEventSelectors", "RemoveTags",
            "StopLogging",
        ]
    );
}

#[test]
fn tags_of_others_are_kept() {
    let mut observed = trail(owner().tags());
    observed.tags.extend(tags(&[("cost", "42"), ("team", "old")]));
    let desired = DesiredTrail {
        tags: tags(&[("team", "new")]),
        dropped_tags: BTreeSet::from(["missing".to_owned()]),
        ..desired()
    };
    let steps = converge(&desired, Some(&observed), &owner(), Claim::ById);
    assert_eq!(steps, Ok(vec![TrailStep::Tag(desired.tags.clone())]));
}

#[test]
fn an_alias_is_sent_only_after_drift() {
    let mut desired = desired();
    desired.settings.kms_key = Some(ALIAS.to_owned());
    let plan = |trail: &Option<ObservedTrail>| {
        let steps = converge(&desired, trail.as_ref(), &owner(), Claim::ById);
        operations(&steps.expect("a plan"))
    };
    let mut trail = observed(converged(&desired, None, Claim::ByName).expect("a trail"));
    assert_eq!(plan(&trail), Vec::<String>::new());
    let drifted = trail.as_mut().expect("a trail");
    drifted.settings.kms_key = Some(KEY.replace("1234", "9999"));
    let trail = observed(trail);
    assert_eq!(plan(&trail), ["UpdateTrail"]);
    let trail = observed(converged(&desired, trail, Claim::ById).expect("a trail"));
    assert_eq!(plan(&trail), Vec::<String>::new());
}

#[test]
#[rustfmt::skip]
fn keys_and_topics_have_short_names() {
    let mut observed = trail(owner().tags());
    observed.settings.kms_key = Some(KEY.to_owned());
    observed.settings.sns_topic = Some("arn:aws:sns:eu-west-1:111111111111:topic".to_owned());
    for (key, same) in [(KEY, true), ("1234", true), ("234", false), ("alias/logs", false)] {
        assert_eq!(observed.uses_key(Some(key)), same, "{key}");
    }
    for (topic, same) in [("topic", true), ("opic", false), ("other", false)] {
        assert_eq!(observed.uses_topic(Some(topic)), same, "{topic}");
    }
    assert!(!observed.uses_key(None) && !observed.uses_topic(None));
}

// ------------------------------------------------------------------------------ a Create that fails

/// Only a trail that has no logs from before the request is deleted.
#[test]
fn a_failed_create_restores_what_existed_before() {
    let started = |started_logging| ObservedTrail { started_logging, ..trail(owner().tags()) };
    let (issued, before) = (Some(at(2_000)), started(Some(at(1_000))));
    assert_eq!(rollback_target(None, &owner(), issued), None);
    for (trail, issued_at, is_restored) in [
        (started(None), issued, false),
        // The time of a request is in whole seconds, so an equal time counts as later.
        (started(Some(at(2_000))), issued, false),
        (started(Some(at(2_001))), issued, false),
        (before.clone(), issued, true),
        (before, None, true),
        (existing(Unowned).expect("a trail"), issued, true),
        (existing(OtherStack).expect("a trail"), issued, true),
        (existing(OwnAdopted).expect("a trail"), issued, true),
    ] {
        let target = rollback_target(Some(&trail), &owner(), issued_at);
        assert_eq!(target, is_restored.then_some(&trail), "{:?}", trail.tags);
    }
}

#[test]
fn undo_changes_only_own_trails() {
    let mut before = trail(Tags::new());
    before.settings.bucket = "old-logs".to_owned();
    before.recording.logging = false;
    for name in [Unowned, OtherStack, OtherResource] {
        let now = existing(name);
        assert_eq!(undo(None, now.as_ref(), &owner()), [], "{name:?}");
        assert_eq!(undo(Some(&before), now.as_ref(), &owner()), [], "{name:?}");
    }
    let own = existing(Own);
    assert_eq!(undo(None, own.as_ref(), &owner()), [TrailStep::Delete]);
    assert_eq!(undo(own.as_ref(), None, &owner()), []);
}

// ------------------------------------------------------------------------------- generated trails

fn any_recording() -> impl Strategy<Value = Recording> {
    let insight = proptest::sample::select(&["Management", "Data"][..]).prop_map(insight);
    let insights = proptest::collection::vec(insight, 0..3);
    (any::<[bool; 3]>(), insights).prop_map(|([logging, data, aggregated], insights)| Recording {
        logging,
        selectors: if data { data_events() } else { Selectors::default() },
        insights: insights.into(),
        aggregation: aggregated.then(aggregation),
    })
}

fn any_tags() -> impl Strategy<Value = Tags> {
    let key = proptest::sample::select(&["team", "cost", "stage"][..]).prop_map(str::to_owned);
    let value = proptest::sample::select(&["x", "y"][..]).prop_map(str::to_owned);
    proptest::collection::btree_map(key, value, 0..3)
}

fn any_desired() -> impl Strategy<Value = DesiredTrail> {
    let existing = proptest::sample::select(&[ExistingTrail::Adopt, ExistingTrail::Fail][..]);
    (any_settings(), any_recording(), any_tags(), any_tags(), existing).prop_map(
        |(settings, recording, tags, old_tags, existing)| DesiredTrail {
            settings,
            recording,
            dropped_tags: old_tags.into_keys().filter(|key| !tags.contains_key(key)).collect(),
            tags,
            existing,
            ..desired()
        },
    )
}

const OF_OTHERS: [Existing; 3] = [OtherStack, OtherResource, Unowned];

fn any_observed() -> impl Strategy<Value = Option<ObservedTrail>> {
    observed_as([[Existing::Missing, Own, OwnAdopted], OF_OTHERS].concat())
}

fn observed_as(names: Vec<Existing>) -> impl Strategy<Value = Option<ObservedTrail>> {
    let name = proptest::sample::select(names);
    (name, any_settings(), any_recording(), any_tags(), any::<bool>()).prop_map(
        |(name, settings, recording, tags, organization)| {
            let mut trail = existing(name)?;
            trail.tags.extend(tags);
            trail.settings = Settings {
                organization,
                kms_key: settings.kms_key.as_ref().map(|_| KEY.to_owned()),
                sns_topic: settings.sns_topic.as_ref().map(|name| format!("arn:topics:{name}")),
                ..settings
            };
            trail.recording = recording;
            Some(trail)
        },
    )
}

fn any_claim() -> impl Strategy<Value = Claim> {
    proptest::sample::select(&[Claim::ByName, Claim::ById][..])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn an_applied_plan_leaves_an_empty_plan(
        desired in any_desired(), before in any_observed(), claim in any_claim(),
    ) {
        if let Ok(trail) = converged(&desired, before, claim) {
            let trail = observed(trail);
            // The next request has the ID, even if this one has the name.
            for claim in [claim, Claim::ById] {
                prop_assert_eq!(converge(&desired, trail.as_ref(), &owner(), claim), Ok(vec![]));
            }
        }
    }

    #[test]
    fn a_preview_has_all_steps_of_a_deployment(
        desired in any_desired(),
        observed in any_observed(),
        claim in any_claim(),
    ) {
        let preview = preview(&desired, observed.as_ref(), &owner(), claim, &arn());
        let mut now = observed;
        let mut executed = Ok(Vec::new());
        for _ in 0..MAX_PLANS {
            let steps = converge(&desired, now.as_ref(), &owner(), claim);
            now = steps.as_ref().map_or(None, |steps| apply(steps, now));
            executed = executed.and_then(|mut executed| {
                executed.extend(steps?.iter().map(TrailStep::operation));
                Ok(executed)
            });
        }
        let planned = preview.map(|steps| {
            // A step that changes nothing is not a step.
            assert!(steps.iter().all(|step| !step.changes.is_empty()), "{steps:?}");
            steps.into_iter().map(|step| step.operation).collect()
        });
        prop_assert_eq!(planned, executed);
    }

    #[test]
    fn an_interrupted_plan_can_be_resumed(
        desired in any_desired(), before in any_observed(), claim in any_claim(),
        done in 0usize..12,
    ) {
        if let Ok(steps) = converge(&desired, before.as_ref(), &owner(), claim) {
            let partial = observed(apply(&steps[..done.min(steps.len())], before.clone()));
            let complete = observed(converged(&desired, before, claim).expect("not refused"));
            let resumed = observed(converged(&desired, partial, claim).expect("not refused"));
            prop_assert_eq!(complete, resumed);
        }
    }

    #[test]
    fn only_own_and_adopted_trails_are_changed(
        desired in any_desired(), before in any_observed(), claim in any_claim(),
    ) {
        let steps = converge(&desired, before.as_ref(), &owner(), claim).unwrap_or_default();
        prop_assert!(!steps.contains(&TrailStep::Delete));
        if let Some(trail) = before.filter(|trail| !is_own(trail)) {
            prop_assert_eq!(retire(&trail.tags, &owner()), vec![]);
            let tags_first = matches!(steps.first(), Some(TrailStep::Tag(tags))
                if tags.keys().all(|key| is_our_tag(key)));
            let adopts = claim == Claim::ByName && desired.existing == ExistingTrail::Adopt;
            let reclaims = claim == Claim::ById && owner().ownership_of(&trail.tags) == Ownership::Unowned;
            prop_assert!(steps.is_empty() || tags_first && (adopts || reclaims));
        }
    }

    #[test]
    fn an_adopted_trail_is_never_deleted(
        first in any_desired(), second in any_desired(),
        before in observed_as(OF_OTHERS.to_vec()),
    ) {
        let first = DesiredTrail { existing: ExistingTrail::Adopt, ..first };
        let trail = converged(&first, before, Claim::ByName).expect("adopted");
        let trail = converged(&second, observed(trail), Claim::ById).expect("its own trail");
        let trail = trail.expect("a trail");
        prop_assert!(!retire(&trail.tags, &owner()).contains(&TrailStep::Delete));
    }

    #[test]
    fn undo_restores_exactly_what_existed(
        desired in any_desired(), before in any_observed(), done in 0usize..12,
    ) {
        if let Ok(steps) = converge(&desired, before.as_ref(), &owner(), Claim::ByName) {
            let target = rollback_target(before.as_ref(), &owner(), Some(at(2_000))).cloned();
            let now = apply(&steps[..done.min(steps.len())], before);
            let restored = apply(&undo(target.as_ref(), now.as_ref(), &owner()), now);
            prop_assert_eq!(observed(restored), observed(target));
        }
    }

    /// An undo may fail at any step. CloudFormation then sends a Delete.
    #[test]
    fn delete_keeps_adopted_trails_after_partial_undo(
        desired in any_desired(), before in observed_as(OF_OTHERS.to_vec()),
    ) {
        let adopting = DesiredTrail { existing: ExistingTrail::Adopt, ..desired };
        let steps = converge(&adopting, before.as_ref(), &owner(), Claim::ByName).expect("adopted");
        let now = apply(&steps, before.clone());
        let undo = undo(before.as_ref(), now.as_ref(), &owner());
        for done in 0..=undo.len() {
            let partial = apply(&undo[..done], now.clone()).expect("a trail");
            prop_assert!(!retire(&partial.tags, &owner()).contains(&TrailStep::Delete), "{done}");
        }
    }
}
