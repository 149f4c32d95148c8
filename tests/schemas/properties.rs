//! The schema and the function accept the same properties and refuse the same mistakes, except for the
//! mistakes that a schema cannot express: those are refused with [`Subject::refuse_without_schema`], or
//! with [`Subject::refuse_by_rules`] if `schemas/rules` finds them.

use std::fs;

use orgtrail::cfn::properties::declaration::{Presence, Shape};
use orgtrail::cfn::properties::{Properties, read};
use orgtrail::cfn::request::{Request, RequestType};
use orgtrail::domain::names::{AccountId, Region};
use orgtrail::resource::ResourceType;
use orgtrail::resource::org_delegated_administrator::OrgDelegatedAdministratorProperties;
use orgtrail::resource::org_trail::desired::desired;
use orgtrail::resource::org_trail_delivery::properties::OrgTrailDeliveryProperties;
use orgtrail::resource::org_trusted_access::OrgTrustedAccessProperties;
use serde_json::{Value, json};
use simulator::cloudformation::stringified;

use crate::validator::Schema;

const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/organization";

/// A schema, and the reading of the same properties in the function.
struct Subject {
    schema: Schema,
    read: fn(&Value) -> Result<(), String>,
    /// The properties to which each case adds its own.
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

    /// Reads with all rules, in the home Region `eu-west-1`, from account 111111111111.
    fn of_trail() -> Self {
        let read = |properties: &Value| {
            let request = Request {
                request_type: RequestType::Create,
                resource_type: "Custom::OrgTrail".to_owned(),
                stack_id: String::new(),
                logical_id: String::new(),
                physical_id: None,
                properties: properties.as_object().expect("an object").clone(),
                old_properties: serde_json::Map::new(),
                issued_at: None,
            };
            let region = "eu-west-1".parse::<Region>().expect("a Region");
            let caller = "111111111111".parse::<AccountId>().expect("an account");
            let result = desired(&request, &region, Some(caller)).map(drop);
            result.map_err(|problems| problems.to_string())
        };
        let required = json!({ "TrailName": "organization", "S3BucketName": "my-log-archive" });
        Self { schema: Schema::of("Custom::OrgTrail"), read, required }
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
        let sent = stringified(properties);
        assert_eq!((self.read)(&sent), Ok(()), "{sent}");
        assert_eq!(self.schema.validate(&sent), Ok(()), "{sent}");
    }

    fn refuse(&self, changes: &Value, problem: &str) {
        self.refuse_without_schema(changes, problem);
        let properties = stringified(self.properties(changes));
        assert!(self.schema.validate(&properties).is_err(), "{changes}");
    }

    /// For a mistake that JSON Schema cannot express.
    fn refuse_without_schema(&self, changes: &Value, problem: &str) {
        let properties = self.properties(changes);
        for properties in [stringified(properties.clone()), properties] {
            assert_eq!((self.read)(&properties), Err(problem.to_owned()), "{changes}");
        }
    }

    /// For a mistake that no JSON Schema expresses, and that `schemas/rules` finds at this line of
    /// `schemas/mistakes.yaml`. The schema accepts the properties, so the rule is needed.
    fn refuse_by_rules(&self, changes: &Value, problem: &str, line: &str) {
        self.refuse_without_schema(changes, problem);
        assert_eq!(
            self.schema.validate(&stringified(self.properties(changes))),
            Ok(()),
            "{changes}"
        );
        let mistakes = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/mistakes.yaml");
        let mistakes = fs::read_to_string(mistakes).expect("the file of mistakes");
        let found = mistakes.lines().any(|found| found.trim() == format!("{line} # E9303"));
        assert!(found, "schemas/mistakes.yaml has no line: {line} # E9303");
    }
}

fn trail() -> Subject {
    Subject::of_trail()
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
                { "Field": "resources.type", "Equals": ["AWS::S3::Object"] },
                { "Field": "readOnly", "Equals": ["false"] },
                { "Field": "eventName", "StartsWith": ["Delete"], "EndsWith": ["Object"] },
                { "Field": "a", "NotEquals": ["b"], "NotStartsWith": [""], "NotEndsWith": ["c"] },
            ],
        }, {
            "FieldSelectors": [
                { "Field": "eventCategory", "Equals": ["Management"] },
                { "Field": "readOnly", "Equals": ["false"] },
            ],
        }, {
            "FieldSelectors": [
                { "Field": "eventCategory", "Equals": ["NetworkActivity"] },
                { "Field": "eventSource", "Equals": ["kms.amazonaws.com"] },
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
    trail.accept(&json!({ "S3BucketName": "my--log-archive.example.com" }));
    trail.accept(&json!({ "S3KeyPrefix": "é".repeat(200), "AggregationConfigurations": [] }));
}

fn tags(count: usize) -> Value {
    let tag = |n: usize| json!({ "Key": n.to_string(), "Value": "é".repeat(256) });
    (0..count).map(tag).collect()
}

#[test]
fn blank_values_are_accepted() {
    let subjects = [trail(), trusted_access(), administrator(), delivery()];
    for (subject, resource_type) in subjects.iter().zip([
        ResourceType::OrgTrail,
        ResourceType::OrgTrustedAccess,
        ResourceType::OrgDelegatedAdministrator,
        ResourceType::OrgTrailDelivery,
    ]) {
        for property in resource_type.description().properties.properties {
            if property.presence != Presence::Required {
                subject.accept(&json!({ property.name: "" }));
                if matches!(property.shape, Shape::List(_) | Shape::StringOrList(..)) {
                    subject.accept(&json!({ property.name: [""] }));
                }
            }
        }
    }
    let trail = trail();
    trail.accept(&json!({ "EventSelectors": [{
        "ReadWriteType": "",
        "IncludeManagementEvents": "",
        "ExcludeManagementEventSources": [""],
        "DataResources": [{ "Type": "AWS::S3::Object", "Values": [""] }],
    }] }));
    trail.accept(&json!({ "EventSelectors": [{ "DataResources": [""] }] }));
    trail.accept(&json!({
        "EventSelectors": "",
        "InsightSelectors": [{ "InsightType": "ApiCallRateInsight", "EventCategories": "" }],
        "AggregationConfigurations": "",
    }));
    trail.accept(&json!({ "AdvancedEventSelectors": [{ "Name": "", "FieldSelectors": [
        { "Field": "eventCategory", "Equals": ["Management"], "StartsWith": "", "EndsWith": [""] },
    ] }] }));
}

#[test]
fn blank_values_beside_others_are_refused() {
    let delivery = delivery();
    let region = "Regions[0] must be a Region code such as eu-west-1";
    delivery.refuse_without_schema(&json!({ "Regions": ["", "eu-west-1"] }), region);
    trail().refuse(&json!({ "Tags": " " }), "Tags must be a list");
}

#[test]
#[rustfmt::skip]
fn mistakes_in_settings_are_refused() {
    let trail = trail();
    let name =
        "TrailName must consist of letters and digits, with single '.', '_' and '-' between them";
    let bucket = "S3BucketName must be the name of a bucket: lowercase letters and digits, with '.' \
                  and '-' between them (!Ref of a bucket returns its name)";
    let key = "KMSKeyId must be a key ID, the ARN of a key, alias/ with the name of an alias, or the \
               ARN of an alias";
    let group = "CloudWatchLogsLogGroupArn must be the ARN of a log group (specify !GetAtt with the \
                 attribute Arn of the log group; !Ref returns its name)";
    let role = "CloudWatchLogsRoleArn must be the ARN of a role (specify !GetAtt with the attribute \
                Arn of the role; !Ref returns its name)";
    let topic = "SnsTopicName must be the name or the ARN of a topic";
    let logs = |group: &str, role: &str| json!({
        "CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role,
    });
    for (changes, problem) in [
        (json!({ "TrailName": "ab" }), "TrailName must be 3 to 128 characters long"),
        (json!({ "TrailName": "x".repeat(129) }), "TrailName must be 3 to 128 characters long"),
        (json!({ "TrailName": "-org" }), name),
        (json!({ "TrailName": "org_" }), name),
        (json!({ "TrailName": "a--b" }), name),
        (json!({ "TrailName": "a.-b" }), name),
        (json!({ "TrailName": "a_-b" }), name),
        (json!({ "TrailName": "a b" }), name),
        (json!({ "TrailName": "é-trail" }), name),
        (json!({ "TrailName": TRAIL }), name),
        (json!({ "TrailName": "org\n" }), name),
        (json!({ "TrailName": "10.0.0.1" }), "TrailName must not have the form of an IP address"),
        (json!({ "TrailName": ["org"] }), "TrailName must be a string"),
        (json!({ "HomeRegion": "Ireland" }), "HomeRegion must be a Region code such as eu-west-1"),
        (
            json!({ "S3BucketName": "ab" }),
            "S3BucketName must be 3 to 63 characters long (!Ref of a bucket returns its name)",
        ),
        (json!({ "S3BucketName": "my bucket" }), bucket),
        (json!({ "S3BucketName": "My-Bucket" }), bucket),
        (json!({ "S3BucketName": "my_bucket" }), bucket),
        (json!({ "S3BucketName": "my-.bucket" }), bucket),
        (json!({ "S3BucketName": "arn:aws:s3:::my-bucket" }), bucket),
        (
            json!({ "S3BucketName": "192.168.5.4" }),
            "S3BucketName must not have the form of an IP address (!Ref of a bucket returns its name)",
        ),
        (json!({ "S3KeyPrefix": "/a" }), "S3KeyPrefix must not begin or end with a slash"),
        (json!({ "S3KeyPrefix": "a/" }), "S3KeyPrefix must not begin or end with a slash"),
        (json!({ "S3KeyPrefix": "/" }), "S3KeyPrefix must not begin or end with a slash"),
        (json!({ "KMSKeyId": "organization-trail" }), key),
        (json!({ "KMSKeyId": "alias/" }), key),
        (json!({ "KMSKeyId": "arn:aws:s3:::my-bucket" }), key),
        (json!({ "SnsTopicName": "log files" }), topic),
        (json!({ "SnsTopicName": "arn:aws:sqs:eu-west-1:111111111111:log-files" }), topic),
        (json!({ "SnsTopicName": "x".repeat(257) }), "SnsTopicName must be 1 to 256 characters long"),
        (logs("logs", ROLE), group),
        (logs("arn:aws:logs:eu-west-1:111111111111:log-group:logs:*:*", ROLE), group),
        (logs(LOG_GROUP, "logs"), role),
        (logs(LOG_GROUP, "arn:aws:iam::111111111111:user/logs"), role),
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
            json!({ "CloudWatchLogsLogGroupArn": LOG_GROUP }),
            "CloudWatchLogsRoleArn is required with CloudWatchLogsLogGroupArn",
        ),
        (
            logs("", ROLE),
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
    let management = json!({ "Field": "eventCategory", "Equals": ["Management"] });
    for (changes, problem) in [
        (
            json!({ "EventSelectors": [] }),
            "EventSelectors must have 1 to 5 entries (remove it to record all management events)",
        ),
        (
            json!({ "EventSelectors": (0..6).map(|n| selecting(&[&format!("arn:aws:s3:::b{n}/")]))
                .collect::<Vec<_>>() }),
            "EventSelectors must have 1 to 5 entries (remove it to record all management events)",
        ),
        (
            json!({
                "EventSelectors": [{}],
                "AdvancedEventSelectors": [{ "FieldSelectors": [management] }],
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
            json!({ "AdvancedEventSelectors": [
                { "Name": "x".repeat(1001), "FieldSelectors": [management] },
            ] }),
            "AdvancedEventSelectors[0].Name must be 1 to 1000 characters long",
        ),
        (
            json!({ "AdvancedEventSelectors": [{ "FieldSelectors": [] }] }),
            "AdvancedEventSelectors[0].FieldSelectors must have at least 1 entry",
        ),
        (
            json!({ "EventSelectors": [{ "ReadWriteType": "All" }, { "ReadWriteType": "All" }] }),
            "EventSelectors[1] is given twice",
        ),
    ] {
        trail.refuse(&changes, problem);
    }
}

#[test]
#[rustfmt::skip]
fn mistakes_in_advanced_fields_are_refused() {
    let trail = trail();
    let management = json!({ "Field": "eventCategory", "Equals": ["Management"] });
    let fields = |fields: &[Value]| json!({ "AdvancedEventSelectors": [{ "FieldSelectors": fields }] });
    let field = |field: Value| fields(&[management.clone(), field]);
    let value = "AdvancedEventSelectors[0].FieldSelectors[1].Equals[0] must be 1 to 2048 characters long";
    let only_equals = "AdvancedEventSelectors[0].FieldSelectors[1] must have only Equals, because \
                       CloudTrail accepts no other condition for eventCategory, readOnly and \
                       resources.type";
    for (changes, problem) in [
        (
            field(json!({ "Field": "eventName" })),
            "AdvancedEventSelectors[0].FieldSelectors[1] must have a condition such as Equals",
        ),
        (
            field(json!({ "Field": "eventName", "Equals": ["a"], "NotEndsWith": [] })),
            "AdvancedEventSelectors[0].FieldSelectors[1].NotEndsWith must have at least 1 entry",
        ),
        (
            field(json!({ "Field": "event name", "Equals": ["a"] })),
            "AdvancedEventSelectors[0].FieldSelectors[1].Field must consist of letters, digits, '.' \
             and '_'",
        ),
        (
            field(json!({ "Field": "x".repeat(1001), "Equals": ["a"] })),
            "AdvancedEventSelectors[0].FieldSelectors[1].Field must be 1 to 1000 characters long",
        ),
        (field(json!({ "Field": "eventName", "Equals": ["x".repeat(2049)] })), value),
        (
            field(json!({ "Field": "eventName", "Equals": ["a", "b", "a"] })),
            "AdvancedEventSelectors[0].FieldSelectors[1].Equals[2] is given twice",
        ),
        (field(json!({ "Field": "readOnly", "NotEquals": [true] })), only_equals),
        (field(json!({ "Field": "resources.type", "Equals": ["a"], "StartsWith": ["b"] })), only_equals),
        (
            fields(&[json!({ "Field": "eventName", "Equals": ["PutObject"] })]),
            "AdvancedEventSelectors[0].FieldSelectors must have an entry with the Field eventCategory",
        ),
        (
            fields(&[json!({ "Field": "eventCategory", "Equals": ["Data"] })]),
            "AdvancedEventSelectors[0].FieldSelectors must have an entry with the Field \
             resources.type, which data events require",
        ),
        (
            fields(&[json!({ "Field": "eventCategory", "Equals": ["NetworkActivity"] })]),
            "AdvancedEventSelectors[0].FieldSelectors must have an entry with the Field eventSource, \
             which network activity events require",
        ),
    ] {
        trail.refuse(&changes, problem);
    }
}

/// A basic event selector with these S3 objects.
fn selecting(values: &[&str]) -> Value {
    json!({ "DataResources": [{ "Type": "AWS::S3::Object", "Values": values }] })
}

#[test]
#[rustfmt::skip]
fn data_resources_have_the_forms_of_cloudtrail() {
    let trail = trail();
    let of = |resource_type: &str, value: &str| json!({ "EventSelectors": [
        { "DataResources": [{ "Type": resource_type, "Values": [value] }] },
    ] });
    let (s3, lambda, dynamodb) =
        ("AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table");
    for (resource_type, value) in [
        (s3, "arn:aws:s3"),
        (s3, "arn:aws:s3:::"),
        (s3, "arn:aws:s3:::my-data/"),
        (s3, "arn:aws:s3:::my-data/images"),
        (s3, "arn:aws:s3:::my-data/images/2026/"),
        (lambda, "arn:aws:lambda"),
        (lambda, "arn:aws:lambda:eu-west-1:222222222222:function:f"),
        (dynamodb, "arn:aws:dynamodb"),
        (dynamodb, "arn:aws:dynamodb:eu-west-1:222222222222:table/t"),
    ] {
        trail.accept(&of(resource_type, value));
    }
    let path = "EventSelectors[0].DataResources[0].Values[0] must be";
    for (resource_type, value, words) in [
        (s3, "my-data", S3_OBJECTS),
        (s3, "arn:aws:s3:::my-data", S3_OBJECTS),
        (s3, "arn:aws:s3:::*", S3_OBJECTS),
        (s3, "arn:aws:s3:::my-data/*", S3_OBJECTS),
        (s3, "arn:aws:lambda", S3_OBJECTS),
        (
            lambda, "arn:aws:lambda:*",
            "arn:<partition>:lambda for all functions, or the ARN of a function. It must not contain *",
        ),
        (
            dynamodb, "arn:aws:s3",
            "arn:<partition>:dynamodb for all tables, or the ARN of a table. It must not contain *",
        ),
    ] {
        trail.refuse(&of(resource_type, value), &format!("{path} {words}"));
    }
    trail.refuse_by_rules(
        &of(s3, "arn:aws-cn:s3:::my-data/"),
        &format!("{path} arn:aws:s3:::my-data/ in eu-west-1"),
        "- arn:aws-cn:s3:::my-data/",
    );
}

const S3_OBJECTS: &str = "arn:<partition>:s3 for all buckets, or the ARN of a bucket with a slash and \
    an optional key prefix, such as arn:aws:s3:::my-data/. It must not contain *";

#[test]
fn limits_of_sums_are_checked_by_rules() {
    let trail = trail();
    let buckets = |numbers: std::ops::Range<usize>| {
        let arns: Vec<String> = numbers.map(|n| format!("arn:aws:s3:::b{n}/")).collect();
        selecting(&arns.iter().map(String::as_str).collect::<Vec<_>>())
    };
    trail.accept(&json!({ "EventSelectors": [buckets(0..125), buckets(125..250)] }));
    trail.refuse_by_rules(
        &json!({ "EventSelectors": [buckets(0..125), buckets(125..251)] }),
        "EventSelectors must have at most 250 data resources in all entries together, and has 251",
        "EventSelectors:",
    );
    let selector = |numbers: std::ops::Range<usize>| {
        let names: Vec<String> = numbers.map(|n| n.to_string()).collect();
        json!({ "FieldSelectors": [
            { "Field": "eventCategory", "Equals": ["Management"] },
            { "Field": "eventSource", "NotEquals": names },
        ] })
    };
    trail.accept(&json!({ "AdvancedEventSelectors": [selector(0..249), selector(249..498)] }));
    trail.refuse_by_rules(
        &json!({ "AdvancedEventSelectors": [selector(0..249), selector(249..499)] }),
        "AdvancedEventSelectors must have at most 500 values in all entries together, and has 501",
        "AdvancedEventSelectors:",
    );
}

#[test]
fn a_log_group_is_where_cloudtrail_writes() {
    let trail = trail();
    let logs = |group: &str, role: &str| json!({ "CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role });
    trail.accept(&logs(LOG_GROUP, ROLE));
    trail.accept(&logs(&format!("{LOG_GROUP}:*"), ROLE));
    trail.refuse_by_rules(
        &logs(&LOG_GROUP.replace("eu-west-1", "us-east-1"), ROLE),
        "CloudWatchLogsLogGroupArn must be the ARN of a log group in eu-west-1, the home Region of \
         the trail, and not in us-east-1",
        "CloudWatchLogsLogGroupArn: arn:aws:logs:us-east-1:111111111111:log-group:logs",
    );
    let mut abroad = logs(&LOG_GROUP.replace("eu-west-1", "us-east-1"), ROLE);
    abroad["HomeRegion"] = json!("us-east-1");
    trail.accept(&abroad);
    // A template does not contain the account that the function calls from.
    trail.refuse_without_schema(
        &logs(&LOG_GROUP.replace("111111111111", "222222222222"), ROLE),
        "CloudWatchLogsLogGroupArn must be in account 111111111111, which creates the trail, and not \
         in account 222222222222",
    );
    trail.refuse_without_schema(
        &logs(LOG_GROUP, &ROLE.replace("111111111111", "222222222222")),
        "CloudWatchLogsRoleArn must be in account 111111111111, which creates the trail, and not in \
         account 222222222222",
    );
}

const LOG_GROUP: &str = "arn:aws:logs:eu-west-1:111111111111:log-group:logs";
const ROLE: &str = "arn:aws:iam::111111111111:role/logs";

#[test]
#[rustfmt::skip]
fn insights_and_aggregation_need_their_events() {
    let trail = trail();
    let insight = |insight_type: &str, category: &str| json!({
        "InsightType": insight_type, "EventCategories": [category],
    });
    let advanced = |fields: Value| json!({ "AdvancedEventSelectors": [{ "FieldSelectors": fields }] });
    let category = |category: &str| json!({ "Field": "eventCategory", "Equals": [category] });
    let read_only = |value: &str| json!({ "Field": "readOnly", "Equals": [value] });
    let objects = json!({ "Field": "resources.type", "Equals": ["AWS::S3::Object"] });
    let all = json!({});
    let reads = json!({ "EventSelectors": [{ "ReadWriteType": "ReadOnly" }] });
    let mut data = selecting(&["arn:aws:s3"]);
    data["IncludeManagementEvents"] = json!(false);
    let data = json!({ "EventSelectors": [data] });
    let advanced_reads = advanced(json!([category("Management"), read_only("true")]));
    let advanced_writes = advanced(json!([category("Management"), read_only("false")]));
    let advanced_data = advanced(json!([category("Data"), objects]));
    let call_rate = insight("ApiCallRateInsight", "Management");
    let error_rate = insight("ApiErrorRateInsight", "");
    let of_data = insight("ApiCallRateInsight", "Data");
    let no_writes = "InsightSelectors has an ApiCallRateInsight, for which the event selectors must \
                     record management events that write";
    let no_management = "InsightSelectors has an ApiErrorRateInsight, for which the event selectors \
                         must record management events";
    let no_data = "InsightSelectors has the event category Data, for which the event selectors must \
                   record data events";
    for (insight, selectors, problem) in [
        (&call_rate, &all, None),
        (&call_rate, &reads, Some(no_writes)),
        (&call_rate, &data, Some(no_writes)),
        (&call_rate, &advanced_reads, Some(no_writes)),
        (&call_rate, &advanced_writes, None),
        (&call_rate, &advanced_data, Some(no_writes)),
        (&error_rate, &all, None),
        (&error_rate, &reads, None),
        (&error_rate, &data, Some(no_management)),
        (&error_rate, &advanced_reads, None),
        (&error_rate, &advanced_writes, None),
        (&error_rate, &advanced_data, Some(no_management)),
        (&of_data, &all, Some(no_data)),
        (&of_data, &data, None),
        (&of_data, &advanced_writes, Some(no_data)),
        (&of_data, &advanced_data, None),
    ] {
        let mut changes = selectors.clone();
        changes["InsightSelectors"] = json!([insight]);
        match problem {
            Some(problem) => trail.refuse(&changes, problem),
            None => trail.accept(&changes),
        }
    }
    let aggregation = json!([{ "EventCategory": "Data", "Templates": ["API_ACTIVITY"] }]);
    for selectors in [&all, &reads, &advanced_reads] {
        let mut changes = selectors.clone();
        changes["AggregationConfigurations"] = aggregation.clone();
        trail.refuse(&changes, "AggregationConfigurations requires event selectors that record data events");
    }
    for selectors in [&data, &advanced_data] {
        let mut changes = selectors.clone();
        changes["AggregationConfigurations"] = aggregation.clone();
        trail.accept(&changes);
    }
}

#[test]
fn all_problems_are_in_one_message() {
    trail().refuse_without_schema(
        &json!({
            "S3KeyPrefix": "a/",
            "CloudWatchLogsLogGroupArn": LOG_GROUP.replace("eu-west-1", "us-east-1"),
            "InsightSelectors": [{ "InsightType": "ApiCallRateInsight" }],
            "EventSelectors": [{ "ReadWriteType": "ReadOnly" }],
        }),
        "S3KeyPrefix must not begin or end with a slash; CloudWatchLogsRoleArn is required with \
         CloudWatchLogsLogGroupArn; InsightSelectors has an ApiCallRateInsight, for which the event \
         selectors must record management events that write; CloudWatchLogsLogGroupArn must be the \
         ARN of a log group in eu-west-1, the home Region of the trail, and not in us-east-1",
    );
}

#[test]
#[rustfmt::skip]
fn mistakes_in_other_lists_are_refused() {
    let trail = trail();
    let key = "Tags[0].Key must not begin with aws: or OrgTrail/";
    let aggregating = |configurations: Value| json!({
        "EventSelectors": [selecting(&["arn:aws:s3"])],
        "AggregationConfigurations": configurations,
    });
    let characters = "must consist of letters, digits, spaces and _ . : / = + - @";
    trail.accept(&json!({ "Tags": [{ "Key": "é _.:/=+-@1", "Value": "Größe 5\u{a0}½" }] }));
    for (changes, problem) in [
        (json!({ "Tags": [{ "Key": "a*", "Value": "" }] }), &*format!("Tags[0].Key {characters}")),
        (json!({ "Tags": [{ "Key": "a", "Value": "<b>" }] }), &format!("Tags[0].Value {characters}")),
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
            aggregating(json!([{ "EventCategory": "Data", "Templates": [] }])),
            "AggregationConfigurations[0].Templates must have 1 to 50 entries",
        ),
        (
            aggregating(json!([
                { "EventCategory": "Data", "Templates": ["API_ACTIVITY"] },
                { "EventCategory": "Data", "Templates": ["USER_ACTIONS"] },
            ])),
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
    // Not every schema validator has the classes of Unicode.
    let symbol = json!([{ "Key": "a", "Value": "\u{2603}" }]);
    trail.refuse_without_schema(&json!({ "Tags": symbol }), &format!("Tags[0].Value {characters}"));
}

fn trusted_access() -> Subject {
    Subject::new::<OrgTrustedAccessProperties>("Custom::OrgTrustedAccess", json!({}))
}

#[test]
fn trusted_access_has_a_service_principal() {
    let access = trusted_access();
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

fn administrator() -> Subject {
    Subject::new::<OrgDelegatedAdministratorProperties>(
        "Custom::OrgDelegatedAdministrator",
        json!({ "AccountId": "222222222222" }),
    )
}

#[test]
fn a_delegated_administrator() {
    let administrator = administrator();
    administrator.accept(&json!({}));
    administrator.accept(&json!({
        "AccountId": "022222222222", "ServicePrincipal": "config.amazonaws.com",
    }));
    for account in ["2222222222222", "22222222222x", " 222222222222", "٢٢٢٢٢٢٢٢٢٢٢٢", ""]
    {
        administrator.refuse(
            &json!({ "AccountId": account }),
            "AccountId must be the 12 digits of an account ID",
        );
    }
}

/// YAML reads an account ID without quotation marks as a number.
#[test]
fn numbers_of_yaml_are_advised_to_be_quoted() {
    let words = "must be the 12 digits of an account ID. YAML changed this one, because it read it as \
                 a number: enclose it in quotation marks";
    for account in ["12345", "22222222222", "2454267026", "1.23456789012E11", "123456789012.0"] {
        administrator().refuse(&json!({ "AccountId": account }), &format!("AccountId {words}"));
        delivery().refuse(&json!({ "Accounts": [account] }), &format!("Accounts[0] {words}"));
    }
    let number: Value = serde_json::from_str("1.23456789012E11").expect("a number");
    let of_json = json!({ "AccountId": number });
    administrator().refuse_without_schema(&of_json, &format!("AccountId {words}"));
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
        (json!({ "TrailArn": "organization" }), "TrailArn must be the ARN of a trail"),
        (json!({ "TrailArn": TRAIL.replace("cloudtrail", "sns") }), "TrailArn must be the ARN of a trail"),
        (json!({ "TrailArn": TRAIL.replace("trail/", "channel/") }), "TrailArn must be the ARN of a trail"),
        (json!({ "TrailArn": [TRAIL] }), "TrailArn must be a string"),
        (json!({ "Accounts": "Some" }), "Accounts must be First or All or a list"),
        (json!({ "Accounts": "all" }), "Accounts must be First or All or a list"),
        (json!({ "Accounts": "111111111111" }), "Accounts must be First or All or a list"),
        (json!({ "Accounts": { "First": "true" } }), "Accounts must be a string or a list"),
        (json!({ "Accounts": [] }), "Accounts must have at least 1 entry"),
        (json!({ "Accounts": ["First"] }), "Accounts[0] must be the 12 digits of an account ID"),
        (json!({ "Regions": [] }), "Regions must have at least 1 entry"),
        (json!({ "Regions": "eu-west-1" }), "Regions must be a list"),
        (json!({ "Region": "eu-west-1" }), "unknown property Region (did you mean Regions?)"),
        (json!({ "Regions": ["Ireland"] }), "Regions[0] must be a Region code such as eu-west-1"),
        (json!({ "MaxAgeDays": "a week" }), "MaxAgeDays must be an integer from 1 to 365"),
        (json!({ "Mode": "Gates" }), "Mode must be Gate or Report"),
        (json!({ "Mode": "report" }), "Mode must be Gate or Report"),
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
