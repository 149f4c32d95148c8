//! Who may assume a role, and how long the credentials are good.

use serde_json::{Value, json};

use super::{check, ready, security, with};
use crate::aws::{
    AssumableRole, World,
    samples::MANAGEMENT_ACCOUNT,
    sts::{Credentials, Rejection},
};

const ROLE: &str = "arn:aws:iam::111111111111:role/orgtrail/OrgTrail";

/// A world where the security account may assume the role.
fn with_role() -> World {
    let role = AssumableRole::new(ROLE).trusting(&security().account);
    ready().with_assumable_role(role.demanding("example-external-id"))
}

fn without_external_id() -> Value {
    json!({ "RoleArn": ROLE, "RoleSessionName": "orgtrail-stack" })
}

fn request(more: Value) -> Value {
    with(with(without_external_id(), json!({ "ExternalId": "example-external-id" })), more)
}

/// The credentials in the response to a request.
fn assumed(world: &mut World, request: Value) -> Credentials {
    let result = world.done(security(), "AssumeRole", request);
    let text = |name: &str| result["Credentials"][name].as_str().map(str::to_owned);
    Credentials {
        access_key: text("AccessKeyId").expect("an access key ID"),
        session_token: text("SessionToken"),
    }
}

#[test]
fn a_new_trust_policy_takes_effect_later() {
    let mut world = with_role().with_propagation(|p| p.assumable_role = 1);
    assert_eq!(world.refused(security(), "AssumeRole", request(json!({}))), "AccessDenied");
    assumed(&mut world, request(json!({})));
}

#[test]
fn parameters_keep_to_the_model() {
    #[rustfmt::skip]
    let cases = [
        (json!({ "RoleSessionName": "x" }), "ValidationError"),
        (json!({ "RoleSessionName": "a name" }), "ValidationError"),
        (json!({ "RoleSessionName": "name/with/slashes" }), "ValidationError"),
        (json!({ "RoleSessionName": "n".repeat(65) }), "ValidationError"),
        (json!({ "RoleSessionName": "n".repeat(64) }), ""),
        (json!({ "ExternalId": "?" }), "ValidationError"),
        (json!({ "RoleArn": "OrgTrail" }), "ValidationError"),
    ];
    check(with_role, security, "AssumeRole", cases.map(|(more, code)| (request(more), code)));
}

#[test]
fn only_session_keys_must_be_known() {
    let mut world = with_role();
    let known = assumed(&mut world, request(json!({})));
    let credentials = |access_key: &str, token: Option<&str>| Credentials {
        access_key: access_key.to_owned(),
        session_token: token.map(str::to_owned),
    };
    let strange = [
        credentials(&known.access_key, None),
        credentials(&known.access_key, Some("another")),
        credentials("ASIAROLESESSION99999", known.session_token.as_deref()),
    ];
    for strange in strange {
        assert_eq!(world.account_of(&strange), Err(Rejection::Unknown));
    }
    let plain = credentials("ASIAEXAMPLEFUNCTION1", Some("of the function"));
    assert_eq!(world.account_of(&plain), Ok(MANAGEMENT_ACCOUNT.to_owned()));
}
