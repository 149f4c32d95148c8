//! Helpers of the tests of the rules.

mod over_http;
mod sts;

use serde_json::{Value, json};

use super::{
    CLOUDTRAIL, Caller, EventDataStore, Timestamp, World,
    samples::{MANAGEMENT_ACCOUNT, MEMBER_ACCOUNT, REGION, SECURITY_ACCOUNT},
};

/// When the tests' calls happen.
pub(super) const NOW: f64 = 1_700_000_000.0;

/// An organization with trusted access for CloudTrail, at a time that stands still.
pub(super) fn ready() -> World {
    World::organization().with_trusted_access(CLOUDTRAIL).at(Timestamp::from_seconds(NOW))
}

pub(super) fn management() -> Caller {
    Caller::new(MANAGEMENT_ACCOUNT, REGION)
}

/// The management account in another Region.
pub(super) fn elsewhere() -> Caller {
    Caller::new(MANAGEMENT_ACCOUNT, "eu-west-1")
}

pub(super) fn security() -> Caller {
    Caller::new(SECURITY_ACCOUNT, REGION)
}

pub(super) fn member() -> Caller {
    Caller::new(MEMBER_ACCOUNT, REGION)
}

pub(super) fn stranger() -> Caller {
    Caller::new("999999999999", REGION)
}

/// An organization event data store of the management account.
pub(super) fn lake() -> EventDataStore {
    EventDataStore {
        account: MANAGEMENT_ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        id: "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9".to_owned(),
        name: "lake".to_owned(),
        organization_enabled: true,
        status: "ENABLED".to_owned(),
    }
}

/// `members` and then `more`, in place of them where the names are the same.
pub(super) fn with(mut members: Value, more: Value) -> Value {
    let (Value::Object(all), Value::Object(more)) = (&mut members, more) else {
        panic!("two objects");
    };
    all.extend(more);
    members
}

impl World {
    /// The result of a call that has to succeed.
    #[track_caller]
    pub(super) fn done(&mut self, caller: Caller, operation: &str, input: Value) -> Value {
        match self.call(&caller, operation, &input) {
            Ok(result) => result,
            Err(error) => panic!("{operation} {input} was refused: {error}"),
        }
    }

    /// The error code of a call that has to be refused, and must not have changed trails, trusted
    /// access or delegated administrators.
    #[track_caller]
    pub(super) fn refused(&mut self, caller: Caller, operation: &str, input: Value) -> String {
        let configured = |world: &World| {
            let trails = world.trails.iter().map(|trail| (trail.described(), trail.tags.clone()));
            let mut registered = world.delegated_administrators.clone();
            registered.retain(|_, accounts| !accounts.is_empty());
            (trails.collect::<Vec<_>>(), world.trusted_access.clone(), registered)
        };
        let before = configured(self);
        match self.call(&caller, operation, &input) {
            Ok(result) => panic!("{operation} {input} was carried out: {result}"),
            Err(error) => {
                assert_eq!(configured(self), before, "{operation} {input}");
                error.code
            }
        }
    }
}

/// Checks the error codes of calls, each in a world of its own; an empty one stands for success.
#[track_caller]
pub(super) fn check(
    world: impl Fn() -> World,
    caller: fn() -> Caller,
    operation: &str,
    cases: impl IntoIterator<Item = (Value, &'static str)>,
) {
    for (input, code) in cases {
        if code.is_empty() {
            world().done(caller(), operation, input);
        } else {
            let refusal = world().refused(caller(), operation, input.clone());
            assert_eq!(refusal, code, "{operation} {input}");
        }
    }
}

#[test]
fn a_world_survives_json() {
    let world = ready()
        .with_trail(super::Trail::organization("OrgTrail").with_tag("Team", "security"))
        .denying("iam:*");
    let text = serde_json::to_string(&world).expect("JSON");
    assert_eq!(serde_json::from_str::<World>(&text).expect("a world"), world);
    assert_eq!(json!(Timestamp::from_seconds(1.25)), json!(1.25));
    let misspelt = serde_json::from_str::<World>(r#"{ "trialz": [] }"#);
    assert!(misspelt.expect_err("refused").to_string().contains("trialz"));
}
