//! Tags.

use serde_json::{Value, json};

use super::{TRAIL, TRAIL_ARN, elsewhere, request, with_trail};
use crate::aws::{
    World,
    tests::{done, management, ready, refused},
};

fn numbered(count: usize) -> Value {
    (0..count)
        .map(|n| json!({ "Key": format!("key-{n}"), "Value": "x" }))
        .collect()
}

fn on_trail(tags: Value) -> Value {
    json!({ "ResourceId": TRAIL_ARN, "TagsList": tags })
}

fn listed(world: &mut World) -> Value {
    let input = json!({ "ResourceIdList": [TRAIL_ARN] });
    done(world, &management(), "ListTags", input)["ResourceTagList"][0].clone()
}

#[test]
fn tags_are_set_overwritten_listed_and_removed() {
    let mut world = with_trail();
    let first = json!([{ "Key": "Team", "Value": "a" }, { "Key": "Empty", "Value": "" }]);
    done(&mut world, &management(), "AddTags", on_trail(first));
    let second = json!([{ "Key": "Team", "Value": "b" }]);
    done(&mut world, &management(), "AddTags", on_trail(second));
    // An empty value may come back as none.
    let expected = json!([{ "Key": "Empty" }, { "Key": "Team", "Value": "b" }]);
    assert_eq!(
        listed(&mut world),
        json!({ "ResourceId": TRAIL_ARN, "TagsList": expected })
    );
    let removed = json!([{ "Key": "Team" }, { "Key": "NeverThere" }]);
    done(&mut world, &management(), "RemoveTags", on_trail(removed));
    assert_eq!(listed(&mut world)["TagsList"], json!([{ "Key": "Empty" }]));
}

#[test]
fn a_trail_has_fifty_tags_at_most() {
    let mut world = with_trail();
    done(&mut world, &management(), "AddTags", on_trail(numbered(50)));
    done(&mut world, &management(), "AddTags", on_trail(numbered(50)));
    let more = json!([{ "Key": "one-more", "Value": "x" }]);
    let code = refused(&mut world, &management(), "AddTags", on_trail(more));
    assert_eq!(code, "TagsLimitExceededException");
    let input = request(json!({ "TagsList": numbered(51) }));
    let code = refused(&mut ready(), &management(), "CreateTrail", input);
    assert_eq!(code, "TagsLimitExceededException");
}

#[test]
fn tags_have_rules() {
    let tag = |key: &str, value: &str| json!([{ "Key": key, "Value": value }]);
    let twice = json!([{ "Key": "a", "Value": "1" }, { "Key": "a", "Value": "2" }]);
    let cases = [
        tag("", "x"),
        tag(&"k".repeat(129), "x"),
        tag("k", &"v".repeat(257)),
        tag("what?", "x"),
        tag("k", "a\tb"),
        tag("aws:cloudformation:stack-name", "x"),
        twice,
    ];
    for tags in cases {
        let code = refused(
            &mut with_trail(),
            &management(),
            "AddTags",
            on_trail(tags.clone()),
        );
        assert_eq!(code, "InvalidTagParameterException", "{tags}");
        let input = request(json!({ "TagsList": tags }));
        let code = refused(&mut ready(), &management(), "CreateTrail", input);
        assert_eq!(code, "InvalidTagParameterException");
    }
    done(
        &mut with_trail(),
        &management(),
        "AddTags",
        on_trail(tag("OrgTrail/Stack", "a b_c@d")),
    );
}

#[test]
fn only_arns_of_trails_that_are_there_have_tags() {
    let missing = TRAIL_ARN.replace(TRAIL, "Nothing");
    let cases = [
        (TRAIL, "CloudTrailARNInvalidException"),
        ("arn:aws:s3:::bucket", "CloudTrailARNInvalidException"),
        (&missing, "ResourceNotFoundException"),
    ];
    for (reference, code) in cases {
        let calls = [
            (
                "AddTags",
                json!({ "ResourceId": reference, "TagsList": numbered(1) }),
            ),
            (
                "RemoveTags",
                json!({ "ResourceId": reference, "TagsList": numbered(1) }),
            ),
            ("ListTags", json!({ "ResourceIdList": [reference] })),
        ];
        for (operation, input) in calls {
            let refusal = refused(&mut with_trail(), &management(), operation, input);
            assert_eq!(refusal, code, "{operation} {reference}");
        }
    }
}

#[test]
fn tags_are_changed_only_at_home() {
    for operation in ["AddTags", "RemoveTags"] {
        let code = refused(
            &mut with_trail(),
            &elsewhere(),
            operation,
            on_trail(numbered(1)),
        );
        assert_eq!(code, "CloudTrailARNInvalidException", "{operation}");
    }
}

#[test]
fn tags_of_twenty_trails_are_listed_at_once() {
    let input = json!({ "ResourceIdList": vec![TRAIL_ARN; 21] });
    let code = refused(&mut with_trail(), &management(), "ListTags", input);
    assert_eq!(code, "ValidationException");
    let input = json!({ "ResourceIdList": vec![TRAIL_ARN; 20] });
    let answer = done(&mut with_trail(), &management(), "ListTags", input);
    assert_eq!(answer["ResourceTagList"].as_array().map(Vec::len), Some(20));
}

#[test]
fn tags_do_not_survive_their_trail() {
    let mut world = with_trail();
    done(&mut world, &management(), "AddTags", on_trail(numbered(1)));
    done(
        &mut world,
        &management(),
        "DeleteTrail",
        json!({ "Name": TRAIL }),
    );
    done(&mut world, &management(), "CreateTrail", request(json!({})));
    assert_eq!(listed(&mut world)["TagsList"], json!([]));
}
