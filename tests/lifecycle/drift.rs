//! Changes to a trail outside CloudFormation, and the next Update that corrects them.

use serde_json::json;
use simulator::aws::{EventSelectors, Trail};

use crate::support::{OrgTrail, Scene, TRAIL_ARN, assert_same};

/// A change that an administrator makes to a trail.
type Change = fn(&mut Trail);

/// The changes outside CloudFormation.
const DRIFT: [(&str, Change); 8] = [
    ("logging was stopped", |trail| trail.is_logging = false),
    ("the bucket was changed", |trail| {
        "somewhere-else".clone_into(&mut trail.s3_bucket_name);
    }),
    ("a prefix was added", |trail| {
        trail.s3_key_prefix = Some("hidden".to_owned());
    }),
    ("selectors were narrowed", |trail| {
        trail.event_selectors = EventSelectors::Basic(Vec::new());
    }),
    ("validation was switched off", |trail| {
        trail.log_file_validation_enabled = false;
    }),
    ("it is no organization trail any more", |trail| {
        trail.is_organization_trail = false;
    }),
    ("it covers one Region only", |trail| {
        trail.is_multi_region_trail = false;
        trail.include_global_service_events = false;
    }),
    ("our tag was removed", |trail| {
        trail.tags.remove("OrgTrail/Stack");
        trail.tags.remove("OrgTrail/LogicalId");
    }),
];

#[tokio::test]
async fn any_update_corrects_drift() {
    for (what, drift) in DRIFT {
        let scene = Scene::ready().await;
        scene.succeed(&scene.create(OrgTrail)).await;
        let mut expected = scene.org_trail();
        scene.aws.world(|world| world.trail_mut(TRAIL_ARN).map(drift));
        assert_ne!(scene.org_trail(), expected, "{what}");
        let tags = json!([{ "Key": "team", "Value": "security" }]);
        scene.succeed(&scene.update(OrgTrail).property("Tags", tags)).await;
        expected.tags.insert("team".to_owned(), "security".to_owned());
        let mut mended = scene.org_trail();
        if mended.event_selectors != EventSelectors::Default {
            mended.event_selectors = EventSelectors::Default;
            assert!(what.starts_with("selectors"), "{what}");
        }
        if what.starts_with("our tag") {
            // Nothing proves any more that the resource created the trail.
            assert_eq!(mended.tags.remove("OrgTrail/Adopted").as_deref(), Some("true"));
        }
        assert_same(mended, expected, what);
        scene.aws.forget_calls();
        let tags = json!([{ "Key": "team", "Value": "security" }]);
        scene.succeed(&scene.update(OrgTrail).property("Tags", tags)).await;
        assert_eq!(scene.mutations(), Vec::<String>::new(), "{what}");
    }
}

/// The new trail is in the home Region of the old one.
#[tokio::test]
async fn update_creates_a_deleted_trail_with_its_id() {
    let scene = Scene::ready().await;
    let event = scene.create(OrgTrail).property("HomeRegion", "eu-central-1");
    let arn = scene.succeed(&event).await.physical_id().to_owned();
    scene.aws.world(|world| world.trails.clear());
    let update = scene
        .update(OrgTrail)
        .with("PhysicalResourceId", arn.as_str())
        .property("HomeRegion", "eu-central-1")
        .old_property("HomeRegion", "eu-central-1");
    assert_eq!(scene.succeed(&update).await.physical_id(), arn);
    let trail = scene.trail(&arn).expect("created again");
    assert!(trail.is_logging && trail.is_organization_trail);
    assert_eq!(trail.tags.get("OrgTrail/Adopted"), None);
}
