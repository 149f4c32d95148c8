//! Plans come true: a Plan makes read calls only, and the request that follows makes exactly the
//! changes that the plan has, or is refused for the same reason.

use std::collections::BTreeSet;

use orgtrail::domain::operation::Operation;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestCaseResult, TestRng, TestRunner};
use serde_json::{Value, json};
use simulator::aws::{Call, EventSelector, EventSelectors, Trail, World};
use simulator::cloudformation::Event;

use crate::{
    calls,
    faults::{
        course::{prepare, stage},
        flow::Flow,
        trails::RENAMED_ARN,
    },
    requests::{INVENTED, request},
    stage::{Clock, Stage, Way, play},
    support::{
        KEY, KEY_ALIAS, LOG_GROUP, LOG_ROLE, OrgTrail, SENTINEL, TOPIC, TRAIL_ARN, trail_properties,
    },
    table::side_by_side,
    worlds::{OTHER_STACK, logging_for_years, plain},
};

/// In a plan, what only CloudTrail's response contains.
const KEY_OF_ALIAS: &str = "<the ID of the key behind the alias>";

/// Plans the request, and then sends it. Returns what contradicts the plan, and the calls of the
/// plan.
async fn contradiction(stage: &Stage, event: &Event) -> (Result<(), String>, Vec<Call>) {
    let world = stage.world();
    let planned = stage.plan(event).await;
    let reads = stage.calls();
    let unchanged = stage.world().trails == world.trails
        && stage.world().trusted_access == world.trusted_access
        && stage.world().delegated_administrators == world.delegated_administrators;
    if !unchanged || reads.iter().any(Call::is_mutating) {
        return (Err(format!("the plan changed something: {reads:#?}")), reads);
    }
    let plan = match planned {
        Ok(plan) => plan,
        Err(error) => return (Err(format!("no plan: {error}")), reads),
    };
    stage.aws.forget_calls();
    let played = stage.send(event).await;
    let made = stage.aws.mutating_calls();
    let answer = played.answer();
    let mut compared = compare(&plan, &made, answer.is_success(), answer.reason());
    if answer.is_success() {
        compared = compared.and(settled(stage, event, answer.physical_id()).await);
    }
    (compared.map_err(|problem| format!("{problem}: {plan:#} {made:#?}")), reads)
}

/// After the request, nothing is left to do.
async fn settled(stage: &Stage, event: &Event, id: &str) -> Result<(), String> {
    let properties = event.value()["ResourceProperties"].clone();
    let update = event.clone().with("RequestType", "Update").with("PhysicalResourceId", id);
    let plan = stage.plan(&update.with("OldResourceProperties", properties)).await;
    match plan {
        Ok(plan) if plan["InSync"] == true && plan["Steps"] == json!([]) => Ok(()),
        unsettled => Err(format!("not settled: {unsettled:?}")),
    }
}

/// Compares a plan with the changes that were made.
fn compare(plan: &Value, made: &[Call], success: bool, reason: &str) -> Result<(), String> {
    let problems = plan["Problems"].as_array().expect("a list");
    let refused = plan["Refused"].as_str().expect("a string");
    if !problems.is_empty() || !refused.is_empty() {
        let expected = problems.iter().filter_map(Value::as_str).chain([refused]);
        let explained = expected.into_iter().all(|expected| reason.contains(expected));
        return if success || !explained || !made.is_empty() {
            Err(format!("refused, but success: {success}, {reason}"))
        } else {
            Ok(())
        };
    }
    if !success {
        return Err(format!("not refused, but: {reason}"));
    }
    let steps = plan["Steps"].as_array().expect("a list").iter();
    let steps: Vec<&Value> = steps.filter(|step| is_change(step)).collect();
    if steps.len() != made.len() {
        return Err(format!("{} steps, but {} changes", steps.len(), made.len()));
    }
    steps.into_iter().zip(made).try_for_each(|(step, call)| compare_step(step, call))
}

/// A replacement that AWS has already, and a delivery gate that waits, have a step that only reads.
fn is_change(step: &Value) -> bool {
    let operation = step["Operation"].as_str().expect("an operation");
    !["Get", "List"].iter().any(|verb| operation.starts_with(verb))
}

fn compare_step(step: &Value, call: &Call) -> Result<(), String> {
    let differs = |what: &str| Err(format!("{what} of {step} and {}", call.input));
    if step["Operation"] != call.operation.as_str() {
        return differs("operations");
    }
    let resource = step["Resource"].as_str().expect("a resource");
    let input = |name: &str| call.input[name].as_str().unwrap_or_default().to_owned();
    let acts_on = match call.operation.as_str() {
        "CreateTrail" => resource.ends_with(&format!(":trail/{}", input("Name"))),
        "AddTags" | "RemoveTags" => input("ResourceId") == resource,
        "PutEventSelectors" => input("TrailName") == resource,
        "PutInsightSelectors" | "PutEventConfiguration" => {
            [input("TrailName"), input("TrailARN")].contains(&resource.to_owned())
        }
        "RegisterOrganizationDelegatedAdmin" => input("MemberAccountId") == resource,
        "RegisterDelegatedAdministrator" => input("AccountId") == resource,
        "EnableAWSServiceAccess" => input("ServicePrincipal") == resource,
        _ => input("Name") == resource,
    };
    if !acts_on {
        return differs("resources");
    }
    let changes: BTreeSet<[&str; 2]> = step["Changes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|change| ["Name", "New"].map(|field| change[field].as_str().expect("a string")))
        .collect();
    let sent = sent_settings(call);
    let same = match call.operation.as_str() {
        // A new trail has every setting, even if the call leaves it to its default.
        "CreateTrail" => sent.iter().all(|sent| changes.iter().any(|new| is_same(new, sent))),
        "UpdateTrail" | "AddTags" | "RemoveTags" => {
            sent.len() == changes.len()
                && sent.iter().all(|sent| changes.iter().any(|new| is_same(new, sent)))
        }
        _ => true,
    };
    if same { Ok(()) } else { differs("settings") }
}

/// The settings and tags in a call of CloudTrail, as a plan has them.
fn sent_settings(call: &Call) -> Vec<[String; 2]> {
    let settings = call.input.as_object().into_iter().flatten();
    let settings = settings.flat_map(|(name, value)| match (name.as_str(), value) {
        ("Name" | "ResourceId", _) => Vec::new(),
        ("TagsList", tags) => sent_tags(&call.operation, tags),
        (name, Value::String(value)) => vec![[name.to_owned(), value.clone()]],
        (name, value) => vec![[name.to_owned(), value.to_string()]],
    });
    settings.collect()
}

fn sent_tags(operation: &str, tags: &Value) -> Vec<[String; 2]> {
    let tags = tags.as_array().into_iter().flatten().map(|tag| {
        let value = match (operation, tag["Value"].as_str()) {
            ("RemoveTags", _) => "",
            (_, Some("") | None) => "\"\"",
            (_, Some(value)) => value,
        };
        [format!("Tags.{}", tag["Key"].as_str().expect("a key")), value.to_owned()]
    });
    tags.collect()
}

fn is_same([name, planned]: &[&str; 2], [sent_name, sent]: &[String; 2]) -> bool {
    name == sent_name
        && match planned.split_once(KEY_OF_ALIAS) {
            Some((before, "")) => sent.starts_with(before) && sent.len() == planned.len(),
            _ => planned == sent,
        }
}

fn problem_of_flow(flow: &Flow) -> (Result<(), String>, BTreeSet<String>) {
    play(1, async {
        let clock = Clock::start();
        let stage = stage(flow, prepare(flow, clock).await, clock);
        let (result, calls) = contradiction(&stage, &flow.event).await;
        let name = (flow.event.text("ResourceType"), flow.name);
        let operations = calls.into_iter().map(|call| call.operation).collect();
        (result.map_err(|problem| format!("{name:?}: {problem}")), operations)
    })
}

/// The operations are also those that the role of the plan function allows, so none is missing there,
/// and none is too much.
#[test]
fn every_plan_only_reads_and_comes_true() {
    let flows: Vec<Flow> =
        calls::flows().into_iter().filter(|flow| flow.kind() != "Delete").collect();
    let (results, operations): (Vec<_>, Vec<_>) =
        side_by_side(&flows, problem_of_flow).into_iter().unzip();
    let problems: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let called: BTreeSet<String> = operations.into_iter().flatten().collect();
    let of_plans = Operation::ALL.iter().filter(|operation| operation.is_part_of_plans());
    assert_eq!(called, of_plans.map(ToString::to_string).collect());
}

// ------------------------------------------------------------------------------- generated states

fn one_of<T: Clone + std::fmt::Debug + 'static>(values: &[T]) -> impl Strategy<Value = T> + use<T> {
    proptest::sample::select(values.to_vec())
}

/// Properties of a trail that CloudTrail accepts.
fn any_properties() -> impl Strategy<Value = Value> {
    let data = json!([{ "Type": "AWS::S3::Object", "Values": ["arn:aws:s3"] }]);
    let management = json!({ "Field": "eventCategory", "Equals": ["Management"] });
    let advanced = json!([
        { "Name": "all", "FieldSelectors": [management] },
        { "FieldSelectors": [
            { "Field": "eventCategory", "Equals": ["Data"] },
            { "Field": "resources.type", "Equals": ["AWS::S3::Object"] },
        ]},
    ]);
    let aggregation = json!([{ "EventCategory": "Data", "Templates": ["API_ACTIVITY"] }]);
    let recorded = one_of(&[
        json!({}),
        json!({ "EventSelectors": [{ "ReadWriteType": "WriteOnly" }] }),
        json!({ "EventSelectors": [{ "DataResources": data.clone() }] }),
        json!({ "EventSelectors": [{ "DataResources": data }],
                "AggregationConfigurations": aggregation }),
        json!({ "AdvancedEventSelectors": advanced.clone() }),
        json!({ "AdvancedEventSelectors": advanced, "AggregationConfigurations": aggregation }),
    ]);
    let insights = one_of(&[
        json!({}),
        json!({ "InsightSelectors": [{ "InsightType": "ApiCallRateInsight" }] }),
        json!({ "InsightSelectors": [
            { "InsightType": "ApiCallRateInsight" }, { "InsightType": "ApiErrorRateInsight" },
        ]}),
    ]);
    let where_to = one_of(&[
        json!({}),
        json!({ "S3KeyPrefix": "organization" }),
        json!({ "SnsTopicName": TOPIC }),
        json!({ "S3KeyPrefix": "audit", "SnsTopicName": TOPIC }),
    ]);
    let key = one_of(&[json!({}), json!({ "KMSKeyId": KEY }), json!({ "KMSKeyId": KEY_ALIAS })]);
    let logs = one_of(&[
        json!({}),
        json!({ "CloudWatchLogsLogGroupArn": LOG_GROUP, "CloudWatchLogsRoleArn": LOG_ROLE }),
    ]);
    let coverage = one_of(&[
        json!({}),
        json!({ "IsMultiRegionTrail": false }),
        json!({ "IsMultiRegionTrail": "false", "IncludeGlobalServiceEvents": false }),
    ]);
    let rest = one_of(&[
        json!({}),
        json!({ "EnableLogFileValidation": false }),
        json!({ "RecursiveLogging": false }),
        json!({ "IsLogging": false }),
    ]);
    let tags = one_of(&[
        json!({}),
        json!({ "Tags": [{ "Key": "team", "Value": "security" }] }),
        json!({ "Tags": [{ "Key": "team", "Value": "audit" }, { "Key": "cost", "Value": "" }] }),
    ]);
    (recorded, insights, where_to, key, logs, coverage, rest, tags).prop_map(
        |(recorded, insights, where_to, key, logs, coverage, rest, tags)| {
            let mut properties = trail_properties(json!({}));
            for more in [recorded, insights, where_to, key, logs, coverage, rest, tags] {
                let more = more.as_object().cloned().unwrap_or_default();
                properties.as_object_mut().expect("an object").extend(more);
            }
            properties
        },
    )
}

/// The change to the trail before the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Nothing,
    Delete,
    StopLogging,
    ChangeBucket,
    NarrowSelectors,
    MakeAccountTrail,
    AddTag,
    RemoveTags,
    MarkAdopted,
    GiveAway,
}

impl Deed {
    const ALL: [Self; 10] = [
        Self::Nothing,
        Self::Delete,
        Self::StopLogging,
        Self::ChangeBucket,
        Self::NarrowSelectors,
        Self::MakeAccountTrail,
        Self::AddTag,
        Self::RemoveTags,
        Self::MarkAdopted,
        Self::GiveAway,
    ];

    fn happen(self, world: &mut World) {
        if self == Self::Delete {
            world.trails.retain(|trail| trail.arn() != TRAIL_ARN);
        }
        let Some(trail) = world.trail_mut(TRAIL_ARN) else {
            return;
        };
        let tag = |trail: &mut Trail, key: &str, value: &str| {
            trail.tags.insert(key.to_owned(), value.to_owned());
        };
        match self {
            Self::Nothing | Self::Delete => {}
            Self::StopLogging => trail.is_logging = false,
            Self::ChangeBucket => trail.s3_bucket_name.push_str("-other"),
            Self::NarrowSelectors => {
                let read_write_type = "WriteOnly".to_owned();
                let selector = EventSelector { read_write_type, ..EventSelector::default() };
                trail.event_selectors = EventSelectors::Basic(vec![selector]);
            }
            Self::MakeAccountTrail => trail.is_organization_trail = false,
            Self::AddTag => tag(trail, "added", "by hand"),
            Self::RemoveTags => trail.tags.clear(),
            Self::MarkAdopted => tag(trail, "OrgTrail/Adopted", "true"),
            Self::GiveAway => tag(trail, "OrgTrail/Stack", OTHER_STACK),
        }
    }
}

/// The reference of the request to the trail.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Create,
    Update,
    UpdateWithoutOldProperties,
    Rename,
    RenameToExisting,
    Rollback,
    GeneratedId,
    FailedCreate,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Create,
        Self::Update,
        Self::UpdateWithoutOldProperties,
        Self::Rename,
        Self::RenameToExisting,
        Self::Rollback,
        Self::GeneratedId,
        Self::FailedCreate,
    ];

    fn request(self, old: Value, new: Value) -> Event {
        let renamed = |mut properties: Value| {
            properties["TrailName"] = "renamed".into();
            properties
        };
        let update = |id: &str, old, new| {
            let event = request("Update", OrgTrail).with("PhysicalResourceId", id);
            event.old_properties(old).properties(new)
        };
        match self {
            Self::Create => request("Create", OrgTrail).properties(new),
            Self::Update => update(TRAIL_ARN, old, new),
            Self::UpdateWithoutOldProperties => {
                update(TRAIL_ARN, old, new).without("OldResourceProperties")
            }
            Self::Rename => update(TRAIL_ARN, old, renamed(new)),
            Self::RenameToExisting => update(RENAMED_ARN, renamed(old), new),
            Self::Rollback => update(TRAIL_ARN, renamed(old), new),
            Self::GeneratedId => update(INVENTED, old, new),
            Self::FailedCreate => update(SENTINEL, old, new),
        }
    }
}

/// True if there is a trail that a failed rename left behind.
fn with_left_behind(world: &mut World) {
    let renamed = world.trail(TRAIL_ARN).cloned().map(|trail| Trail {
        name: "renamed".to_owned(),
        start_logging_time: None,
        is_logging: false,
        ..trail
    });
    world.trails.extend(renamed);
}

#[derive(Debug, Clone)]
struct Situation {
    old: Value,
    new: Value,
    deeds: Vec<Deed>,
    kind: Kind,
    adopt: bool,
    left_behind: bool,
}

fn any_situation() -> impl Strategy<Value = Situation> {
    let deeds = proptest::collection::vec(one_of(&Deed::ALL), 0..3);
    let flags = (any::<bool>(), proptest::bool::weighted(0.2));
    (any_properties(), any_properties(), deeds, one_of(&Kind::ALL), flags).prop_map(
        |(old, new, deeds, kind, (adopt, left_behind))| Situation {
            old,
            new,
            deeds,
            kind,
            adopt,
            left_behind,
        },
    )
}

async fn play_situation(situation: Situation) -> TestCaseResult {
    let Situation { old, mut new, deeds, kind, adopt, left_behind } = situation;
    let stage = Stage::new(plain(), Clock::start(), Way::Own);
    let created = stage.send(&request("Create", OrgTrail).properties(old.clone())).await;
    prop_assert!(created.answer().is_success(), "{}", created.answer().reason());
    stage.aws.world(|world| {
        for trail in &mut world.trails {
            *trail = logging_for_years(trail.clone());
        }
        if left_behind {
            with_left_behind(world);
        }
        for deed in deeds {
            deed.happen(world);
        }
    });
    if adopt {
        new["ExistingTrail"] = "Adopt".into();
    }
    stage.aws.forget_calls();
    let event = kind.request(old, new);
    let (result, _) = contradiction(&stage, &event).await;
    prop_assert!(result.is_ok(), "{}", result.unwrap_err());
    Ok(())
}

/// The number of generated situations.
const SITUATIONS: u32 = 256;

#[test]
fn plans_of_generated_states_come_true() {
    let configuration = ProptestConfig {
        cases: SITUATIONS,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(configuration, random);
    let played = runner.run(&any_situation(), |situation| play(1, play_situation(situation)));
    if let Err(problem) = played {
        panic!("{problem}");
    }
}
