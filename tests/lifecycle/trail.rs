//! `Custom::OrgTrail` from its creation through changes, drift and renaming to its end.

use serde_json::{Value, json};
use simulator::{
    aws::{EventSelector, EventSelectors, Fault, Trail},
    cloudformation::Stack,
};

use crate::support::{
    AMPLE, KEY, KEY_ALIAS, LOG_GROUP, LOG_ROLE, OrgTrail, SENTINEL, Scene, TOPIC, TRAIL_ARN,
    assert_attributes, assert_mentions, assert_same, ours, ready, stack_tag, trail_properties,
};

#[tokio::test]
async fn the_defaults_match_the_console_walk_through() {
    let scene = Scene::ready().await;
    scene.succeed(&scene.create(OrgTrail)).await;
    let trail = scene.org_trail();
    assert!(trail.is_organization_trail && trail.is_multi_region_trail && trail.is_logging);
    assert!(trail.include_global_service_events && trail.log_file_validation_enabled);
    assert!(trail.recursive_logging, "CloudTrail's own default");
    assert_eq!(trail.event_selectors, EventSelectors::Default);
    assert_eq!(trail.s3_bucket_name, "org-logs-example");
    let nothing = [
        trail.s3_key_prefix,
        trail.sns_topic_arn,
        trail.kms_key_id,
        trail.cloud_watch_logs_log_group_arn,
        trail.cloud_watch_logs_role_arn,
    ];
    assert_eq!(nothing, [None, None, None, None, None]);
    let tags: Vec<_> = trail.tags.into_iter().collect();
    let expected = [("OrgTrail/LogicalId", "Trail"), ("OrgTrail/Stack", &stack_tag())];
    assert_eq!(tags, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn ownership_goes_into_the_call_that_creates() {
    let scene = Scene::ready().await;
    scene.succeed(&scene.create(OrgTrail)).await;
    let calls = scene.aws.mutating_calls();
    let operations: Vec<_> = calls.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(operations, ["CreateTrail", "StartLogging"]);
    let tags = calls[0].input["TagsList"].to_string();
    assert_mentions(&tags, &["OrgTrail/Stack", "OrgTrail/LogicalId", &stack_tag()]);
}

/// Properties that change in place, each with a value that is not the default.
fn changes() -> Vec<(&'static str, Value)> {
    let data_events = json!([{
        "ReadWriteType": "WriteOnly",
        "IncludeManagementEvents": "true",
        "ExcludeManagementEventSources": ["kms.amazonaws.com"],
        "DataResources": [{ "Type": "AWS::S3::Object", "Values": ["arn:aws:s3"] }],
    }]);
    let advanced = json!([{
        "Name": "all writes to objects",
        "FieldSelectors": [
            { "Field": "eventCategory", "Equals": ["Data"] },
            { "Field": "resources.type", "Equals": ["AWS::S3::Object"] },
            { "Field": "readOnly", "Equals": ["false"] },
        ],
    }]);
    vec![
        ("S3BucketName", json!({ "S3BucketName": "other-logs-example" })),
        ("S3KeyPrefix", json!({ "S3KeyPrefix": "organization" })),
        ("KMSKeyId", json!({ "KMSKeyId": KEY })),
        ("KMSKeyId by alias", json!({ "KMSKeyId": KEY_ALIAS })),
        ("IsMultiRegionTrail", json!({ "IsMultiRegionTrail": "false" })),
        (
            "IncludeGlobalServiceEvents",
            json!({ "IsMultiRegionTrail": "false", "IncludeGlobalServiceEvents": "false" }),
        ),
        ("EnableLogFileValidation", json!({ "EnableLogFileValidation": "false" })),
        ("IsLogging", json!({ "IsLogging": "false" })),
        ("RecursiveLogging", json!({ "RecursiveLogging": "false" })),
        (
            "CloudWatchLogs",
            json!({ "CloudWatchLogsLogGroupArn": LOG_GROUP, "CloudWatchLogsRoleArn": LOG_ROLE }),
        ),
        ("SnsTopicName by ARN", json!({ "SnsTopicName": TOPIC })),
        ("SnsTopicName by name", json!({ "SnsTopicName": "org-logs" })),
        ("EventSelectors", json!({ "EventSelectors": data_events })),
        ("AdvancedEventSelectors", json!({ "AdvancedEventSelectors": advanced })),
        (
            "InsightSelectors",
            json!({ "InsightSelectors": [{ "InsightType": "ApiCallRateInsight" }] }),
        ),
        (
            "AggregationConfigurations",
            json!({
                "EventSelectors": data_events,
                "AggregationConfigurations": [
                    { "EventCategory": "Data", "Templates": ["API_ACTIVITY"] },
                ],
            }),
        ),
        ("Tags", json!({ "Tags": [{ "Key": "team", "Value": "security" }] })),
    ]
}

/// A property that is removed returns to its default.
#[tokio::test]
async fn every_property_changes_in_place() {
    let scene = Scene::of(
        crate::support::ready()
            .with_bucket("other-logs-example", simulator::aws::Bucket::open("eu-west-1")),
    );
    let scene = scene.await;
    let mut stack = Stack::new(&scene.endpoint, OrgTrail, AMPLE);
    stack.create(&scene.function, OrgTrail.properties()).await;
    let pristine = scene.org_trail();
    for (name, properties) in changes() {
        let changed = trail_properties(properties);
        scene.aws.forget_calls();
        let exchange = stack.update(&scene.function, changed.clone()).await;
        assert!(exchange.is_success(), "{name}: {}", exchange.reason());
        assert_ne!(scene.org_trail(), pristine, "{name} had an effect");
        let interrupted = scene.mutations().iter().any(|called| called.ends_with("Logging"));
        assert_eq!(interrupted, name == "IsLogging", "{name} interrupts logging");

        // A second Update with the same properties has nothing to do.
        stack.update(&scene.function, changed.clone()).await;
        scene.aws.forget_calls();
        stack.update(&scene.function, changed).await;
        assert_eq!(scene.mutations(), Vec::<String>::new(), "{name} has converged");

        let exchange = stack.update(&scene.function, OrgTrail.properties()).await;
        assert!(exchange.is_success(), "{name} removed: {}", exchange.reason());
        let mut restored = scene.org_trail();
        if restored.event_selectors != EventSelectors::Default {
            let default = vec![EventSelector::default()];
            assert_eq!(restored.event_selectors, EventSelectors::Basic(default), "{name} removed");
            restored.event_selectors = EventSelectors::Default;
        }
        assert_same(restored, pristine.clone(), &format!("{name} removed"));
    }
    assert!(stack.requests[1..].iter().all(|request| *request == "Update"));
}

#[tokio::test]
async fn create_accepts_every_property_at_once() {
    let scene = Scene::ready().await;
    let properties = json!({
        "S3KeyPrefix": "organization",
        "KMSKeyId": KEY,
        "IsLogging": "false",
        "RecursiveLogging": "false",
        "CloudWatchLogsLogGroupArn": format!("{LOG_GROUP}:*"),
        "CloudWatchLogsRoleArn": LOG_ROLE,
        "SnsTopicName": TOPIC,
        "EventSelectors": [{ "ReadWriteType": "WriteOnly" }],
        "InsightSelectors": [
            { "InsightType": "ApiErrorRateInsight", "EventCategories": ["Management"] },
        ],
        "Tags": [{ "Key": "team", "Value": "security" }],
    });
    let event = scene.create(OrgTrail).properties(trail_properties(properties));
    let response = scene.succeed(&event).await;
    let attributes = [
        ("KmsKeyArn", KEY),
        ("SnsTopicArn", TOPIC),
        ("LogPrefix", "organization/AWSLogs/o-exampleorg1/"),
        ("IsLogging", "false"),
    ];
    assert_attributes(&response, &attributes);
    let trail = scene.org_trail();
    let log_group = format!("{LOG_GROUP}:*");
    assert_eq!(trail.cloud_watch_logs_log_group_arn.as_deref(), Some(log_group.as_str()));
    assert!(!trail.is_logging && !trail.recursive_logging);
    assert_eq!(trail.insight_selectors.len(), 1);
    assert!(!scene.mutations().contains(&"StartLogging".to_owned()), "{:?}", scene.mutations());
}

#[tokio::test]
async fn only_tags_of_the_template_change() {
    let scene = Scene::ready().await;
    let tags = |pairs: &[(&str, &str)]| {
        let tags = pairs.iter().map(|(key, value)| json!({ "Key": key, "Value": value }));
        Value::from(tags.collect::<Vec<_>>())
    };
    let first = tags(&[("team", "security"), ("stage", "test")]);
    scene.succeed(&scene.create(OrgTrail).property("Tags", first.clone())).await;
    scene.aws.world(|world| {
        let trail = world.trail_mut(TRAIL_ARN).expect("the trail exists");
        trail.tags.insert("cost-center".to_owned(), "1400".to_owned());
    });
    let second = tags(&[("team", "audit"), ("owner", "")]);
    let event = scene.update(OrgTrail).property("Tags", second).old_property("Tags", first);
    scene.succeed(&event).await;
    let mut observed = scene.org_trail().tags;
    observed.retain(|key, _| !key.starts_with("OrgTrail/"));
    let expected = [("cost-center", "1400"), ("owner", ""), ("team", "audit")];
    let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(observed, expected.into());
}

/// `tests/schemas/properties.rs` has all refused values.
#[tokio::test]
async fn invalid_properties_are_refused_before_any_call() {
    let logs = |group: &str| json!({ "CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": LOG_ROLE });
    let refused = [
        (json!({ "TrailName": "trail é" }), "TrailName"),
        (json!({ "ExistingTrail": "adopt!" }), "ExistingTrail"),
        (logs(&LOG_GROUP.replace("eu-west-1", "eu-west-2")), "eu-west-1"),
        (logs(&LOG_GROUP.replace("111111111111", "222222222222")), "111111111111"),
    ];
    let scene = Scene::ready().await;
    for (properties, mentioned) in refused {
        let event = scene.create(OrgTrail).properties(trail_properties(properties));
        let response = scene.fail(&event).await;
        assert_eq!(response.physical_id(), SENTINEL);
        assert_mentions(response.reason(), &[mentioned]);
    }
    assert!(scene.aws.calls().is_empty(), "{:?}", scene.aws.calls());
}

/// The trail of AWS Control Tower.
fn baseline(region: &str) -> Trail {
    Trail::organization("aws-controltower-BaselineCloudTrail").in_region(region)
}

/// An organization trail of one Region, which does not count in the others.
fn one_region(name: &str, region: &str) -> Trail {
    Trail { is_multi_region_trail: false, ..Trail::organization(name).in_region(region) }
}

#[tokio::test]
async fn other_organization_trails_are_named() {
    let other = |name: &str| one_region(name, "us-east-1");
    let data_only = EventSelectors::Basic(vec![EventSelector {
        include_management_events: false,
        ..EventSelector::default()
    }]);
    let world = ready()
        .with_trail(baseline("eu-west-1"))
        .with_trail(other("second"))
        .with_trail(other("of-one-account").not_organization())
        .with_trail(Trail { is_logging: false, ..other("stopped") })
        .with_trail(Trail { event_selectors: data_only, ..one_region("data-only", "us-west-2") });
    let scene = Scene::of(world).await;
    let named = [baseline("eu-west-1").arn(), other("second").arn()].join(",");
    for event in [scene.create(OrgTrail), scene.update(OrgTrail)] {
        let response = scene.succeed(&event).await;
        assert_eq!(response.attribute("OtherOrganizationTrails"), Some(&*named));
    }
}

#[tokio::test]
async fn a_trail_that_is_renamed_is_no_other() {
    let scene = Scene::of(ready().with_trail(ours())).await;
    let event = scene.update(OrgTrail).property("TrailName", "renamed");
    let response = scene.succeed(&event).await;
    assert_eq!(response.attribute("OtherOrganizationTrails"), Some(""));
}

#[tokio::test]
async fn unreadable_other_trails_are_left_out() {
    // The first GetTrail finds that the name is free.
    for (operation, occurrence) in
        [("ListTrails", 1), ("GetTrail", 2), ("GetEventSelectors", 1), ("GetTrailStatus", 1)]
    {
        let scene = Scene::of(ready().with_trail(baseline("us-east-1"))).await;
        scene.aws.inject(operation, occurrence.., Fault::error("AccessDeniedException", "no"));
        let response = scene.succeed(&scene.create(OrgTrail)).await;
        assert_eq!(response.attribute("OtherOrganizationTrails"), Some(""), "{operation}");
    }
}

/// The response has at most 4,096 bytes.
#[tokio::test]
async fn many_other_trails_fit_into_the_response() {
    let mut world = ready();
    for region in ["us-east-1", "us-east-2", "us-west-1", "us-west-2"] {
        for number in 0..4 {
            let name = format!("{number}{}", "x".repeat(120));
            world = world.with_trail(one_region(&name, region));
        }
    }
    let scene = Scene::of(world).await;
    let event = scene.create(OrgTrail).property("S3KeyPrefix", "é".repeat(100));
    let response = scene.succeed(&event).await;
    let others = response.attribute("OtherOrganizationTrails").unwrap_or_default();
    assert!(others.len() > 700, "{others}");
    for arn in others.split(',') {
        assert!(scene.aws.world(|world| world.trail(arn).is_some()), "{arn}");
    }
}
