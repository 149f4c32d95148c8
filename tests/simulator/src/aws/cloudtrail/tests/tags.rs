//! Tags.

use serde_json::json;

use super::{TRAIL, with_trail};
use crate::aws::tests::{check, management};

#[test]
fn only_arns_of_trails_have_tags() {
    #[rustfmt::skip]
    let cases = [
        (TRAIL, "CloudTrailARNInvalidException"),
        ("arn:aws:s3:::bucket", "CloudTrailARNInvalidException"),
        ("arn:aws:cloudtrail:us-east-1:111111111111:trail/Nothing", "ResourceNotFoundException"),
    ];
    for (reference, code) in cases {
        let input = json!({ "ResourceId": reference, "TagsList": [{ "Key": "Team" }] });
        check(with_trail, management, "AddTags", [(input.clone(), code)]);
        check(with_trail, management, "RemoveTags", [(input, code)]);
        let list = json!({ "ResourceIdList": [reference] });
        check(with_trail, management, "ListTags", [(list, code)]);
    }
}
