//! The management role and the log archive: the function, and no other principal, gets in.

use serde_json::json;
use simulator::aws::{AssumableRole, Caller, Objects, Policy, World};

use super::template::Template;
use super::{
    EXTERNAL_ID, FUNCTION_ROLE, FUNCTION_ROLES, MANAGEMENT, MEMBER, ORGANIZATION, REGION, SECURITY,
    call,
};

const MANAGEMENT_ROLE: &str = "arn:aws:iam::111111111111:role/orgtrail-management";
const BUCKET: &str = "org-logs-example";

fn trust(function_role: &str) -> Policy {
    let given = [
        ("FunctionRoleArn", function_role),
        ("ExternalId", EXTERNAL_ID),
        ("OrganizationId", ORGANIZATION),
    ];
    let template = Template::read("examples/management-role.yaml", MANAGEMENT, REGION, &given);
    Policy::Document(template.property("ManagementRole", "AssumeRolePolicyDocument"))
}

#[test]
fn only_the_function_assumes_the_management_role() {
    let same_name = "arn:aws:iam::222222222222:role/orgtrail-FunctionRole-ANOTHER";
    let elsewhere = "arn:aws:iam::333333333333:role/orgtrail-FunctionRole-1A2B3C4D5E6F";
    let other_role = "arn:aws:iam::222222222222:role/Administrator";
    #[rustfmt::skip]
    let cases = [
        (FUNCTION_ROLES, FUNCTION_ROLE, EXTERNAL_ID, ORGANIZATION, true),
        (FUNCTION_ROLE, FUNCTION_ROLE, EXTERNAL_ID, ORGANIZATION, true),
        (FUNCTION_ROLES, same_name, EXTERNAL_ID, ORGANIZATION, true),
        (FUNCTION_ROLE, same_name, EXTERNAL_ID, ORGANIZATION, false),
        (FUNCTION_ROLES, elsewhere, EXTERNAL_ID, ORGANIZATION, false),
        (FUNCTION_ROLES, other_role, EXTERNAL_ID, ORGANIZATION, false),
        (FUNCTION_ROLES, FUNCTION_ROLE, "another", ORGANIZATION, false),
        (FUNCTION_ROLES, FUNCTION_ROLE, EXTERNAL_ID, "o-another123", false),
    ];
    for (trusted, role, external_id, organization, allowed) in cases {
        let context = [("sts:ExternalId", external_id), ("aws:PrincipalOrgID", organization)];
        let access = call(role, "sts:AssumeRole", MANAGEMENT_ROLE, &context);
        assert_eq!(trust(trusted).allows(&access), allowed, "{trusted}: {access:?}");
    }
}

#[test]
fn simulated_sts_evaluates_the_trust_policy() {
    let role = AssumableRole { arn: MANAGEMENT_ROLE.to_owned(), trust: trust(FUNCTION_ROLES) };
    let mut world = World::organization().with_assumable_role(role);
    let request = json!({
        "RoleArn": MANAGEMENT_ROLE, "RoleSessionName": "orgtrail-stack", "ExternalId": EXTERNAL_ID,
    });
    let function = Caller::with_role(SECURITY, FUNCTION_ROLE, REGION);
    world.call(&function, "AssumeRole", &request).expect("the function assumes the role");
    let another = Caller::new(SECURITY, REGION);
    let error = world.call(&another, "AssumeRole", &request).expect_err("another role");
    assert_eq!(error.code, "AccessDenied");
}

/// A world with the bucket of the log archive, whose policy admits the function of another account.
fn archive(function_role: &str) -> World {
    let given = [
        ("OrganizationId", ORGANIZATION),
        ("ManagementAccountId", MANAGEMENT),
        ("TrailRegion", REGION),
        ("FunctionRoleArn", function_role),
    ];
    let template = Template::read("examples/log-archive.yaml", MEMBER, REGION, &given);
    let policy = template.property("BucketPolicy", "PolicyDocument").to_string();
    let policy = policy.replace("Bucket.Arn", &format!("arn:aws:s3:::{BUCKET}"));
    let policy = serde_json::from_str(&policy).expect("JSON");
    let mut world = World::organization().with_objects(BUCKET, Objects::of_keys(["AWSLogs/"]));
    let bucket = world.buckets.get_mut(BUCKET).expect("the bucket");
    (bucket.account, bucket.policy) = (MEMBER.to_owned(), Policy::Document(policy));
    world
}

#[test]
fn only_the_function_lists_log_files() {
    let logs = "AWSLogs/o-exampleorg1/111111111111/CloudTrail/";
    let function = || Caller::with_role(SECURITY, FUNCTION_ROLE, REGION);
    #[rustfmt::skip]
    let cases = [
        (FUNCTION_ROLES, function(), json!({ "Prefix": logs }), true),
        (FUNCTION_ROLE, function(), json!({ "Prefix": logs }), true),
        (FUNCTION_ROLES, function(), json!({ "Prefix": "AWSLogs/o-another123/" }), false),
        (FUNCTION_ROLES, function(), json!({}), false),
        (FUNCTION_ROLES, Caller::new(SECURITY, REGION), json!({ "Prefix": logs }), false),
        ("", function(), json!({ "Prefix": logs }), false),
    ];
    for (admitted, caller, mut input, allowed) in cases {
        input["Bucket"] = json!(BUCKET);
        let response = archive(admitted).call(&caller, "ListObjectsV2", &input);
        assert_eq!(response.is_ok(), allowed, "{admitted}: {caller:?}, {input}: {response:?}");
    }
}
