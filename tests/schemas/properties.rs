//! The schema and the function accept the same properties and refuse the same mistakes.

use orgtrail::cfn::properties::{Properties, read};
use orgtrail::resource::org_delegated_administrator::OrgDelegatedAdministratorProperties;
use orgtrail::resource::org_trail::properties::OrgTrailProperties;
use orgtrail::resource::org_trail_delivery::properties::OrgTrailDeliveryProperties;
use orgtrail::resource::org_trusted_access::OrgTrustedAccessProperties;
use serde_json::{Value, json};

use crate::validator::Schema;

const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/organization";

/// A schema, and the reading of the same properties in the function.
struct Subject {
    schema: Schema,
    read: fn(&Value) -> Result<(), String>,
    /// What the properties of each case are added to.
    required: Value,
}

impl Subject {
    fn new<T: Properties>(type_name: &str, required: Value) -> Self {
        let read = |properties: &Value| {
            let properties = properties.as_object().expect("an object");
            let result = read::<T>(properties).map(drop);
            result.map_err(|problems| problems.to_string())
        };
        Self { schema: Schema::of(type_name), read, required }
    }

    fn properties(&self, changes: &Value) -> Value {
        let mut properties = self.required.clone();
        properties["ServiceToken"] = json!("arn:aws:lambda:eu-west-1:111111111111:function:f");
        for (name, value) in changes.as_object().expect("an object") {
            properties[name] = value.clone();
        }
        properties
    }

    fn accept(&self, changes: &Value) {
        let properties = self.properties(changes);
        assert_eq!((self.read)(&properties), Ok(()), "{changes}");
        assert_eq!(self.schema.validate(&properties), Ok(()), "{changes}");
        let sent = as_sent(&properties);
        assert_eq!((self.read)(&sent), Ok(()), "{sent}");
        assert_eq!(self.schema.validate(&sent), Ok(()), "{sent}");
    }

    fn refuse(&self, changes: &Value, problem: &str) {
        self.refuse_without_schema(changes, problem);
        let properties = as_sent(&self.properties(changes));
        assert!(self.schema.validate(&properties).is_err(), "{changes}");
    }

    /// For a mistake that JSON Schema cannot express.
    fn refuse_without_schema(&self, changes: &Value, problem: &str) {
        let properties = self.properties(changes);
        for properties in [as_sent(&properties), properties] {
            assert_eq!((self.read)(&properties), Err(problem.to_owned()), "{changes}");
        }
    }
}

/// Properties as CloudFormation sends them: every scalar is a string.
fn as_sent(value: &Value) -> Value {
    match value {
        Value::Bool(flag) => json!(flag.to_string()),
        Value::Number(number) => json!(number.to_string()),
        Value::Array(entries) => entries.iter().map(as_sent).collect(),
        Value::Object(fields) => {
            let sent = fields.iter();
            sent.map(|(name, value)| (name.clone(), as_sent(value))).collect()
        }
        Value::Null | Value::String(_) => value.clone(),
    }
}

fn trail() -> Subject {
    let required = json!({ "TrailName": "organization", "S3BucketName": "my-log-archive" });
    Subject::new::<OrgTrailProperties>("Custom::OrgTrail", required)
}

#[test]
fn a_valid_trail_is_accepted() {
    let trail = trail();
    trail.accept(&json!({}));
    trail.accept(&json!({
        "HomeRegion": "eu-west-1",
        "S3KeyPrefix": "organization",
        "KMSKeyId": "alias/logs",
        "IsOrganizationTrail": true,
        "IsMultiRegionTrail": false,
        "IncludeGlobalServiceEvents": "False",
        "EnableLogFileValidation": true,
        "IsLogging": "TRUE",
        "RecursiveLogging": false,
        "CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:111111111111:log-group:logs",
        "CloudWatchLogsRoleArn": "arn:aws:iam::111111111111:role/logs",
        "SnsTopicName": "logs",
        "EventSelectors": [
            { "ReadWriteType": "WriteOnly" },
            {
                "IncludeManagementEvents": false,
                "ExcludeManagementEventSources": ["kms.amazonaws.com"],
                "DataResources": [
                    { "Type": "AWS::S3::Object", "Values": ["arn:aws:s3"] },
                    { "Type": "AWS::Lambda::Function" },
                ],
            },
        ],
        "Tags": [{ "Key": "Purpose", "Value": "audit" }, { "Key": "Team", "Value": "" }],
        "ExistingTrail": "Adopt",
    }));
    trail.accept(&json!({
        "AdvancedEventSelectors": [{
            "Name": "Deleted objects",
            "FieldSelectors": [
                { "Field": "eventCategory", "Equals": ["Data"] },
                { "Field": "eventName", "StartsWith": ["Delete"], "EndsWith": ["Object"] },
                { "Field": "a", "NotEquals": ["b"], "NotStartsWith": [], "NotEndsWith": ["c"] },
            ],
        }],
        "InsightSelectors": [
            { "InsightType": "ApiCallRateInsight", "EventCategories": ["Management", "Data"] },
        ],
        "AggregationConfigurations": [
            { "EventCategory": "Data", "Templates": ["API_ACTIVITY", "USER_ACTIONS"] },
        ],
    }));
    trail.accept(&json!({ "TrailName": "1.2.3.4.5", "Tags": tags(46) }));
    trail.accept(&json!({ "S3KeyPrefix": "é".repeat(200), "AggregationConfigurations": [] }));
}

fn tags(count: usize) -> Value {
    let tag = |n: usize| json!({ "Key": n.to_string(), "Value": "é".repeat(256) });
    (0..count).map(tag).collect()
}

#[test]
fn blank_values_are_accepted() {
    let trail = trail();
    for name in [
        "HomeRegion",
        "S3KeyPrefix",
        "KMSKeyId",
        "SnsTopicName",
        "IsOrganizationTrail",
        "IsLogging",
        "IncludeGlobalServiceEvents",
        "ExistingTrail",
    ] {
        trail.accept(&json!({ name: "" }));
    }
    trail.accept(&json!({ "CloudWatchLogsLogGroupArn": "", "CloudWatchLogsRoleArn": "" }));
    trail.accept(&json!({ "EventSelectors": [{
        "ReadWriteType": "",
        "ExcludeManagementEventSources": [""],
        "DataResources": [{ "Type": "AWS::S3::Object", "Values": [""] }],
    }] }));
    let delivery = delivery();
    delivery.accept(&json!({ "Accounts": "", "Regions": [""] }));
    delivery.accept(&json!({ "Accounts": [""], "MaxAgeDays": "", "Mode": "" }));
}

#[test]
#[rustfmt::skip]
fn mistakes_in_settings_are_refused() {
    let trail = trail();
    let name =
        "TrailName must consist of letters and digits, with single '.', '_' and '-' between them";
    let bucket = "S3BucketName must consist of letters, digits, '.', '_' and '-'";
    for (changes, problem) in [
        (json!({ "TrailName": "ab" }), "TrailName must be 3 to 128 characters long"),
        (json!({ "TrailName": "x".repeat(129) }), "TrailName must be 3 to 128 characters long"),
        (json!({ "TrailName": "-org" }), name),
        (json!({ "TrailName": "a--b" }), name),
        (json!({ "TrailName": "org\n" }), name),
        (json!({ "TrailName": "10.0.0.1" }), "TrailName must not have the form of an IP address"),
        (json!({ "TrailName": ["org"] }), "TrailName must be a string"),
        (json!({ "HomeRegion": "Ireland" }), "HomeRegion must be a Region code such as eu-west-1"),
        (json!({ "S3BucketName": "ab" }), "S3BucketName must be 3 to 255 characters long"),
        (json!({ "S3BucketName": "my bucket" }), bucket),
        (json!({ "S3KeyPrefix": "/a" }), "S3KeyPrefix must not begin with a slash"),
        (json!({ "S3KeyPrefix": "é".repeat(201) }), "S3KeyPrefix must be at most 200 characters long"),
        (
            json!({ "IsOrganizationTrail": false }),
            "IsOrganizationTrail must be true (use AWS::CloudTrail::Trail for a trail of one account)",
        ),
        (json!({ "IsLogging": "yes" }), "IsLogging must be true or false"),
        (
            json!({ "IncludeGlobalServiceEvents": false }),
            "IncludeGlobalServiceEvents must be true on a multi-Region trail",
        ),
        (
            json!({ "CloudWatchLogsLogGroupArn": "a" }),
            "CloudWatchLogsRoleArn is required with CloudWatchLogsLogGroupArn",
        ),
        (
            json!({ "CloudWatchLogsLogGroupArn": "", "CloudWatchLogsRoleArn": "a" }),
            "CloudWatchLogsLogGroupArn is required with CloudWatchLogsRoleArn",
        ),
    ] {
        trail.refuse(&changes, problem);
    }
}

#[test]
#[rustfmt::skip]
fn mistakes_in_event_selectors_are_refused() {
    let trail = trail();
    let type_of_data = "EventSelectors[0].DataResources[0].Type must be \
                        AWS::S3::Object or AWS::Lambda::Function or AWS::DynamoDB::Table \
                        (use AdvancedEventSelectors for other types)";
    let basic = |selector: Value| json!({ "EventSelectors": [selector] });
    let field = |field: Value| json!({ "AdvancedEventSelectors": [{ "FieldSelectors": [field] }] });
    for (changes, problem) in [
        (
            json!({ "EventSelectors": [] }),
            "EventSelectors must have 1 to 5 entries (remove it to record all management events)",
        ),
        (
            json!({ "EventSelectors": vec![json!({}); 6] }),
            "EventSelectors must have 1 to 5 entries (remove it to record all management events)",
        ),
        (
            json!({
                "EventSelectors": [{}],
                "AdvancedEventSelectors": [
                    { "FieldSelectors": [{ "Field": "eventCategory", "Equals": ["Data"] }] },
                ],
            }),
            "AdvancedEventSelectors cannot be given together with EventSelectors",
        ),
        (
            basic(json!({ "ReadWriteType": "all" })),
            "EventSelectors[0].ReadWriteType must be All or ReadOnly or WriteOnly",
        ),
        (
            basic(json!({ "ExcludeManagementEventSources": ["s3.amazonaws.com"] })),
            "EventSelectors[0].ExcludeManagementEventSources[0] must be \
             kms.amazonaws.com or rdsdata.amazonaws.com",
        ),
        (basic(json!({ "DataResources": [{ "Type": "AWS::S3::Bucket" }] })), type_of_data),
        (
            basic(json!({
                "IncludeManagementEvents": "FALSE",
                "DataResources": [{ "Type": "AWS::S3::Object", "Values": [] }],
            })),
            "EventSelectors[0].DataResources is required if IncludeManagementEvents is false",
        ),
        (
            json!({ "AdvancedEventSelectors": [] }),
            "AdvancedEventSelectors must have at least 1 entry (remove it to record all management events)",
        ),
        (
            json!({ "AdvancedEventSelectors": [{ "Name": "x".repeat(1001), "FieldSelectors": [
                { "Field": "eventCategory", "Equals": ["Data"] },
            ] }] }),
            "AdvancedEventSelectors[0].Name must be at most 1000 characters long",
        ),
        (
            json!({ "AdvancedEventSelectors": [{ "FieldSelectors": [] }] }),
            "AdvancedEventSelectors[0].FieldSelectors must have at least 1 entry",
        ),
        (
            field(json!({ "Field": "eventName", "EndsWith": [] })),
            "AdvancedEventSelectors[0].FieldSelectors[0] must have a condition such as Equals",
        ),
    ] {
        trail.refuse(&changes, problem);
    }
}

#[test]
#[rustfmt::skip]
fn mistakes_in_other_lists_are_refused() {
    let trail = trail();
    let key = "Tags[0].Key must not begin with aws: or OrgTrail/";
    for (changes, problem) in [
        (
            json!({ "InsightSelectors": [{ "InsightType": "ApiCall" }] }),
            "InsightSelectors[0].InsightType must be ApiCallRateInsight or ApiErrorRateInsight",
        ),
        (
            json!({ "InsightSelectors": [
                { "InsightType": "ApiCallRateInsight", "EventCategories": ["Insight"] },
            ] }),
            "InsightSelectors[0].EventCategories[0] must be Management or Data",
        ),
        (
            json!({ "AggregationConfigurations": [{ "EventCategory": "Data", "Templates": [] }] }),
            "AggregationConfigurations[0].Templates must have at least 1 entry",
        ),
        (
            json!({ "AggregationConfigurations": vec![
                json!({ "EventCategory": "Data", "Templates": ["API_ACTIVITY"] }); 2
            ] }),
            "AggregationConfigurations must have at most 1 entry",
        ),
        (
            json!({ "Tags": tags(47) }),
            "Tags must have at most 46 entries (AWS allows 50 tags, and OrgTrail needs up to 4)",
        ),
        (json!({ "Tags": [{ "Key": "aWs:x", "Value": "" }] }), key),
        (json!({ "Tags": [{ "Key": "OrgTrail/Stack", "Value": "" }] }), key),
        (json!({ "Tags": [{ "Key": "", "Value": "" }] }), "Tags[0].Key must be 1 to 128 characters long"),
        (
            json!({ "Tags": [{ "Key": "a", "Value": "x".repeat(257) }] }),
            "Tags[0].Value must be at most 256 characters long",
        ),
        (json!({ "Tags": [{ "Key": "a" }] }), "Tags[0].Value is required"),
        (json!({ "Tags": "a=b" }), "Tags must be a list"),
        (json!({ "InsightSelectors": ["x"] }), "InsightSelectors[0] must be an object"),
        (json!({ "ExistingTrail": "adopt" }), "ExistingTrail must be Fail or Adopt"),
        (json!({ "S3Bucketname": "logs" }), "unknown property S3Bucketname (did you mean S3BucketName?)"),
        (json!({ "Arn": "arn:aws:s3:::logs" }), "unknown property Arn"),
    ] {
        trail.refuse(&changes, problem);
    }
    // `uniqueKeys` is a keyword of cfn-lint; schemas/mistakes.yaml shows that it works.
    let tag = json!({ "Key": "a", "Value": "b" });
    trail.refuse_without_schema(&json!({ "Tags": [tag, tag] }), "Tags[1].Key is given twice");
}

#[test]
fn trusted_access() {
    let required = json!({});
    let access = Subject::new::<OrgTrustedAccessProperties>("Custom::OrgTrustedAccess", required);
    access.accept(&json!({}));
    access.accept(&json!({ "ServicePrincipal": "config.amazonaws.com", "DeleteBehavior": "Keep" }));
    access.accept(&json!({ "ServicePrincipal": "", "DeleteBehavior": "" }));
    let principal = "ServicePrincipal must be a service principal such as cloudtrail.amazonaws.com";
    access.refuse(&json!({ "ServicePrincipal": "a b" }), principal);
    access.refuse(
        &json!({ "ServicePrincipal": "x".repeat(129) }),
        "ServicePrincipal must be 1 to 128 characters long",
    );
    access
        .refuse(&json!({ "DeleteBehavior": "disable" }), "DeleteBehavior must be Keep or Disable");
}

#[test]
fn a_delegated_administrator() {
    let administrator = Subject::new::<OrgDelegatedAdministratorProperties>(
        "Custom::OrgDelegatedAdministrator",
        json!({ "AccountId": "222222222222" }),
    );
    administrator.accept(&json!({}));
    administrator.accept(&json!({
        "AccountId": "022222222222", "ServicePrincipal": "config.amazonaws.com",
    }));
    for account in [json!("22222222222"), json!("٢٢٢٢٢٢٢٢٢٢٢٢"), json!("")] {
        administrator.refuse(
            &json!({ "AccountId": account }),
            "AccountId must be the 12 digits of an account ID",
        );
    }
}

fn delivery() -> Subject {
    let required = json!({ "TrailArn": TRAIL });
    Subject::new::<OrgTrailDeliveryProperties>("Custom::OrgTrailDelivery", required)
}

#[test]
#[rustfmt::skip]
fn a_delivery() {
    let delivery = delivery();
    delivery.accept(&json!({ "Accounts": "All" }));
    delivery.accept(&json!({
        "Accounts": ["222222222222", "333333333333"],
        "Regions": ["eu-west-1", "us-east-1"],
        "MaxAgeDays": 365,
        "Mode": "Report",
    }));
    delivery.accept(&json!({ "MaxAgeDays": "1" }));
    for (changes, problem) in [
        (json!({ "TrailArn": "arn:aws:s3:::logs" }), "TrailArn must be the ARN of a trail"),
        (json!({ "Accounts": "Some" }), "Accounts must be First or All or a list"),
        (json!({ "Accounts": {} }), "Accounts must be a string or a list"),
        (json!({ "Accounts": [] }), "Accounts must have at least 1 entry"),
        (json!({ "Accounts": ["1"] }), "Accounts[0] must be the 12 digits of an account ID"),
        (json!({ "Regions": [] }), "Regions must have at least 1 entry"),
        (json!({ "Regions": ["Ireland"] }), "Regions[0] must be a Region code such as eu-west-1"),
        (json!({ "MaxAgeDays": "a week" }), "MaxAgeDays must be an integer from 1 to 365"),
        (json!({ "Mode": "Gates" }), "Mode must be Gate or Report"),
    ] {
        delivery.refuse(&changes, problem);
    }
    // The schema compares a number, but not the digits in a string.
    for days in [0, 366] {
        let changes = json!({ "MaxAgeDays": days });
        delivery.refuse_without_schema(&changes, "MaxAgeDays must be an integer from 1 to 365");
        assert!(delivery.schema.validate(&delivery.properties(&changes)).is_err(), "{days}");
    }
    // The schema has the form of the ARN and not the rules of the name in it.
    delivery.refuse_without_schema(
        &json!({ "TrailArn": "arn:aws:cloudtrail:eu-west-1:111111111111:trail/10.0.0.1" }),
        "TrailArn must be the ARN of a trail",
    );
}
