//! Plans come true: a Plan makes read calls only, and the request that follows makes exactly the
//! changes that the plan has, or is refused for the same reason.

use std::collections::BTreeSet;

use orgtrail::domain::operation::Operation;
use proptest::prelude::*;
use proptest::sample::{Select, select};
use proptest::test_runner::TestCaseResult;
use serde_json::{Value, json};
use simulator::aws::{Call, EventSelectors, Trail, World};
use simulator::cloudformation::Event;

use crate::{
    calls,
    faults::{
        course::{prepare, stage},
        flow::Flow,
        trails::RENAMED_ARN,
    },
    generate,
    requests::request,
    stage::{Clock, Stage, play},
    states::{OTHER_STACK, logging_for_years, plain},
    support::{
        GENERATED, KEY, KEY_ALIAS, LOG_GROUP, LOG_ROLE, OrgTrail, SENTINEL, TOPIC, TRAIL_ARN,
        adopting, merged, trail_properties,
    },
    table::side_by_side,
};

/// In a plan, what only CloudTrail's response contains.
const KEY_OF_ALIAS: &str = "<the ID of the key behind the alias>";

/// Plans the request, and then sends it. Returns what contradicts the plan, and the calls of the
/// plan.
async fn contradiction(stage: &Stage, event: &Event) -> (Result<(), String>, Vec<Call>) {
    let world = stage.world();
    let planned = stage.plan(event).await;
    let reads = stage.aws.calls();
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
    let response = played.response();
    let mut compared = compare(&plan, &made, response.is_success(), response.reason());
    if response.is_success() {
        compared = compared.and(settled(stage, event, response.physical_id()).await);
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

fn one_of(values: impl IntoIterator<Item = Value>) -> Select<Value> {
    select(values.into_iter().collect::<Vec<_>>())
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
    let recorded = one_of([
        json!({}),
        json!({ "EventSelectors": [{ "ReadWriteType": "WriteOnly" }] }),
        json!({ "EventSelectors": [{ "DataResources": data.clone() }] }),
        json!({ "EventSelectors": [{ "DataResources": data }],
                "AggregationConfigurations": aggregation }),
        json!({ "AdvancedEventSelectors": advanced.clone() }),
        json!({ "AdvancedEventSelectors": advanced, "AggregationConfigurations": aggregation }),
    ]);
    let insights = one_of([
        json!({}),
        json!({ "InsightSelectors": [{ "InsightType": "ApiCallRateInsight" }] }),
        json!({ "InsightSelectors": [
            { "InsightType": "ApiCallRateInsight" }, { "InsightType": "ApiErrorRateInsight" },
        ]}),
    ]);
    let destination = one_of([
        json!({}),
        json!({ "S3KeyPrefix": "organization" }),
        json!({ "SnsTopicName": TOPIC }),
        json!({ "S3KeyPrefix": "audit", "SnsTopicName": TOPIC }),
    ]);
    let key = one_of([json!({}), json!({ "KMSKeyId": KEY }), json!({ "KMSKeyId": KEY_ALIAS })]);
    let logs = one_of([
        json!({}),
        json!({ "CloudWatchLogsLogGroupArn": LOG_GROUP, "CloudWatchLogsRoleArn": LOG_ROLE }),
    ]);
    let coverage = one_of([
        json!({}),
        json!({ "IsMultiRegionTrail": false }),
        json!({ "IsMultiRegionTrail": "false", "IncludeGlobalServiceEvents": false }),
    ]);
    let rest = one_of([
        json!({}),
        json!({ "EnableLogFileValidation": false }),
        json!({ "RecursiveLogging": false }),
        json!({ "IsLogging": false }),
    ]);
    let tags = one_of([
        json!({}),
        json!({ "Tags": [{ "Key": "team", "Value": "security" }] }),
        json!({ "Tags": [{ "Key": "team", "Value": "audit" }, { "Key": "cost", "Value": "" }] }),
    ]);
    vec![recorded, insights, destination, key, logs, coverage, rest, tags]
        .prop_map(|parts| parts.into_iter().fold(trail_properties(json!({})), merged))
}

/// A change outside CloudFormation.
type Change = (&'static str, fn(&mut World));

/// The changes that may precede the request.
const CHANGES: [Change; 10] = [
    ("none", |_| {}),
    ("deleted", |world| world.trails.retain(|trail| trail.arn() != TRAIL_ARN)),
    ("logging stopped", |world| change(world, |trail| trail.is_logging = false)),
    ("another bucket", |world| change(world, |trail| trail.s3_bucket_name.push_str("-other"))),
    ("narrower selectors", |world| {
        change(world, |trail| trail.event_selectors = EventSelectors::of_type("WriteOnly"));
    }),
    ("account trail", |world| change(world, |trail| trail.is_organization_trail = false)),
    ("tag added", |world| tag(world, "added", "by hand")),
    ("tags removed", |world| change(world, |trail| trail.tags.clear())),
    ("marked as adopted", |world| tag(world, "OrgTrail/Adopted", "true")),
    ("another owner", |world| tag(world, "OrgTrail/Stack", OTHER_STACK)),
];

/// Changes the trail, if it exists.
fn change(world: &mut World, change: impl FnOnce(&mut Trail)) {
    if let Some(trail) = world.trail_mut(TRAIL_ARN) {
        change(trail);
    }
}

fn tag(world: &mut World, key: &str, value: &str) {
    change(world, |trail| *trail = trail.clone().with_tag(key, value));
}

/// A request with old and new properties.
type Kind = (&'static str, fn(Value, Value) -> Event);

/// The requests, which refer to the trail in different ways.
const KINDS: [Kind; 8] = [
    ("Create", |_, new| request("Create", OrgTrail).properties(new)),
    ("Update", |old, new| update(TRAIL_ARN, old, new)),
    ("Update without old properties", |old, new| {
        update(TRAIL_ARN, old, new).without("OldResourceProperties")
    }),
    ("rename", |old, new| update(TRAIL_ARN, old, renamed(new))),
    ("rename to an existing trail", |old, new| update(RENAMED_ARN, renamed(old), new)),
    ("rollback", |old, new| update(TRAIL_ARN, renamed(old), new)),
    ("generated ID", |old, new| update(GENERATED, old, new)),
    ("failed Create", |old, new| update(SENTINEL, old, new)),
];

fn update(id: &str, old: Value, new: Value) -> Event {
    let event = request("Update", OrgTrail).with("PhysicalResourceId", id);
    event.old_properties(old).properties(new)
}

fn renamed(properties: Value) -> Value {
    merged(properties, json!({ "TrailName": "renamed" }))
}

/// Adds a trail that a failed rename left behind.
fn leave_behind(world: &mut World) {
    let renamed = world.trail(TRAIL_ARN).cloned().map(|trail| Trail {
        name: "renamed".to_owned(),
        start_logging_time: None,
        is_logging: false,
        ..trail
    });
    world.trails.extend(renamed);
}

type Situation = (Value, Value, Vec<Change>, Kind, (bool, bool));

fn any_situation() -> impl Strategy<Value = Situation> {
    let changes = proptest::collection::vec(select(CHANGES.to_vec()), 0..3);
    let flags = (any::<bool>(), proptest::bool::weighted(0.2));
    (any_properties(), any_properties(), changes, select(KINDS.to_vec()), flags)
}

async fn play_situation(situation: Situation) -> TestCaseResult {
    let (old, new, changes, (_, event), (adopts, leaves_behind)) = situation;
    let stage = Stage::new(plain(), Clock::start());
    let created = stage.send(&request("Create", OrgTrail).properties(old.clone())).await;
    prop_assert!(created.response().is_success(), "{}", created.response().reason());
    stage.aws.world(|world| {
        for trail in &mut world.trails {
            *trail = logging_for_years(trail.clone());
        }
        if leaves_behind {
            leave_behind(world);
        }
        for (_, change) in changes {
            change(world);
        }
    });
    stage.aws.forget_calls();
    let event = event(old, if adopts { adopting(new) } else { new });
    let (result, _) = contradiction(&stage, &event).await;
    prop_assert!(result.is_ok(), "{}", result.unwrap_err());
    Ok(())
}

/// The number of generated situations.
const SITUATIONS: u32 = 256;

#[test]
fn plans_of_generated_states_come_true() {
    generate::run(SITUATIONS, &any_situation(), |situation| play(1, play_situation(situation)));
}
