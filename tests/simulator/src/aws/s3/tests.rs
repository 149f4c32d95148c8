//! Listings: what they show, in which pages, and to whom.

use serde_json::{Value, json};

use crate::aws::{
    AccountStatus, Objects, OrganizationLogs, Policy, Timestamp, World, log_file,
    samples::{
        BUCKET, MANAGEMENT_ACCOUNT, MEMBER_ACCOUNT, ORGANIZATION_ID, REGION, SECURITY_ACCOUNT,
    },
    tests::{NOW, check, management, member, security, stranger, with},
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
fn pages_join_to_the_whole() {
    for (input, entries) in [
        (json!({ "MaxKeys": "2" }), 11),
        (json!({ "MaxKeys": "3", "Prefix": ORGANIZATION, "Delimiter": "/" }), 4),
        (json!({ "Prefix": ORGANIZATION, "Delimiter": "/" }), 4),
    ] {
        let mut world = with_logs().with_page_size(3);
        let (mut seen, mut page) = (Vec::new(), input.clone());
        loop {
            let answer = list(&mut world, page);
            let (keys, prefixes) = listed(&answer);
            assert!((1..=3).contains(&(keys.len() + prefixes.len())), "{answer}");
            seen.extend(keys.into_iter().chain(prefixes).map(str::to_owned));
            let Some(token) = answer.get("NextContinuationToken") else {
                break;
            };
            page = with(input.clone(), json!({ "ContinuationToken": token }));
            assert_eq!(answer["IsTruncated"], true);
        }
        assert_eq!(seen.len(), entries, "{input}");
        assert!(seen.is_sorted_by(|one, next| one < next), "{seen:?}");
    }
}

#[test]
fn one_key_shows_whether_there_are_any() {
    let mut world = with_logs();
    let first = log_file(None, Some(ORGANIZATION_ID), MANAGEMENT_ACCOUNT, "eu-west-1", at());
    #[rustfmt::skip]
    let cases = [
        (json!({ "Prefix": ORGANIZATION, "MaxKeys": "1" }), vec![&*first], true),
        (json!({ "Prefix": "AWSLogs/o-other/", "MaxKeys": "1" }), vec![], false),
        (json!({ "Prefix": format!("{ORGANIZATION}9"), "MaxKeys": "1" }), vec![], false),
        (json!({ "MaxKeys": "0" }), vec![], false),
    ];
    for (input, keys, truncated) in cases {
        let answer = list(&mut world, input);
        assert_eq!((listed(&answer).0, &answer["IsTruncated"]), (keys, &json!(truncated)));
    }
}

#[test]
fn a_listing_starts_after_a_key() {
    let days = [0, 1, 2].map(|day| at().later_by(day * 24 * 60 * 60));
    let keys = days.map(|day| log_file(None, Some(ORGANIZATION_ID), MEMBER_ACCOUNT, REGION, day));
    assert!(keys[1].contains("/2023/11/15/333333333333_CloudTrail_us-east-1_20231115T2213Z_"));
    let objects = Objects::of_keys(keys.clone());
    let mut world = World::organization().with_objects(BUCKET, objects);
    let prefix = format!("{ORGANIZATION}{MEMBER_ACCOUNT}/CloudTrail/{REGION}/");
    let minute = format!("{prefix}2023/11/15/{MEMBER_ACCOUNT}_CloudTrail_{REGION}_20231115T2213Z");
    for (after, first) in [("", 0), (&*keys[0], 1), (&*minute, 1), (&*keys[1], 2)] {
        let input = json!({ "Prefix": prefix, "StartAfter": after, "MaxKeys": "1" });
        let answer = list(&mut world, input);
        assert_eq!(listed(&answer).0, [&keys[first]], "{after}");
    }
    let last = list(&mut world, json!({ "Prefix": prefix, "StartAfter": keys[2] }));
    assert_eq!((&last["KeyCount"], &last["IsTruncated"]), (&json!(0), &json!(false)));
    // A continuation token prevails.
    let input = json!({ "StartAfter": keys[2], "ContinuationToken": format!("after:{}", keys[0]) });
    assert_eq!(listed(&list(&mut world, input)).0, [&keys[1], &keys[2]]);
}

#[test]
fn only_active_accounts_have_logs() {
    let logs = OrganizationLogs::new(ORGANIZATION_ID, &[REGION], at()).except(MEMBER_ACCOUNT);
    let mut world = World::organization()
        .with_objects(BUCKET, Objects::of_organization(logs))
        .with_accounts_up_to(5_000)
        .with_account("500000000003", AccountStatus::Suspended);
    for (account, count) in
        [("500000004996", 1), ("500000000003", 0), (MEMBER_ACCOUNT, 0), (SECURITY_ACCOUNT, 1)]
    {
        let prefix = format!("{ORGANIZATION}{account}/CloudTrail/{REGION}/");
        assert_eq!(list(&mut world, json!({ "Prefix": prefix }))["KeyCount"], count, "{account}");
    }
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

#[test]
fn the_bucket_policy_names_other_readers() {
    let of_bucket = || json!({ "Bucket": BUCKET });
    let closed = || with_logs().with_bucket_policy(Policy::Missing);
    check(closed, management, LIST, [(of_bucket(), "AccessDenied")]);
    let policy = Policy::Document(json!({ "Statement": {
        "Effect": "Allow",
        "Principal": { "AWS": [MANAGEMENT_ACCOUNT, format!("arn:aws:iam::{MEMBER_ACCOUNT}:root")] },
        "Action": "s3:ListBucket",
        "Resource": format!("arn:aws:s3:::{BUCKET}"),
    } }));
    let world = || with_logs().with_bucket_policy(policy.clone());
    check(world, management, LIST, [(of_bucket(), "")]);
    check(world, member, LIST, [(of_bucket(), "")]);
    check(world, stranger, LIST, [(of_bucket(), "AccessDenied")]);
}

#[test]
fn iam_calls_the_action_list_bucket() {
    let input = json!({ "Bucket": BUCKET });
    check(|| with_logs().denying("s3:ListObjectsV2"), security, LIST, [(input.clone(), "")]);
    let mut world = with_logs().denying("s3:ListBucket");
    let error = world.call(&security(), LIST, &input).expect_err("refused");
    assert_eq!((error.status, &*error.code), (403, "AccessDenied"));
    assert!(error.message.contains(&format!("arn:aws:s3:::{BUCKET}")), "{error}");
}
