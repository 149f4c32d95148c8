use super::*;
use crate::domain::delivery::{DeliveryError, Destination};
use crate::domain::error_codes::{ErrorCode, Meaning};
use crate::domain::names::Region;
use crate::domain::operation::Operation;

const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org";
const KEY: &str = "arn:aws:kms:eu-west-1:222222222222:key/1234";

/// The context of a trail with a destination of each kind.
fn with_trail<T>(kms_key: Option<&str>, reason: impl FnOnce(&Context<'_>) -> T) -> T {
    let settings = Settings {
        key_prefix: Some("audit".to_owned()),
        kms_key: kms_key.map(str::to_owned),
        sns_topic: Some("trail-topic".to_owned()),
        cloud_watch_logs: Some(CloudWatchLogs {
            log_group_arn: "arn:aws:logs:eu-west-1:111111111111:log-group:trail:*".to_owned(),
            role_arn: "arn:aws:iam::111111111111:role/trail-to-logs".to_owned(),
        }),
        ..Settings::new("org-logs")
    };
    reason(&Context {
        trail: TRAIL.parse().ok().as_ref(),
        organization: Some(&organization()),
        settings: Some(&settings),
        ..Context::default()
    })
}

fn organization() -> Organization {
    Organization {
        id: "o-exampleorg1".to_owned(),
        management_account: "111111111111".parse().expect("an id"),
    }
}

fn service_error(operation: Operation, code: &str, message: &str) -> Fault {
    let cause = Cause::service(code, message, 400);
    Fault { operation, region: None, cause, request_id: None }
}

fn explained(code: &str) -> String {
    let fault = service_error(Operation::CreateTrail, code, "AWS's message.");
    with_trail(Some(KEY), |context| explain(&fault, context))
}

#[test]
#[rustfmt::skip] // One row per code.
fn each_remedy_has_the_real_values() {
    let codes: [(&str, &[&str]); 28] = [
        ("CloudTrailAccessNotEnabledException", &["Custom::OrgTrustedAccess", "DependsOn"]),
        ("NotOrganizationMasterAccountException", &["111111111111", "MANAGEMENT_ROLE_ARN"]),
        ("OrganizationsNotInUseException", &["organization"]),
        ("AWSOrganizationsNotInUseException", &["organization"]),
        ("OrganizationNotInAllFeaturesModeException", &["all features"]),
        ("S3BucketDoesNotExistException", &["org-logs", "S3BucketName"]),
        ("InsufficientS3BucketPolicyException", &[
            TRAIL, "cloudtrail.amazonaws.com", "s3:GetBucketAcl", "\"arn:aws:s3:::org-logs\",",
            "s3:PutObject", "arn:aws:s3:::org-logs/audit/AWSLogs/111111111111/*",
            "arn:aws:s3:::org-logs/audit/AWSLogs/o-exampleorg1/*", "aws:SourceArn",
        ]),
        ("KmsKeyNotFoundException", &[KEY, "Region", "org-logs"]),
        ("InsufficientEncryptionPolicyException",
            &[KEY, TRAIL, "kms:GenerateDataKey*", "kms:DescribeKey", "aws:SourceArn"]),
        ("InsufficientSnsTopicPolicyException",
            &["arn:aws:sns:eu-west-1:111111111111:trail-topic", "sns:Publish", "aws:SourceArn"]),
        ("InvalidCloudWatchLogsLogGroupArnException",
            &["log-group:trail:log-stream:111111111111_CloudTrail_*", "o-exampleorg1_*"]),
        ("InvalidCloudWatchLogsRoleArnException", &["role/trail-to-logs", "sts:AssumeRole"]),
        ("MaximumNumberOfTrailsExceededException", &["five", "eu-west-1", "Adopt"]),
        ("NoManagementAccountSLRExistsException", &["AWSServiceRoleForCloudTrail"]),
        ("AccessDeniedException", &["cloudtrail:CreateTrail", "111111111111"]),
        ("InsufficientDependencyServiceAccessPermissionException", &["iam:CreateServiceLinkedRole"]),
        ("InvalidKmsKeyIdException", &[KEY, "KMSKeyId"]),
        ("NotOrganizationManagementAccountException",
            &["a delegated administrator cannot", "MANAGEMENT_ROLE_ARN"]),
        ("TrailAlreadyExistsException", &["does not show it", "another TrailName"]),
        ("InvalidS3BucketNameException", &["org-logs is not a valid bucket name", "S3BucketName"]),
        ("KmsException", &[KEY, "not pending deletion"]),
        ("KmsKeyDisabledException", &[KEY, "must be enabled"]),
        ("InvalidSnsTopicNameException", &["trail-topic is not the name", "SnsTopicName"]),
        ("CloudWatchLogsDeliveryUnavailableException", &["CloudWatchLogsLogGroupArn", "HomeRegion"]),
        ("DelegatedAdminAccountLimitExceededException", &["three", "Deregister"]),
        ("CannotDelegateManagementAccountException",
            &["management account cannot be a delegated administrator", "AccountId"]),
        ("AccountNotFoundException", &["no such account", "AccountId"]),
        ("TagsLimitExceededException", &["50 tags"]),
    ];
    for (code, values) in codes {
        let reason = explained(code);
        for value in values {
            assert!(reason.contains(value), "{code} lacks {value}: {reason}");
        }
    }
}

/// An error is in a reason if it is final, or if the function retried it until the time ended.
#[test]
fn each_code_in_a_reason_has_advice() {
    for (code, name, meaning) in ErrorCode::TABLE {
        let fault = service_error(Operation::CreateTrail, name, "AWS's message.");
        let reason = with_trail(Some(KEY), |context| {
            let context = Context {
                service_principal: Some("sso.amazonaws.com"),
                account: "222222222222".parse().ok(),
                ..*context
            };
            explain(&fault, &context)
        });
        let has_advice = reason != format!("CreateTrail for {TRAIL} failed ({fault})");
        match meaning {
            Meaning::Retry(_)
            | Meaning::RetryIf(..)
            | Meaning::NotFound
            | Meaning::NoOrganization
            | Meaning::NotOffered
            | Meaning::RegionNotEnabled
            | Meaning::Final => assert!(has_advice, "{code:?}"),
            Meaning::NotEnabled | Meaning::Impossible(_) => assert!(!has_advice, "{code:?}"),
            // Success for one operation, and an error for another.
            Meaning::AlreadyExists => {}
        }
    }
}

/// Whatever a Delete fails with, nothing has to be created or declared for it.
#[test]
fn a_delete_is_not_advised_to_create() {
    let trail = TRAIL.parse::<TrailArn>().ok();
    for (code, name, _) in ErrorCode::TABLE {
        for operation in Operation::ALL {
            for message in ["AWS's message.", "x (Reason: SERVICE_ACCESS_NOT_ENABLED)"] {
                let fault = service_error(*operation, name, message);
                let context = Context {
                    deletes: true,
                    trail: trail.as_ref(),
                    organization: Some(&organization()),
                    service_principal: Some("sso.amazonaws.com"),
                    account: "222222222222".parse().ok(),
                    ..Context::default()
                };
                let reason = explain(&fault, &context);
                for part in
                    ["Custom::", "Deploy again", "Create the", "create-service", "enable-aws"]
                {
                    assert!(!reason.contains(part), "{code:?}: {part} is in: {reason}");
                }
            }
        }
    }
}

#[test]
fn a_region_other_than_the_trails_is_named() {
    let reason = |region: &str, context: &Context<'_>| {
        let fault = service_error(Operation::GetTrail, "AccessDeniedException", "");
        explain(&Fault { region: region.parse().ok(), ..fault }, context)
    };
    let arn = TRAIL.parse::<TrailArn>().ok();
    let trail = Context { trail: arn.as_ref(), ..Context::default() };
    let service = Context { service_principal: Some("x.amazonaws.com"), ..Context::default() };
    assert!(reason("eu-west-1", &trail).starts_with(&format!("GetTrail for {TRAIL} failed")));
    assert!(
        reason("eu-north-1", &trail).starts_with(&format!("GetTrail for {TRAIL} in eu-north-1"))
    );
    let in_region = "GetTrail for trusted access with x.amazonaws.com in eu-west-1 failed";
    assert!(reason("eu-west-1", &service).starts_with(in_region));
}

#[test]
fn a_reason_without_error_code_has_advice() {
    let reason = |cause, region: Option<&str>| {
        let operation = Operation::GetTrail;
        let region = region.and_then(|region| region.parse::<Region>().ok());
        explain(&Fault { operation, region, cause, request_id: None }, &Context::default())
    };
    for cause in [Cause::TimedOut, Cause::Unreachable("dns error".to_owned())] {
        let known = reason(cause.clone(), Some("eu-west-1"));
        assert!(known.contains("no response from cloudtrail in eu-west-1"), "{known}");
        assert!(known.contains("VPC") && !known.contains("HomeRegion"), "{known}");
        let unknown = reason(cause.clone(), Some("eu-west-9"));
        assert!(unknown.contains("eu-west-9") && unknown.contains("HomeRegion"), "{unknown}");
        assert!(!reason(cause, None).contains("HomeRegion"));
    }
    assert!(reason(Cause::Unreadable, None).contains("proxy"));
    // Codes that are not in the table.
    for (status, part) in [(429, "throttled"), (500, "internal error")] {
        let reason = reason(Cause::service("SomethingNewException", "", status), None);
        assert!(reason.contains(part), "{reason}");
    }
}

#[test]
fn a_request_is_repeated_by_the_same_command() {
    for (deletes, again) in [(false, "Deploy again"), (true, "Delete the stack again")] {
        let context = Context { deletes, ..Context::default() };
        let fault = service_error(Operation::GetTrail, "InternalFailure", "");
        let reason = explain(&fault, &context);
        let remedy = format!("{again}. If the error remains, check the AWS Health Dashboard");
        assert!(reason.ends_with(&remedy), "{reason}");
    }
}

#[test]
fn create_trail_internal_errors_name_the_bucket_policy() {
    let reason = explained("InternalFailure");
    assert!(reason.contains("bucket policy") && reason.contains("s3:GetBucketAcl"), "{reason}");
    let fault = service_error(Operation::GetTrail, "InternalFailure", "");
    let other = with_trail(None, |context| explain(&fault, context));
    assert!(!other.contains("bucket policy"), "{other}");
}

#[test]
#[rustfmt::skip] // One row per operation.
fn an_unsupported_operation_names_its_property() {
    for (operation, property) in [
        (Operation::PutInsightSelectors, "Remove InsightSelectors"),
        (Operation::PutEventConfiguration, "Remove AggregationConfigurations"),
        (Operation::PutEventSelectors, "Remove EventSelectors or AdvancedEventSelectors"),
        (Operation::AddTags, "Remove Tags"),
        (Operation::CreateTrail, "Remove the property that AWS's message names"),
    ] {
        let fault = service_error(operation, "UnsupportedOperationException", "");
        let reason = explain(&Fault { region: "cn-north-1".parse().ok(), ..fault }, &Context::default());
        assert!(reason.contains(property) && reason.contains("in cn-north-1"), "{reason}");
    }
}

#[test]
fn a_reason_has_operation_trail_cause_and_error() {
    let beginning = format!(
        "CreateTrail for {TRAIL} failed: the bucket policy of org-logs does not allow CloudTrail to \
         write its log files (InsufficientS3BucketPolicyException: AWS's message.). Add these \
         statements to the bucket policy: ["
    );
    let reason = explained("InsufficientS3BucketPolicyException");
    assert!(reason.starts_with(&beginning), "{reason}");
    assert_eq!(
        explained("SomethingNewException"),
        format!("CreateTrail for {TRAIL} failed (SomethingNewException: AWS's message.)"),
    );
}

#[test]
fn the_management_account_is_named_if_known() {
    let code = "NotOrganizationMasterAccountException";
    let fault = service_error(Operation::GetTrail, code, "");
    for (organization, part) in [
        (Some(&organization()), "management account 111111111111 nor"),
        (None, "management account nor"),
    ] {
        let context = Context { organization, ..Context::default() };
        let reason = explain(&fault, &context);
        assert!(reason.contains(part), "{reason}");
    }
}

/// The callers read the organization only for these faults. CreateTrail alone fails with
/// TrailAlreadyExists, and a Create has read the organization before.
#[test]
fn reasons_name_the_management_account_as_predicted() {
    let others = |code: &ErrorCode| *code != ErrorCode::TrailAlreadyExists;
    for (code, name, _) in ErrorCode::TABLE.into_iter().filter(|(code, ..)| others(code)) {
        let depends = Operation::ALL.iter().any(|operation| {
            let fault = service_error(*operation, name, "");
            let known = Context { organization: Some(&organization()), ..Context::default() };
            explain(&fault, &known) != explain(&fault, &Context::default())
        });
        let fault = service_error(Operation::GetTrail, name, "");
        assert_eq!(names_management_account(&fault), depends, "{code:?}");
    }
}

#[test]
#[rustfmt::skip] // One row per case.
fn advice_depends_on_reason_and_operation() {
    let trusted_access = Context { service_principal: Some("sso.amazonaws.com"), ..Context::default() };
    let registration = Context { account: "222222222222".parse().ok(), ..trusted_access };
    let none = Context::default();
    let constraint = "ConstraintViolationException";
    let register = Operation::RegisterDelegatedAdministrator;
    for (operation, code, message, context, part) in [
        (register, constraint, "x (Reason: SERVICE_ACCESS_NOT_ENABLED)", registration, "trusted access with sso.amazonaws.com is not enabled"),
        (register, constraint, "x (Reason: CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR)", registration, "cannot be a delegated administrator"),
        (register, constraint, "x (Reason: ORGANIZATION_NOT_IN_ALL_FEATURES_MODE)", registration, "consolidated billing features only"),
        (register, constraint, "x (Reason: CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR)", registration, "the account is suspended"),
        (register, constraint, "x (Reason: MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED)", registration, "--service-principal sso.amazonaws.com"),
        (register, constraint, "x (Reason: DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE)", trusted_access, "still has delegated administrators"),
        (register, constraint, "x (Reason: WAIT_PERIOD_ACTIVE)", registration, "forbids the call: wait period active"),
        (register, constraint, "x (Reason: WAIT_PERIOD_ACTIVE)", registration, "explains WAIT_PERIOD_ACTIVE in"),
        (register, constraint, "x", trusted_access, "a rule of Organizations forbids the call ("),
        (register, "InvalidInputException", "x (Reason: UNRECOGNIZED_SERVICE_PRINCIPAL)", trusted_access, "does not support this service principal"),
        (register, "InvalidInputException", "x (Reason: INVALID_PATTERN)", none, "explains INVALID_PATTERN in"),
        (register, "InvalidInputException", "", none, "does not accept a parameter"),
        (Operation::ListObjectsV2, "AccessDenied", "", none, "the parameter LogBucketName"),
        (Operation::ListObjectsV2, "AccessDenied", "", none, "the parameter LogBucketRoleArn"),
        (Operation::ListObjectsV2, "NoSuchBucket", "", none, "does not exist"),
        (Operation::ListObjectsV2, "NoSuchBucket", "", none, "S3BucketName"),
    ] {
        let reason = explain(&service_error(operation, code, message), &context);
        assert!(reason.contains(part), "{code} {message}: {reason}");
    }
    let other = explain(&service_error(Operation::GetTrail, "AccessDenied", ""), &none);
    assert!(!other.contains("LogBucketRoleArn"), "{other}");
}

#[test]
#[rustfmt::skip] // One row per case.
fn delivery_errors_have_a_remedy() {
    type Parts = &'static [&'static str];
    const BUCKET: &str = "s3:PutObject";
    const KEY_POLICY: &str = "kms:GenerateDataKey*";
    const STATE: &str = "Check the state of the key";
    let cases: [(&str, Option<&str>, Parts, Parts); 7] = [
        ("NoSuchBucket", Some(KEY), &["org-logs does not exist"], &[BUCKET, KEY_POLICY]),
        ("KMS.DisabledException", Some(KEY), &[STATE, KEY, KEY_POLICY], &[BUCKET]),
        ("KMS.NotFoundException", None, &[STATE, "default encryption"], &[BUCKET]),
        ("KMS.KMSInvalidStateException", Some(KEY), &[STATE, KEY], &[BUCKET]),
        ("KMS.AccessDeniedException", Some(KEY), &[KEY, KEY_POLICY], &[BUCKET, STATE]),
        ("AccessDenied", Some(KEY), &[BUCKET, KEY, KEY_POLICY], &[STATE]),
        ("AccessDenied", None, &[BUCKET], &[KEY_POLICY, "The key is"]),
    ];
    let reason = |destination, code: &str, key| {
        let error = DeliveryError { destination, code: code.to_owned() };
        with_trail(key, |context| explain_delivery_error(&error, context))
    };
    for (code, key, parts, other_parts) in cases {
        let reason = reason(Destination::Bucket, code, key);
        let beginning = format!("CloudTrail could not deliver logs of {TRAIL} to org-logs ({code}). ");
        assert!(reason.starts_with(&beginning), "{reason}");
        for part in parts {
            assert!(reason.contains(part), "{code}: {part} is not in: {reason}");
        }
        for part in other_parts {
            assert!(!reason.contains(part), "{code}: {part} is in: {reason}");
        }
    }
    for (destination, code, parts) in [
        (Destination::Digests, "AccessDenied", ["digest files of", "to org-logs (AccessDenied)", BUCKET]),
        (Destination::Topic, "AuthorizationError", ["to trail-topic (AuthorizationError)", "sns:Publish", TRAIL]),
        (Destination::LogGroup, "AccessDenied", ["log-group:trail:* (AccessDenied)", "role/trail-to-logs", "logs:PutLogEvents"]),
    ] {
        let reason = reason(destination, code, None);
        for part in parts {
            assert!(reason.contains(part), "{part} is not in: {reason}");
        }
    }
}
