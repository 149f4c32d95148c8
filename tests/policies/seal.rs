//! The service control policy that seals the audit trail.

use orgtrail::domain::operation::Operation;
use serde_json::Value;
use simulator::aws::{Access, Policy};

use super::template::Template;
use super::{FUNCTION_ROLE, MANAGEMENT, REGION, call};

const DEPLOY_ROLE: &str = "arn:aws:iam::222222222222:role/inception-deploy";
const ADMINISTRATOR: &str = "arn:aws:iam::222222222222:role/Administrator";
const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:111111111111:trail/organization";
const FUNCTION: &str =
    "arn:aws:lambda:us-east-1:222222222222:function:orgtrail-Function-1A2B3C4D5E6F";
const BUCKET: &str = "arn:aws:s3:::org-logs-example";
const LOG_FILE: &str = "arn:aws:s3:::org-logs-example/AWSLogs/o-exampleorg1/111111111111/file.gz";
const KEY: &str = "arn:aws:kms:us-east-1:222222222222:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";

/// The longest service control policy that Organizations accepts, in characters.
const LONGEST: usize = 5_120;

fn content(trusted: &str) -> Value {
    let given = [
        ("TargetIds", "r-ab12"),
        ("TrustedRoleArns", trusted),
        ("LogBucketName", "org-logs-example"),
        ("KmsKeyArn", KEY),
    ];
    let path = "examples/service-control-policy.yaml";
    Template::read(path, MANAGEMENT, REGION, &given).property("Seal", "Content")
}

/// Checks if Organizations refuses a call of a principal, for which IAM would allow it.
///
/// A service control policy does not apply to principals of the management account.
fn is_refused(policy: &Value, access: &Access<'_>) -> bool {
    let of_management = access.context["aws:PrincipalArn"].contains(&format!("::{MANAGEMENT}:"));
    !of_management && Policy::Document(policy.clone()).denies(access)
}

/// Calls of an attacker with all permissions in a member account.
const ATTACKS: [(&str, &str); 30] = [
    ("cloudtrail:StopLogging", TRAIL),
    ("cloudtrail:DeleteTrail", TRAIL),
    ("cloudtrail:UpdateTrail", TRAIL),
    ("cloudtrail:PutEventSelectors", TRAIL),
    ("cloudtrail:PutInsightSelectors", TRAIL),
    ("cloudtrail:AddTags", TRAIL),
    ("cloudtrail:RemoveTags", TRAIL),
    ("cloudtrail:DeregisterOrganizationDelegatedAdmin", "*"),
    ("organizations:DisableAWSServiceAccess", "*"),
    ("organizations:LeaveOrganization", "*"),
    ("lambda:InvokeFunction", FUNCTION),
    ("lambda:UpdateFunctionCode", FUNCTION),
    ("lambda:UpdateFunctionConfiguration", FUNCTION),
    ("lambda:DeleteFunction", FUNCTION),
    ("lambda:DeleteFunctionConcurrency", FUNCTION),
    ("lambda:PutFunctionConcurrency", FUNCTION),
    ("lambda:AddPermission", FUNCTION),
    ("lambda:CreateFunctionUrlConfig", FUNCTION),
    ("iam:UpdateAssumeRolePolicy", FUNCTION_ROLE),
    ("iam:PutRolePolicy", FUNCTION_ROLE),
    ("iam:AttachRolePolicy", FUNCTION_ROLE),
    ("iam:PassRole", FUNCTION_ROLE),
    // It matches the pattern in the trust policy of the management role.
    ("iam:CreateRole", "arn:aws:iam::222222222222:role/orgtrail-FunctionRole-OWN"),
    ("s3:PutBucketPolicy", BUCKET),
    ("s3:DeleteBucket", BUCKET),
    ("s3:PutLifecycleConfiguration", BUCKET),
    ("s3:DeleteObjectVersion", LOG_FILE),
    ("s3:BypassGovernanceRetention", LOG_FILE),
    ("kms:ScheduleKeyDeletion", KEY),
    ("kms:PutKeyPolicy", KEY),
];

#[test]
fn attacks_are_refused_and_the_pipeline_is_not() {
    let policy = content(DEPLOY_ROLE);
    let root = "arn:aws:iam::222222222222:root";
    for (action, resource) in ATTACKS {
        for attacker in [ADMINISTRATOR, root, FUNCTION_ROLE] {
            let refused = is_refused(&policy, &call(attacker, action, resource, &[]));
            assert!(refused, "{attacker}: {action}");
        }
        let of_organization = resource == "*";
        let refused = is_refused(&policy, &call(DEPLOY_ROLE, action, resource, &[]));
        assert_eq!(refused, of_organization, "{action} of the pipeline");
    }
}

#[test]
fn the_functions_calls_are_not_refused() {
    let management_role = "arn:aws:iam::111111111111:role/orgtrail-management";
    let sealed = content(DEPLOY_ROLE);
    let delegated = content(&format!("{DEPLOY_ROLE},{FUNCTION_ROLE}"));
    for action in Operation::ALL.iter().flat_map(|operation| operation.actions()) {
        // In the management account, or from another account with the management role.
        let access = call(management_role, &action, TRAIL, &[]);
        assert!(!is_refused(&sealed, &access), "{action} with the management role");
        // In the account of the delegated administrator. AWS accepts no other calls from it.
        let only_management =
            action.starts_with("organizations:") || action.ends_with("OrganizationDelegatedAdmin");
        let access = call(FUNCTION_ROLE, &action, TRAIL, &[]);
        assert!(only_management || !is_refused(&delegated, &access), "{action} as administrator");
    }
    // The function makes these calls with its own role in each case.
    for (action, resource) in [
        ("sts:AssumeRole", management_role),
        ("s3:ListBucket", BUCKET),
        ("logs:PutLogEvents", "*"),
        ("sqs:SendMessage", "*"),
    ] {
        assert!(!is_refused(&sealed, &call(FUNCTION_ROLE, action, resource, &[])), "{action}");
    }
}

#[test]
fn other_work_is_not_refused() {
    let policy = content(DEPLOY_ROLE);
    for (action, resource) in [
        ("cloudtrail:StopLogging", "arn:aws:cloudtrail:us-east-1:222222222222:trail/own"),
        ("cloudtrail:LookupEvents", "*"),
        ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:222222222222:function:another"),
        ("lambda:GetFunction", FUNCTION),
        ("iam:GetRole", FUNCTION_ROLE),
        ("iam:CreateRole", "arn:aws:iam::222222222222:role/another"),
        ("s3:GetObject", LOG_FILE),
        ("s3:DeleteObject", "arn:aws:s3:::another/object"),
        ("kms:Decrypt", KEY),
    ] {
        assert!(!is_refused(&policy, &call(ADMINISTRATOR, action, resource, &[])), "{action}");
    }
}

#[test]
fn the_policy_has_an_accepted_length() {
    // As long as its values can reasonably be.
    let role = format!("arn:aws:iam::222222222222:role/{}", "r".repeat(64));
    let length = content(&[&*role; 3].join(",")).to_string().len();
    assert!(length <= LONGEST, "{length} characters");
}
