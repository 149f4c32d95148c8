use super::*;
use crate::core::arn::AccountId;
use crate::core::fault::Cause;
use crate::core::operation::Operation;
use crate::core::trail::settings::CloudWatchLogs;

const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org";
const KEY: &str = "arn:aws:kms:eu-west-1:222222222222:key/1234";

fn configuration() -> Configuration {
    Configuration {
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

fn explained(code: &str) -> String {
    let (trail, configuration) = (TrailArn::parse(TRAIL).expect("an ARN"), configuration());
    let organization = Organization {
        id: "o-exampleorg1".to_owned(),
        management_account: AccountId::parse("111111111111").expect("an id"),
    };
    let scene = Scene {
        trail: Some(&trail),
        organization: Some(&organization),
        configuration: Some(&configuration),
        ..Scene::default()
    };
    let cause = Cause::Refused {
        code: code.to_owned(),
        message: "What AWS says.".to_owned(),
        status: 400,
    };
    explain(
        &Fault {
            operation: Operation::CreateTrail,
            cause,
            request_id: None,
        },
        &scene,
    )
}

/// Every surrounding that the resource promises a cure for, and the user's own values that the cure
/// has to name.
const PROMISED: [(&str, &[&str]); 17] = [
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
];

#[test]
fn every_promised_cure_names_the_users_own_values() {
    for (code, values) in PROMISED {
        let text = explained(code);
        for value in values {
            assert!(text.contains(value), "{code} lacks {value}: {text}");
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
