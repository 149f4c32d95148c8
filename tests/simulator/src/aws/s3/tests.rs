//! Listings that S3 refuses. The delivery gate's tests hold the others.

use serde_json::json;

use crate::aws::{
    World,
    samples::BUCKET,
    tests::{check, security},
};

#[test]
fn malformed_listings_are_refused() {
    #[rustfmt::skip]
    let cases = [
        (json!({ "Bucket": BUCKET, "ContinuationToken": "unknown-token" }), "InvalidArgument"),
        (json!({ "Bucket": BUCKET, "MaxKeys": "-1" }), "InvalidArgument"),
        (json!({ "Bucket": BUCKET, "MaxKeys": "many" }), "InvalidArgument"),
        (json!({ "Bucket": "no-such-bucket" }), "NoSuchBucket"),
    ];
    check(World::organization, security, "ListObjectsV2", cases);
}
