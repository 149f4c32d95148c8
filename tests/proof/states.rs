//! The states of AWS in which the requests run: an organization that is ready for a trail, with
//! resources that do not concern OrgTrail.

use serde_json::{Value, json};
use simulator::aws::{AssumableRole, CLOUDTRAIL, EventDataStore, EventSelectors, Trail, World};

use crate::support::{KEY_ALIAS, LOG_GROUP, LOG_ROLE, REGION, TOPIC, ready, trail_properties};

/// The role in the management account.
pub const MANAGEMENT_ROLE: &str = "arn:aws:iam::111111111111:role/OrgTrail";
/// The external ID that its trust policy demands.
pub const EXTERNAL_ID: &str = "example-external-id";
/// The role in the account of the log bucket.
pub const LOG_BUCKET_ROLE: &str = "arn:aws:iam::222222222222:role/OrgTrailLogReader";
/// The account where the function lives that assumes roles.
pub const SECURITY: &str = "222222222222";
/// In a partition of two Regions, in each of which the function lists event data stores.
pub const FEW_REGIONS: &str = "us-gov-west-1";
/// The names of the trails that belong to no request.
pub const OTHER_TRAILS: [&str; 2] = ["neighbour", "by-hand"];

/// Another stack that uses OrgTrail.
pub const OTHER_STACK: &str = "other-stack/8d1f0a20-c85d-11f0-a1b2-0a58a9feac02";

/// An organization that is ready for a trail, with another stack's trail, a trail in another Region
/// that an administrator created by hand, and other services that are trusted and delegated.
pub fn plain() -> World {
    ready()
        .with_service_linked_role(CLOUDTRAIL)
        .with_service_linked_role("context.cloudtrail.amazonaws.com")
        .with_trail(neighbour())
        .with_trail(manual())
        .with_trusted_access("sso.amazonaws.com")
        .with_delegated_administrator("config.amazonaws.com", "444444444444")
        .with_event_data_store(EventDataStore {
            account: "111111111111".to_owned(),
            region: FEW_REGIONS.to_owned(),
            id: "1c2d3e4f-0000-4000-8000-000000000001".to_owned(),
            name: "own-events".to_owned(),
            organization_enabled: false,
            status: "ENABLED".to_owned(),
        })
}

/// The same without anything that depends on trusted access for CloudTrail.
pub fn without_dependents() -> World {
    plain().with(|world| {
        for trail in &mut world.trails {
            trail.is_organization_trail = false;
        }
    })
}

fn neighbour() -> Trail {
    let trail = Trail::organization(OTHER_TRAILS[0]).in_region(REGION);
    Trail {
        event_selectors: EventSelectors::of_type("WriteOnly"),
        s3_key_prefix: Some("neighbour".to_owned()),
        ..logging_for_years(trail)
    }
    .with_tag("OrgTrail/Stack", OTHER_STACK)
    .with_tag("OrgTrail/LogicalId", "Trail")
    .with_tag("cost-centre", "42")
}

fn manual() -> Trail {
    let trail = Trail::organization(OTHER_TRAILS[1]).in_region("us-east-1");
    Trail {
        is_multi_region_trail: false,
        log_file_validation_enabled: false,
        ..logging_for_years(trail)
    }
    .not_organization()
    .with_tag("made-by", "administrator")
}

/// A trail that has been logging for years.
pub fn logging_for_years(trail: Trail) -> Trail {
    Trail { start_logging_time: Some(simulator::aws::Timestamp::from_seconds(1.6e9)), ..trail }
}

/// A world in which the function lives in the security account and assumes roles.
pub fn with_roles(world: World) -> World {
    let management = AssumableRole::new(MANAGEMENT_ROLE).trusting(SECURITY).demanding(EXTERNAL_ID);
    world
        .called_by(SECURITY)
        .with_assumable_role(management)
        .with_assumable_role(AssumableRole::new(LOG_BUCKET_ROLE).trusting(SECURITY))
}

/// A world in which the function lives in the security account, which is CloudTrail's delegated
/// administrator.
pub fn delegated(world: World) -> World {
    world.called_by(SECURITY).with_delegated_administrator(CLOUDTRAIL, SECURITY)
}

/// The least that a trail needs.
pub fn base() -> Value {
    trail_properties(json!({}))
}

/// All that a trail can have, so that every step is taken.
pub fn everything() -> Value {
    trail_properties(json!({
        "S3KeyPrefix": "organization",
        "KMSKeyId": KEY_ALIAS,
        "SnsTopicName": TOPIC,
        "CloudWatchLogsLogGroupArn": LOG_GROUP,
        "CloudWatchLogsRoleArn": LOG_ROLE,
        "EnableLogFileValidation": false,
        "RecursiveLogging": false,
        "EventSelectors": [{
            "ReadWriteType": "All",
            "DataResources": [{ "Type": "AWS::S3::Object", "Values": ["arn:aws:s3"] }],
        }],
        "InsightSelectors": [{ "InsightType": "ApiCallRateInsight" }],
        "AggregationConfigurations": [
            { "EventCategory": "Data", "Templates": ["API_ACTIVITY"] },
        ],
        "Tags": [{ "Key": "team", "Value": "security" }],
    }))
}
