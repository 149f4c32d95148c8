//! Who may assume a role, and for how long what they get is good.

use super::*;
use crate::aws::{
    samples::MANAGEMENT_ACCOUNT,
    tests::{NOW, done, management, ready, refused, security},
};

const ROLE: &str = "arn:aws:iam::111111111111:role/orgtrail/OrgTrail";

/// The role that the security account may assume.
fn role() -> AssumableRole {
    AssumableRole::new(ROLE)
        .trusting(&security().account)
        .demanding("example-external-id")
}

fn with_role() -> World {
    ready().with_assumable_role(role())
}

fn request(more: Value) -> Value {
    let mut request = json!({
        "RoleArn": ROLE,
        "RoleSessionName": "orgtrail-stack",
        "ExternalId": "example-external-id",
    });
    for (name, value) in more.as_object().expect("parameters") {
        request[name] = value.clone();
    }
    request
}

/// What the answer to a request hands out.
fn assumed(world: &mut World, request: Value) -> Credentials {
    let answer = done(world, &security(), "AssumeRole", request);
    let text = |name: &str| answer["Credentials"][name].as_str().map(str::to_owned);
    Credentials {
        access_key: text("AccessKeyId").expect("an access key id"),
        session_token: text("SessionToken"),
    }
}

#[test]
fn a_trusted_account_gets_credentials_of_the_roles_account() {
    let mut world = with_role();
    let answer = done(&mut world, &security(), "AssumeRole", request(json!({})));
    assert_eq!(
        answer["AssumedRoleUser"]["Arn"],
        "arn:aws:sts::111111111111:assumed-role/OrgTrail/orgtrail-stack"
    );
    let expiration = Timestamp::from_seconds(NOW + 3600.0);
    assert_eq!(answer["Credentials"]["Expiration"], expiration.to_text());
    let key = answer["Credentials"]["AccessKeyId"].as_str().expect("text");
    assert_eq!(key.len(), 20);
    let session = &world.role_sessions[key];
    assert_eq!(
        (session.name.as_str(), session.account()),
        ("orgtrail-stack", MANAGEMENT_ACCOUNT)
    );
    let credentials = assumed(&mut world, request(json!({})));
    assert_eq!(
        world.account_of(&credentials),
        Ok(MANAGEMENT_ACCOUNT.to_owned())
    );
    assert_ne!(credentials.access_key, key);
}

#[test]
fn whoever_is_not_admitted_hears_the_same() {
    let another = "arn:aws:iam::111111111111:role/Another";
    let attempts = [
        (management(), request(json!({}))),
        (
            security(),
            request(json!({ "ExternalId": "another-external-id" })),
        ),
        (
            security(),
            json!({ "RoleArn": ROLE, "RoleSessionName": "orgtrail-stack" }),
        ),
        (security(), request(json!({ "RoleArn": another }))),
    ];
    for (caller, input) in attempts {
        let mut world = with_role();
        let error = world
            .call(&caller, "AssumeRole", &input)
            .expect_err("refused");
        assert_eq!((error.status, error.code.as_str()), (403, "AccessDenied"));
        let arn = input["RoleArn"].as_str().expect("text");
        let end = format!("is not authorized to perform: sts:AssumeRole on resource: {arn}");
        assert!(error.message.ends_with(&end), "{error}");
        assert!(world.role_sessions.is_empty());
    }
    let mut unpermitted = with_role().denying("sts:*");
    let error = unpermitted
        .call(&security(), "AssumeRole", &request(json!({})))
        .expect_err("refused");
    assert_eq!((error.status, error.code.as_str()), (403, "AccessDenied"));
    assert!(error.message.contains("identity-based"), "{error}");
}

#[test]
fn a_role_that_demands_no_external_id_takes_any_or_none() {
    let role = AssumableRole::new(ROLE).trusting(&security().account);
    let mut world = ready().with_assumable_role(role);
    assumed(&mut world, request(json!({})));
    assumed(
        &mut world,
        json!({ "RoleArn": ROLE, "RoleSessionName": "orgtrail-stack" }),
    );
}

#[test]
fn a_trust_policy_that_was_just_written_is_not_seen_at_once() {
    let mut world = with_role().with_propagation(|p| p.assumable_role = 1);
    let code = refused(&mut world, &security(), "AssumeRole", request(json!({})));
    assert_eq!(code, "AccessDenied");
    assumed(&mut world, request(json!({})));
}

#[test]
fn parameters_keep_to_the_model() {
    let names = ["x", "a name", "name/with/slashes", &"n".repeat(65)];
    let spoilt = names
        .map(|name| json!({ "RoleSessionName": name }))
        .into_iter()
        .chain([
            json!({ "ExternalId": "?" }),
            json!({ "RoleArn": "OrgTrail" }),
            json!({ "DurationSeconds": "60" }),
            json!({ "DurationSeconds": "soon" }),
            json!({ "DurationSeconds": "7200" }),
        ]);
    for more in spoilt {
        let code = refused(
            &mut with_role(),
            &security(),
            "AssumeRole",
            request(more.clone()),
        );
        assert_eq!(code, "ValidationError", "{more}");
    }
    assumed(
        &mut with_role(),
        request(json!({ "RoleSessionName": "n".repeat(64) })),
    );
}

#[test]
fn credentials_are_good_until_they_run_out_by_the_worlds_clock() {
    for (asked, granted) in [(None, 1_200), (Some("900"), 900)] {
        let mut world = World {
            session_seconds: 1_200,
            ..with_role()
        };
        let more = asked.map_or(json!({}), |asked| json!({ "DurationSeconds": asked }));
        let credentials = assumed(&mut world, request(more));
        world.now = Timestamp::from_seconds(NOW).later_by(granted - 1);
        assert!(world.account_of(&credentials).is_ok());
        world.now = world.now.later_by(1);
        assert_eq!(world.account_of(&credentials), Err(Rejection::Expired));
    }
}

#[test]
fn session_credentials_that_nobody_handed_out_are_not_known_and_plain_ones_stand_for_accounts() {
    let mut world = with_role();
    let credentials = assumed(&mut world, request(json!({})));
    let strange = [
        Credentials {
            session_token: None,
            ..credentials.clone()
        },
        Credentials {
            session_token: Some("another".to_owned()),
            ..credentials.clone()
        },
        Credentials {
            access_key: "ASIAROLESESSION99999".to_owned(),
            ..credentials
        },
    ];
    for credentials in strange {
        assert_eq!(world.account_of(&credentials), Err(Rejection::Unknown));
    }
    let plain = Credentials {
        access_key: "ASIAEXAMPLEFUNCTION1".to_owned(),
        session_token: Some("of the function".to_owned()),
    };
    assert_eq!(world.account_of(&plain), Ok(MANAGEMENT_ACCOUNT.to_owned()));
}
