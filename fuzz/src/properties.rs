//! The properties of each resource type: accepted or rejected as a whole, equal for scalars as strings
//! and as JSON values, and never repeated in a message. A trail converges to the accepted properties.

use orgtrail::cfn::properties::{Properties, read};
use orgtrail::cfn::request::{Object, Request, RequestType};
use orgtrail::domain::names::{AccountId, Region, TrailArn};
use orgtrail::domain::owner::Owner;
use orgtrail::domain::trail::plan::{Claim, converge, retire};
use orgtrail::domain::trail::step::{Returned, TrailStep, after};
use orgtrail::domain::trail::{DesiredTrail, ObservedTrail};
use orgtrail::resource::org_delegated_administrator::OrgDelegatedAdministratorProperties;
use orgtrail::resource::org_trail::desired::{desired, identity};
use orgtrail::resource::org_trail::properties::OrgTrailProperties;
use orgtrail::resource::org_trail_delivery::properties::OrgTrailDeliveryProperties;
use orgtrail::resource::org_trusted_access::OrgTrustedAccessProperties;
use serde_json::{Map, Value};

const STACK: &str = "arn:aws:cloudformation:eu-west-1:111111111111:stack/audit/9f6e-uuid";
const SECRET: &str = "s3cr3t";

/// Takes the JSON of properties, for each resource type.
pub fn check(data: &[u8]) {
    let Ok(Value::Object(properties)) = serde_json::from_slice(data) else {
        return;
    };
    check_type::<OrgTrailProperties>(&properties);
    check_type::<OrgTrustedAccessProperties>(&properties);
    check_type::<OrgDelegatedAdministratorProperties>(&properties);
    check_type::<OrgTrailDeliveryProperties>(&properties);
    check_trail(&properties);
}

fn check_type<T: Properties + PartialEq + std::fmt::Debug>(properties: &Object) {
    let verdict = read::<T>(properties);
    if let Err(problems) = &verdict {
        assert!(!problems.to_string().is_empty(), "refused without a word");
    }

    let as_texts = map(properties, &|scalar| match scalar {
        Value::Bool(_) | Value::Number(_) => Value::String(scalar.to_string()),
        _ => scalar.clone(),
    });
    assert_eq!(read::<T>(&as_texts), verdict, "every scalar may be a string");

    let mut with_reserved = properties.clone();
    with_reserved.insert("ServiceToken".to_owned(), "arn".into());
    with_reserved.insert("ServiceTimeout".to_owned(), "300".into());
    assert_eq!(read::<T>(&with_reserved), verdict, "CloudFormation's own");

    let mut with_unknown = properties.clone();
    with_unknown.insert("\u{fffd}".to_owned(), Value::Null);
    let problems = read::<T>(&with_unknown).expect_err("an unknown property");
    assert!(problems.to_string().contains("unknown property \u{fffd}"), "{problems}");

    let secret = map(properties, &|scalar| match scalar {
        Value::Null => Value::Null,
        scalar => Value::String(format!("{SECRET}{scalar}")),
    });
    if !names(properties).any(|name| name.contains(SECRET)) {
        let said = read::<T>(&secret).err().unwrap_or_default().to_string();
        assert!(!said.contains(SECRET), "{said}");
    }
}

/// The properties with every scalar in them changed.
fn map(properties: &Object, change: &impl Fn(&Value) -> Value) -> Object {
    fn deep(value: &Value, change: &impl Fn(&Value) -> Value) -> Value {
        match value {
            Value::Array(entries) => entries.iter().map(|entry| deep(entry, change)).collect(),
            Value::Object(object) => Value::Object(map(object, change)),
            scalar => change(scalar),
        }
    }
    let changed = |(name, value): (&String, &Value)| (name.clone(), deep(value, change));
    properties.iter().map(changed).collect()
}

fn names(properties: &Object) -> Box<dyn Iterator<Item = &String> + '_> {
    fn of(value: &Value) -> Box<dyn Iterator<Item = &String> + '_> {
        match value {
            Value::Array(entries) => Box::new(entries.iter().flat_map(of)),
            Value::Object(object) => names(object),
            _ => Box::new(std::iter::empty()),
        }
    }
    Box::new(properties.iter().flat_map(|(name, value)| std::iter::once(name).chain(of(value))))
}

fn check_trail(properties: &Object) {
    let home = "eu-west-1".parse::<Region>().expect("a Region");
    let request = Request {
        request_type: RequestType::Update,
        resource_type: "Custom::OrgTrail".to_owned(),
        stack_id: STACK.to_owned(),
        logical_id: "Trail".to_owned(),
        physical_id: None,
        properties: properties.clone(),
        old_properties: properties.clone(),
        issued_at: None,
    };
    let Ok(desired) = desired(&request, &home, None) else {
        return;
    };
    let identity = identity(properties, &home).expect("they were read");
    assert_eq!(identity, (desired.name.clone(), desired.home_region.clone()));
    assert!(desired.dropped_tags.is_empty(), "the same properties drop nothing");

    let first = Request { old_properties: Map::new(), ..request };
    let desired_first = orgtrail::resource::org_trail::desired::desired(&first, &home, None);
    assert_eq!(desired_first.as_ref(), Ok(&desired), "old properties decide nothing else");
    check_convergence(&desired);
}

/// A trail matches the properties after a few plans, and its owner can remove it.
fn check_convergence(desired: &DesiredTrail) {
    let owner = Owner::new(STACK, "Trail");
    let mut trail = None;
    for plan in 0.. {
        let steps = converge(desired, trail.as_ref(), &owner, Claim::ByName).expect("ours");
        if steps.is_empty() {
            break;
        }
        // The second plan stores the key of an alias.
        assert!(plan < 2, "{steps:?}");
        for step in steps {
            trail = apply(desired, trail, &step);
        }
    }
    let trail = trail.expect("a trail");
    assert_eq!(retire(&trail.tags, &owner), [TrailStep::Delete]);
    assert_eq!(retire(&trail.tags, &Owner::new(STACK, "Other")), []);
}

/// Replaces the names of keys and topics by their ARNs, as CloudTrail does.
fn apply(
    desired: &DesiredTrail,
    trail: Option<ObservedTrail>,
    step: &TrailStep,
) -> Option<ObservedTrail> {
    let wanted = &desired.settings;
    let account = "111111111111".parse::<AccountId>().expect("an account");
    let arn = |kind: &str, name: &str| match name.starts_with("arn:") && !name.contains(":alias/") {
        true => name.to_owned(),
        false if name.contains("alias/") => {
            "arn:aws:kms:eu-west-1:111111111111:key/1234".to_owned()
        }
        false => format!("arn:aws:{kind}{name}"),
    };
    let answered = Returned {
        arn: TrailArn::new("aws", desired.home_region.clone(), account, desired.name.clone()),
        kms_key: wanted.kms_key.as_ref().map(|key| arn("kms:eu-west-1:111111111111:key/", key)),
        sns_topic: wanted.sns_topic.as_ref().map(|topic| arn("sns:eu-west-1:111111111111:", topic)),
    };
    after(trail, step, Some(answered))
}
