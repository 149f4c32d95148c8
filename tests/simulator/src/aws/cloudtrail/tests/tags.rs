//! Tags.

use serde_json::{Value, json};

use super::{TRAIL, TRAIL_ARN, request, with_trail};
use crate::aws::{
    World,
    tests::{check, management, ready},
};

fn numbered(count: usize) -> Value {
    (0..count).map(|n| json!({ "Key": format!("key-{n}"), "Value": "x" })).collect()
}

fn on_trail(tags: Value) -> Value {
    json!({ "ResourceId": TRAIL_ARN, "TagsList": tags })
}

fn listed(world: &mut World) -> Value {
    let input = json!({ "ResourceIdList": [TRAIL_ARN] });
    world.done(management(), "ListTags", input)["ResourceTagList"][0].clone()
}

#[test]
fn tags_are_set_overwritten_and_removed() {
    let mut world = with_trail();
    let first = json!([{ "Key": "Team", "Value": "a" }, { "Key": "Empty", "Value": "" }]);
    world.done(management(), "AddTags", on_trail(first));
    let second = json!([{ "Key": "Team", "Value": "b" }]);
    world.done(management(), "AddTags", on_trail(second));
    // An empty value may come back as none.
    let expected = json!([{ "Key": "Empty" }, { "Key": "Team", "Value": "b" }]);
    assert_eq!(listed(&mut world), json!({ "ResourceId": TRAIL_ARN, "TagsList": expected }));
    let removed = json!([{ "Key": "Team" }, { "Key": "NeverThere" }]);
    world.done(management(), "RemoveTags", on_trail(removed));
    assert_eq!(listed(&mut world)["TagsList"], json!([{ "Key": "Empty" }]));
    world.done(management(), "DeleteTrail", json!({ "Name": TRAIL }));
    world.done(management(), "CreateTrail", request(json!({})));
    assert_eq!(listed(&mut world)["TagsList"], json!([]));
}

#[test]
fn a_trail_has_fifty_tags_at_most() {
    let mut world = with_trail();
    world.done(management(), "AddTags", on_trail(numbered(50)));
    world.done(management(), "AddTags", on_trail(numbered(50)));
    let more = on_trail(json!([{ "Key": "one-more", "Value": "x" }]));
    let too_many = "TagsLimitExceededException";
    assert_eq!(world.refused(management(), "AddTags", more), too_many);
    let input = request(json!({ "TagsList": numbered(51) }));
    check(ready, management, "CreateTrail", [(input, too_many)]);
}

#[test]
fn tags_have_rules() {
    let tag = |key: &str, value: &str| json!([{ "Key": key, "Value": value }]);
    let invalid = "InvalidTagParameterException";
    #[rustfmt::skip]
    let cases = [
        (tag("", "x"), invalid),
        (tag(&"k".repeat(129), "x"), invalid),
        (tag("k", &"v".repeat(257)), invalid),
        (tag("what?", "x"), invalid),
        (tag("k", "a\tb"), invalid),
        (tag("aws:cloudformation:stack-name", "x"), invalid),
        (json!([{ "Key": "a", "Value": "1" }, { "Key": "a", "Value": "2" }]), invalid),
        (tag("OrgTrail/Stack", "a b_c@d"), ""),
    ];
    for (tags, code) in cases {
        let created = request(json!({ "TagsList": tags }));
        check(ready, management, "CreateTrail", [(created, code)]);
        check(with_trail, management, "AddTags", [(on_trail(tags), code)]);
    }
}

#[test]
fn only_arns_of_trails_have_tags() {
    #[rustfmt::skip]
    let cases = [
        (TRAIL, "CloudTrailARNInvalidException"),
        ("arn:aws:s3:::bucket", "CloudTrailARNInvalidException"),
        ("arn:aws:cloudtrail:us-east-1:111111111111:trail/Nothing", "ResourceNotFoundException"),
    ];
    for (reference, code) in cases {
        let input = json!({ "ResourceId": reference, "TagsList": numbered(1) });
        check(with_trail, management, "AddTags", [(input.clone(), code)]);
        check(with_trail, management, "RemoveTags", [(input, code)]);
        let list = json!({ "ResourceIdList": [reference] });
        check(with_trail, management, "ListTags", [(list, code)]);
    }
}
