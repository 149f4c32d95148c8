//! What AWS answers, with everything in it that the function reads and some that it does not.

use orgtrail::core::operation::Operation;
use orgtrail::transport::{Request, Response};
use serde_json::{Value, json};

use crate::calls::SERVICE;
use crate::scene::TRAIL;
use crate::wire::{answer, operation};

/// What STS answers.
pub const SESSION_BEGUN: &str = r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult>
    <AssumedRoleUser>
      <AssumedRoleId>AROAEXAMPLE:orgtrail-audit</AssumedRoleId>
      <Arn>arn:aws:sts::222222222222:assumed-role/OrgTrail/orgtrail-audit</Arn>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>ASIAOFTHEROLE</AccessKeyId>
      <SecretAccessKey>secret/of+the&amp;role</SecretAccessKey>
      <SessionToken>token/of+the=role</SessionToken>
      <Expiration>2026-11-23T13:00:00Z</Expiration>
    </Credentials>
  </AssumeRoleResult>
  <ResponseMetadata><RequestId>request-id</RequestId></ResponseMetadata>
</AssumeRoleResponse>"#;

/// What an operation may answer; nothing where there is nothing to be read.
pub fn samples(operation: Operation) -> Vec<Value> {
    match operation {
        Operation::CreateTrail | Operation::UpdateTrail => vec![json!({
            "Name": "org",
            "TrailARN": TRAIL,
            "KmsKeyId": "arn:aws:kms:eu-west-1:111111111111:key/1a2b",
            "SnsTopicARN": "arn:aws:sns:eu-west-1:111111111111:topic",
        })],
        Operation::GetTrail => vec![json!({ "Trail": {
            "Name": "org",
            "TrailARN": TRAIL,
            "HomeRegion": "eu-west-1",
            "HasCustomEventSelectors": true,
            "IsOrganizationTrail": true,
            "S3BucketName": "org-logs",
            "S3KeyPrefix": "präfix/\"1\"",
            "KmsKeyId": "arn:aws:kms:eu-west-1:111111111111:key/1a2b",
            "SnsTopicName": "topic",
            "SnsTopicARN": "arn:aws:sns:eu-west-1:111111111111:topic",
            "CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:111111111111:log-group:trail:*",
            "CloudWatchLogsRoleArn": "arn:aws:iam::111111111111:role/logs",
            "IsMultiRegionTrail": true,
            "IncludeGlobalServiceEvents": true,
            "LogFileValidationEnabled": true,
            "RecursiveLogging": false,
        }})],
        Operation::GetTrailStatus => vec![json!({
            "IsLogging": true,
            "StartLoggingTime": 1_795_430_000.123,
            "LatestDeliveryTime": 1_795_435_100,
            "LatestDeliveryError": "NoSuchBucket",
            "LatestNotificationError": "AuthorizationError",
            "LatestCloudWatchLogsDeliveryError": "AccessDenied",
            "TimeLoggingStarted": "2026-11-23T10:33:20Z",
        })],
        Operation::GetEventSelectors => event_selectors(),
        Operation::GetInsightSelectors => vec![json!({ "TrailARN": TRAIL, "InsightSelectors": [
            { "InsightType": "ApiErrorRateInsight", "EventCategories": ["Management", "Data"] },
            { "InsightType": "ApiCallRateInsight", "EventCategories": [] },
            { "InsightType": "OfTomorrow", "EventCategories": ["Network"] },
        ]})],
        Operation::GetEventConfiguration => vec![json!({ "AggregationConfigurations": [
            { "EventCategory": "Data", "Templates": ["API_ACTIVITY", "OF_TOMORROW"] },
        ]})],
        Operation::ListTags => vec![json!({ "ResourceTagList": [{
            "ResourceId": TRAIL,
            "TagsList": [
                { "Key": "team", "Value": "audit" },
                { "Key": "OrgTrail/KmsAlias", "Value": "alias/logs=1a2b" },
            ],
        }]})],
        Operation::ListTrails => vec![json!({ "Trails": [
            { "TrailARN": TRAIL, "Name": "org", "HomeRegion": "eu-west-1" },
            { "TrailARN": "arn:aws:cloudtrail:us-east-1:111111111111:trail/other" },
            { "TrailARN": "none" },
        ]})],
        Operation::ListEventDataStores => vec![json!({ "EventDataStores": [
            { "EventDataStoreArn": format!("{TRAIL}/store"), "Name": "listed" },
        ]})],
        Operation::GetEventDataStore => vec![json!({
            "Name": "store",
            "OrganizationEnabled": true,
            "CreatedTimestamp": 1_795_430_000.5,
            "RetentionPeriod": 90,
        })],
        _ => of_organizations(operation),
    }
}

fn event_selectors() -> Vec<Value> {
    let basic = json!([
        {
            "ReadWriteType": "WriteOnly",
            "IncludeManagementEvents": false,
            "DataResources": [
                { "Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::a/", "arn:aws:s3"] },
                { "Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::b/"] },
            ],
            "ExcludeManagementEventSources": ["kms.amazonaws.com"],
        },
        { "ReadWriteType": "OfTomorrow" },
    ]);
    let advanced = json!([
        {
            "Name": "both",
            "FieldSelectors": [
                { "Field": "eventCategory", "Equals": ["Data"] },
                {
                    "Field": "eventName",
                    "StartsWith": ["Get"],
                    "EndsWith": ["Object"],
                    "NotEquals": ["GetObject", "PutObject"],
                    "NotStartsWith": ["List"],
                    "NotEndsWith": ["Acl"],
                },
            ],
        },
    ]);
    vec![
        json!({ "TrailARN": TRAIL, "EventSelectors": basic }),
        json!({ "TrailARN": TRAIL, "AdvancedEventSelectors": advanced }),
        json!({ "EventSelectors": basic, "AdvancedEventSelectors": advanced }),
        json!({ "EventSelectors": [], "AdvancedEventSelectors": [] }),
    ]
}

fn of_organizations(operation: Operation) -> Vec<Value> {
    match operation {
        Operation::DescribeOrganization => vec![json!({ "Organization": {
            "Id": "o-exampleorg1",
            "FeatureSet": "ALL",
            "MasterAccountId": "222222222222",
            "AvailablePolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }],
        }})],
        Operation::ListAWSServiceAccessForOrganization => {
            vec![json!({ "EnabledServicePrincipals": [
                { "ServicePrincipal": "sso.amazonaws.com", "DateEnabled": 1_700_000_000 },
                { "ServicePrincipal": SERVICE, "DateEnabled": 1_700_000_000.123 },
            ]})]
        }
        Operation::ListDelegatedAdministrators => vec![json!({ "DelegatedAdministrators": [
            {
                "Id": "333333333333",
                "Arn": "arn:aws:organizations::222222222222:account/o-exampleorg1/333333333333",
                "DelegationEnabledDate": 1_700_000_000.987,
                "JoinedTimestamp": 1_600_000_000.5,
                "Status": "ACTIVE",
            },
            { "Id": "none" },
        ]})],
        Operation::ListAccounts => vec![json!({ "Accounts": [
            { "Id": "111111111111", "Status": "ACTIVE", "State": "ACTIVE" },
            { "Id": "222222222222", "Status": "ACTIVE", "State": "PENDING_CLOSURE" },
            { "Id": "333333333333", "State": "ACTIVE", "Name": "Prüfung" },
            { "Id": "444444444444", "Status": "SUSPENDED" },
            { "Id": "555555555555", "Status": "ACTIVE" },
            { "Id": "none", "Status": "ACTIVE" },
        ]})],
        _ => Vec::new(),
    }
}

/// AWS's answer to a request: the first sample, which of a listing is the same on two pages.
pub fn reply(request: &Request) -> Response {
    let operation = operation(request);
    if operation == Operation::AssumeRole {
        return answer(200, &[], SESSION_BEGUN);
    }
    let sample = samples(operation).into_iter().next();
    let mut sample = sample.unwrap_or_else(|| json!({}));
    let input: Value = serde_json::from_slice(request.body()).expect("JSON");
    if operation.name().starts_with("List") && input["NextToken"].is_null() {
        sample["NextToken"] = "page/2+=\"ü".into();
    }
    answer(200, &[], sample.to_string())
}
