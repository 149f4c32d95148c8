use super::*;
use crate::domain::delivery::{DeliveryError, Destination};
use crate::domain::error_codes::{ErrorCode, Meaning};
use crate::domain::fault::Cause;
use crate::domain::operation::Operation;
use crate::domain::trail::settings::CloudWatchLogs;

const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org";
const KEY: &str = "arn:aws:kms:eu-west-1:222222222222:key/1234";

fn settings() -> Settings {
    Settings {
        organization: true,
        bucket: "org-logs".to_owned(),
        key_prefix: Some("audit".to_owned()),
        kms_key: Some(KEY.to_owned()),
        sns_topic: Some("trail-topic".to_owned()),
        cloud_watch_logs: Some(CloudWatchLogs {
            log_group_arn: "arn:aws:logs:eu-west-1:111111111111:log-group:trail:*".to_owned(),
            role_arn: "arn:aws:iam::111111111111:role/trail-to-logs".to_owned(),
        }),
        multi_region: true,
        global_service_events: true,
        log_file_validation: true,
        recursive_logging: true,
    }
}

fn organization() -> Organization {
    Organization {
        id: "o-exampleorg1".to_owned(),
        management_account: AccountId::parse("111111111111").expect("an id"),
    }
}

fn service_error(operation: Operation, code: &str, message: &str) -> Fault {
    Fault {
        operation,
        cause: Cause::service(code, message, 400),
        request_id: None,
    }
}

fn explained(code: &str) -> String {
    let (trail, settings) = (TrailArn::parse(TRAIL).expect("an ARN"), settings());
    let context = Context {
        trail: Some(&trail),
        organization: Some(&organization()),
        settings: Some(&settings),
        ..Context::default()
    };
    explain(
        &service_error(Operation::CreateTrail, code, "What AWS says."),
        &context,
    )
}

/// Every surrounding that the resource promises a cure for, and the user's own values that the cure
/// has to name.
const PROMISED: &[(&str, &[&str])] = &[
    (
        "CloudTrailAccessNotEnabledException",
        &["Custom::OrgTrustedAccess", "DependsOn"],
    ),
    (
        "NotOrganizationMasterAccountException",
        &["111111111111", "MANAGEMENT_ROLE_ARN"],
    ),
    ("OrganizationsNotInUseException", &["organization"]),
    ("AWSOrganizationsNotInUseException", &["organization"]),
    (
        "OrganizationNotInAllFeaturesModeException",
        &["all features"],
    ),
    (
        "S3BucketDoesNotExistException",
        &["org-logs", "S3BucketName"],
    ),
    (
        "InsufficientS3BucketPolicyException",
        &[
            TRAIL,
            "cloudtrail.amazonaws.com",
            "s3:GetBucketAcl",
            "arn:aws:s3:::org-logs;",
            "s3:PutObject",
            "arn:aws:s3:::org-logs/audit/AWSLogs/111111111111/*",
            "arn:aws:s3:::org-logs/audit/AWSLogs/o-exampleorg1/*",
            "aws:SourceArn",
        ],
    ),
    ("KmsKeyNotFoundException", &[KEY, "Region", "org-logs"]),
    (
        "InsufficientEncryptionPolicyException",
        &[
            KEY,
            TRAIL,
            "kms:GenerateDataKey*",
            "kms:DescribeKey",
            "aws:SourceArn",
        ],
    ),
    (
        "InsufficientSnsTopicPolicyException",
        &[
            "arn:aws:sns:eu-west-1:111111111111:trail-topic",
            "sns:Publish",
            "aws:SourceArn",
        ],
    ),
    (
        "InvalidCloudWatchLogsLogGroupArnException",
        &[
            "log-group:trail:log-stream:111111111111_CloudTrail_*",
            "o-exampleorg1_*",
        ],
    ),
    (
        "InvalidCloudWatchLogsRoleArnException",
        &["role/trail-to-logs", "sts:AssumeRole"],
    ),
    (
        "MaximumNumberOfTrailsExceededException",
        &["five", "eu-west-1", "Adopt"],
    ),
    (
        "NoManagementAccountSLRExistsException",
        &["AWSServiceRoleForCloudTrail"],
    ),
    (
        "AccessDeniedException",
        &["cloudtrail:CreateTrail", "111111111111"],
    ),
    (
        "InsufficientDependencyServiceAccessPermissionException",
        &["iam:CreateServiceLinkedRole"],
    ),
    ("InvalidKmsKeyIdException", &[KEY, "KMSKeyId"]),
    (
        "NotOrganizationManagementAccountException",
        &["not even a delegated administrator", "MANAGEMENT_ROLE_ARN"],
    ),
    (
        "TrailAlreadyExistsException",
        &["not seen from here", "another TrailName"],
    ),
    (
        "InvalidS3BucketNameException",
        &["org-logs is not a valid bucket name", "S3BucketName"],
    ),
    ("KmsException", &[KEY, "not pending deletion"]),
    ("KmsKeyDisabledException", &[KEY, "must be enabled"]),
    (
        "InvalidSnsTopicNameException",
        &["trail-topic is not a topic's name or ARN", "SnsTopicName"],
    ),
    (
        "CloudWatchLogsDeliveryUnavailableException",
        &["CloudWatchLogsLogGroupArn", "HomeRegion"],
    ),
    (
        "DelegatedAdminAccountLimitExceededException",
        &["three", "Deregister"],
    ),
    (
        "CannotDelegateManagementAccountException",
        &["its own delegated administrator", "AccountId"],
    ),
    (
        "AccountNotFoundException",
        &["no such account", "AccountId"],
    ),
    ("TagsLimitExceededException", &["50 tags"]),
];

#[test]
fn every_promised_cure_names_the_users_own_values() {
    for (code, values) in PROMISED.iter().copied() {
        let text = explained(code);
        for value in values {
            assert!(text.contains(value), "{code} lacks {value}: {text}");
        }
    }
}

/// What can reach the stack's owner: a final error, and one that was waited out until time ran out.
#[test]
fn every_code_that_ends_a_request_has_advice() {
    let (trail, settings) = (TrailArn::parse(TRAIL).expect("an ARN"), settings());
    let whole = Context {
        trail: Some(&trail),
        organization: Some(&organization()),
        settings: Some(&settings),
        service_principal: Some("sso.amazonaws.com"),
        account: AccountId::parse("222222222222").ok(),
        ..Context::default()
    };
    for (code, name, meaning) in ErrorCode::TABLE {
        let fault = service_error(Operation::CreateTrail, name, "What AWS says.");
        let advised =
            explain(&fault, &whole) != format!("CreateTrail for {TRAIL} failed ({fault})");
        match meaning {
            Meaning::Retry(_)
            | Meaning::RetryIf(..)
            | Meaning::NotOffered
            | Meaning::RegionNotEnabled
            | Meaning::Final => assert!(advised, "{code:?}"),
            Meaning::NotEnabled | Meaning::Impossible(_) => assert!(!advised, "{code:?}"),
            // Success for one operation, and an error for another.
            Meaning::NotFound | Meaning::AlreadyExists => {}
        }
    }
}

#[test]
fn the_cause_comes_before_the_cure_and_with_the_words_of_aws() {
    let text = explained("InsufficientS3BucketPolicyException");
    let essence = text.chars().take(200).collect::<String>();
    assert!(
        essence.contains("the bucket policy of org-logs does not let CloudTrail"),
        "{essence}"
    );
    assert!(
        text.contains("(InsufficientS3BucketPolicyException: What AWS says.)"),
        "{text}"
    );
}

#[test]
fn what_nobody_foresaw_is_passed_on_as_aws_said_it() {
    assert_eq!(
        explained("SomethingNewException"),
        format!("CreateTrail for {TRAIL} failed (SomethingNewException: What AWS says.)"),
    );
}

#[test]
fn the_management_account_is_named_where_it_is_known() {
    let fault = service_error(
        Operation::GetTrail,
        "NotOrganizationMasterAccountException",
        "",
    );
    let organization = organization();
    let known = Context {
        organization: Some(&organization),
        ..Context::default()
    };
    let text = explain(&fault, &known);
    assert!(
        text.contains("management account 111111111111 nor"),
        "{text}"
    );
    let text = explain(&fault, &Context::default());
    assert!(text.contains("management account nor"), "{text}");
}

#[test]
fn what_organizations_refuses_is_told_apart_by_its_reason_and_by_what_was_asked() {
    let asked = |account, service_principal| Context {
        service_principal,
        account,
        ..Context::default()
    };
    let account = AccountId::parse("222222222222").ok();
    let registration = asked(account, Some("sso.amazonaws.com"));
    let switch = asked(None, Some("sso.amazonaws.com"));
    for (code, message, context, said) in [
        (
            "ConstraintViolationException",
            "SERVICE_ACCESS_NOT_ENABLED",
            registration,
            "trusted access between Organizations and sso.amazonaws.com is off",
        ),
        (
            "ConstraintViolationException",
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            registration,
            "cannot be its own delegated administrator",
        ),
        (
            "ConstraintViolationException",
            "MASTER_ACCOUNT_NOT_IN_ALL_FEATURES_MODE: ALL_FEATURES",
            registration,
            "consolidated billing only",
        ),
        (
            "ConstraintViolationException",
            "OTHER",
            registration,
            "does not allow this registration",
        ),
        (
            "ConstraintViolationException",
            "OTHER",
            switch,
            "failed (Constr",
        ),
        (
            "InvalidInputException",
            "",
            switch,
            "does not know this service principal",
        ),
        (
            "InvalidInputException",
            "",
            Context::default(),
            "failed (InvalidInput",
        ),
    ] {
        let fault = service_error(Operation::RegisterDelegatedAdministrator, code, message);
        let text = explain(&fault, &context);
        assert!(text.contains(said), "{code} {message}: {text}");
    }
}

#[test]
fn a_bucket_that_cannot_be_listed_is_not_one_that_cannot_be_written() {
    let text = |operation, code| explain(&service_error(operation, code, ""), &Context::default());
    let listing = text(Operation::ListObjectsV2, "AccessDenied");
    assert!(listing.contains("LOG_BUCKET_ROLE_ARN"), "{listing}");
    let other = text(Operation::GetTrail, "AccessDenied");
    assert!(!other.contains("LOG_BUCKET_ROLE_ARN"), "{other}");
    let gone = text(Operation::ListObjectsV2, "NoSuchBucket");
    assert!(
        gone.contains("does not exist") && gone.contains("S3BucketName"),
        "{gone}"
    );
}

/// What a delivery error says, with or without a key of the trail's own.
fn delivery_error(destination: Destination, code: &str, kms_key: Option<&str>) -> String {
    let trail = TrailArn::parse(TRAIL).expect("an ARN");
    let settings = Settings {
        kms_key: kms_key.map(str::to_owned),
        ..settings()
    };
    let context = Context {
        trail: Some(&trail),
        organization: Some(&organization()),
        settings: Some(&settings),
        ..Context::default()
    };
    let code = code.to_owned();
    explain_delivery_error(&DeliveryError { destination, code }, &context)
}

#[test]
fn a_bucket_that_refuses_logs_is_cured_by_what_it_refuses_them_for() {
    const BUCKET_POLICY: &str = "s3:PutObject";
    const KEY_POLICY: &str = "kms:GenerateDataKey*";
    const STATE_OF_THE_KEY: &str = "Look at the state of the key";
    for (code, key, said, unsaid) in [
        (
            "NoSuchBucket",
            Some(KEY),
            vec!["org-logs is gone"],
            vec![BUCKET_POLICY, KEY_POLICY],
        ),
        (
            "KMS.DisabledException",
            Some(KEY),
            vec![STATE_OF_THE_KEY, KEY, KEY_POLICY],
            vec![BUCKET_POLICY],
        ),
        (
            "KMS.NotFoundException",
            None,
            vec![STATE_OF_THE_KEY, "by default"],
            vec![BUCKET_POLICY],
        ),
        (
            "KMS.KMSInvalidStateException",
            Some(KEY),
            vec![STATE_OF_THE_KEY, KEY],
            vec![BUCKET_POLICY],
        ),
        (
            "KMS.AccessDeniedException",
            Some(KEY),
            vec![KEY, KEY_POLICY],
            vec![BUCKET_POLICY, STATE_OF_THE_KEY],
        ),
        (
            "AccessDenied",
            Some(KEY),
            vec![BUCKET_POLICY, KEY, KEY_POLICY],
            vec![STATE_OF_THE_KEY],
        ),
        (
            "AccessDenied",
            None,
            vec![BUCKET_POLICY],
            vec![KEY_POLICY, "The key is"],
        ),
    ] {
        let text = delivery_error(Destination::Bucket, code, key);
        let beginning =
            format!("CloudTrail could not deliver logs of {TRAIL} to org-logs ({code}). ");
        assert!(text.starts_with(&beginning), "{text}");
        for said in said {
            assert!(text.contains(said), "{code}: {said} is not in: {text}");
        }
        for unsaid in unsaid {
            assert!(!text.contains(unsaid), "{code}: {unsaid} is in: {text}");
        }
    }
}

#[test]
fn a_topic_and_a_log_group_that_refuse_are_named_with_what_they_need() {
    let text = delivery_error(Destination::Topic, "AuthorizationError", None);
    assert!(
        text.contains("to trail-topic (AuthorizationError)") && text.contains("sns:Publish"),
        "{text}"
    );
    let text = delivery_error(Destination::LogGroup, "AccessDenied", None);
    for said in [
        "log-group:trail:* (AccessDenied)",
        "role/trail-to-logs",
        "logs:PutLogEvents",
    ] {
        assert!(text.contains(said), "{said} is not in: {text}");
    }
}
