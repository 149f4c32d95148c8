//! Listings: what they show, in which pages, and to whom.

use serde_json::{Value, json};

use crate::aws::{
    Objects, OrganizationLogs, Timestamp, World,
    samples::{BUCKET, MEMBER_ACCOUNT, ORGANIZATION_ID, REGION},
    tests::{NOW, check, security, with},
};

const LIST: &str = "ListObjectsV2";
const ORGANIZATION: &str = "AWSLogs/o-exampleorg1/";

/// When the log files were made: 2023-11-14 22:13 UTC.
fn at() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

/// The bucket with the logs of every account in two Regions, a digest, and an object before and
/// one after them.
fn with_logs() -> World {
    let logs = OrganizationLogs::new(ORGANIZATION_ID, &["eu-west-1", REGION], at());
    let mut objects = Objects::of_organization(logs);
    let digest = format!("{ORGANIZATION}{MEMBER_ACCOUNT}/CloudTrail-Digest/{REGION}/digest.gz");
    objects.keys.extend([digest, "AWSLogs/".to_owned(), "elsewhere".to_owned()]);
    World::organization().with_objects(BUCKET, objects)
}

fn list(world: &mut World, more: Value) -> Value {
    world.done(security(), LIST, with(json!({ "Bucket": BUCKET }), more))
}

/// The keys, and the common prefixes.
fn listed(answer: &Value) -> (Vec<&str>, Vec<&str>) {
    let of = |list: &str, member: &str| {
        let entries = answer[list].as_array().expect("a list").iter();
        entries.filter_map(|entry| entry[member].as_str()).collect()
    };
    (of("Contents", "Key"), of("CommonPrefixes", "Prefix"))
}

#[test]
fn a_prefix_selects_and_a_delimiter_folds() {
    let mut world = with_logs();
    let all = list(&mut world, json!({}));
    assert_eq!((&all["KeyCount"], &all["IsTruncated"]), (&json!(11), &json!(false)));
    assert!(listed(&all).0.is_sorted());
    let folded = |prefix: &str| json!({ "Prefix": prefix, "Delimiter": "/" });
    let answer = list(&mut world, folded(ORGANIZATION));
    let folders: Vec<String> =
        world.accounts.keys().map(|id| format!("{ORGANIZATION}{id}/")).collect();
    assert_eq!(listed(&answer), (vec![], folders.iter().map(String::as_str).collect()));
    let account = format!("{ORGANIZATION}{MEMBER_ACCOUNT}/");
    let kinds = ["CloudTrail-Digest/", "CloudTrail/"].map(|kind| format!("{account}{kind}"));
    assert_eq!(listed(&list(&mut world, folded(&account))).1, kinds);

    let objects = Objects::of_keys(["a/", "a/b", "a/c/d", "ab"]);
    let mut world = World::organization().with_objects(BUCKET, objects);
    let answer = list(&mut world, folded("a/"));
    assert_eq!(listed(&answer), (vec!["a/", "a/b"], vec!["a/c/"]));
}

#[test]
fn malformed_listings_are_refused() {
    #[rustfmt::skip]
    let cases = [
        (json!({ "Bucket": BUCKET, "ContinuationToken": "unknown-token" }), "InvalidArgument"),
        (json!({ "Bucket": BUCKET, "MaxKeys": "-1" }), "InvalidArgument"),
        (json!({ "Bucket": BUCKET, "MaxKeys": "many" }), "InvalidArgument"),
        (json!({ "Bucket": "no-such-bucket" }), "NoSuchBucket"),
    ];
    check(with_logs, security, LIST, cases);
}
