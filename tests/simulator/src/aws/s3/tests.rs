//! Listings: what they show, in which pages, and to whom.

use serde_json::{Value, json};

use crate::aws::{
    AccountStatus, Bucket, Caller, Objects, OrganizationLogs, Policy, World, log_file,
    samples::{BUCKET, MANAGEMENT_ACCOUNT, MEMBER_ACCOUNT, REGION, SECURITY_ACCOUNT},
    tests::{done, refused, security},
};

const ORGANIZATION: &str = "AWSLogs/o-exampleorg1/";

/// The bucket with the logs of every account in two Regions, and a digest.
fn with_logs() -> World {
    let logs = OrganizationLogs::new("o-exampleorg1", &["eu-west-1", REGION]);
    let mut objects = Objects::of_organization(logs);
    let digest = format!("{ORGANIZATION}{MEMBER_ACCOUNT}/CloudTrail-Digest/{REGION}/digest.gz");
    objects.keys.insert(digest);
    World::organization().with_objects(BUCKET, objects)
}

fn list(world: &mut World, input: Value) -> Value {
    let mut whole = json!({ "Bucket": BUCKET });
    if let (Some(whole), Value::Object(more)) = (whole.as_object_mut(), input) {
        whole.extend(more);
    }
    done(world, &security(), "ListObjectsV2", whole)
}

fn keys(answer: &Value) -> Vec<&str> {
    of(answer, "Contents", "Key")
}

fn common_prefixes(answer: &Value) -> Vec<&str> {
    of(answer, "CommonPrefixes", "Prefix")
}

fn of<'a>(answer: &'a Value, list: &str, member: &str) -> Vec<&'a str> {
    let entries = answer[list].as_array().expect("a list");
    entries
        .iter()
        .filter_map(|entry| entry[member].as_str())
        .collect()
}

#[test]
fn a_prefix_selects_and_a_delimiter_folds() {
    let mut world = with_logs();
    let all = list(&mut world, json!({}));
    assert_eq!(all["KeyCount"], 9);
    assert_eq!(all["IsTruncated"], false);
    assert!(keys(&all).is_sorted());

    let accounts = list(
        &mut world,
        json!({ "Prefix": ORGANIZATION, "Delimiter": "/" }),
    );
    let folders = world
        .accounts
        .keys()
        .map(|id| format!("{ORGANIZATION}{id}/"));
    assert_eq!(common_prefixes(&accounts), folders.collect::<Vec<_>>());
    assert_eq!(keys(&accounts), Vec::<&str>::new());

    let kinds = json!({ "Prefix": format!("{ORGANIZATION}{MEMBER_ACCOUNT}/"), "Delimiter": "/" });
    let kinds = list(&mut world, kinds);
    let expected = ["CloudTrail-Digest/", "CloudTrail/"];
    let expected = expected.map(|kind| format!("{ORGANIZATION}{MEMBER_ACCOUNT}/{kind}"));
    assert_eq!(common_prefixes(&kinds), expected);
}

#[test]
fn an_object_that_ends_in_the_prefix_is_no_common_prefix() {
    let objects = Objects::of_keys(["a/", "a/b", "a/c/d", "ab"]);
    let mut world = World::organization().with_objects(BUCKET, objects);
    let answer = list(&mut world, json!({ "Prefix": "a/", "Delimiter": "/" }));
    assert_eq!(keys(&answer), ["a/", "a/b"]);
    assert_eq!(common_prefixes(&answer), ["a/c/"]);
}

#[test]
fn pages_of_keys_and_of_common_prefixes_join_to_the_whole() {
    for (input, entries) in [
        (json!({ "MaxKeys": "2" }), 9),
        (
            json!({ "MaxKeys": "3", "Prefix": ORGANIZATION, "Delimiter": "/" }),
            4,
        ),
        (json!({ "Prefix": ORGANIZATION, "Delimiter": "/" }), 4),
    ] {
        let mut world = with_logs().with_object_page_size(3);
        let (mut seen, mut page) = (Vec::new(), input.clone());
        loop {
            let answer = list(&mut world, page);
            let listed = [keys(&answer), common_prefixes(&answer)].concat();
            assert!((1..=3).contains(&listed.len()), "{answer}");
            seen.extend(listed.into_iter().map(str::to_owned));
            page = input.clone();
            match answer.get("NextContinuationToken") {
                Some(token) => page["ContinuationToken"] = token.clone(),
                None => break,
            }
            assert_eq!(answer["IsTruncated"], true);
        }
        assert_eq!(seen.len(), entries, "{input}");
        assert!(seen.is_sorted_by(|one, next| one < next), "{seen:?}");
    }
}

#[test]
fn one_key_answers_whether_there_is_any() {
    let mut world = with_logs();
    let found = list(
        &mut world,
        json!({ "Prefix": ORGANIZATION, "MaxKeys": "1" }),
    );
    let first = log_file(None, Some("o-exampleorg1"), MANAGEMENT_ACCOUNT, "eu-west-1");
    assert_eq!(
        (keys(&found), &found["IsTruncated"]),
        (vec![first.as_str()], &json!(true))
    );
    let none = list(
        &mut world,
        json!({ "Prefix": "AWSLogs/o-other/", "MaxKeys": "1" }),
    );
    assert_eq!((keys(&none), &none["KeyCount"]), (Vec::new(), &json!(0)));
    let nothing = list(&mut world, json!({ "MaxKeys": "0" }));
    assert_eq!(
        (keys(&nothing), &nothing["IsTruncated"]),
        (Vec::new(), &json!(false))
    );
}

#[test]
fn a_listing_can_start_after_a_key() {
    let objects = Objects::of_keys(["a", "b", "c"]);
    let mut world = World::organization().with_objects(BUCKET, objects);
    assert_eq!(
        keys(&list(&mut world, json!({ "StartAfter": "a" }))),
        ["b", "c"]
    );
    let answer = list(&mut world, json!({ "StartAfter": "a", "Prefix": "c" }));
    assert_eq!(keys(&answer), ["c"]);
}

#[test]
fn accounts_of_a_large_organization_are_found_where_they_are() {
    let mut world = with_logs().with_accounts_up_to(5_000);
    let last = "500000004996";
    assert!(world.accounts.contains_key(last));
    let prefix = format!("{ORGANIZATION}{last}/CloudTrail/{REGION}/");
    let answer = list(&mut world, json!({ "Prefix": prefix, "MaxKeys": "1" }));
    assert_eq!(answer["KeyCount"], 1);
    let closed = "500000000003";
    world = world.with_account(closed, AccountStatus::Suspended);
    let prefix = format!("{ORGANIZATION}{closed}/");
    assert_eq!(list(&mut world, json!({ "Prefix": prefix }))["KeyCount"], 0);
}

#[test]
fn listings_that_make_no_sense_are_refused() {
    let inputs = [
        json!({ "ContinuationToken": "made up" }),
        json!({ "MaxKeys": "-1" }),
        json!({ "MaxKeys": "many" }),
    ];
    for mut input in inputs {
        input["Bucket"] = json!(BUCKET);
        let code = refused(&mut with_logs(), &security(), "ListObjectsV2", input);
        assert_eq!(code, "InvalidArgument");
    }
}

#[test]
fn the_owner_and_those_whom_the_bucket_policy_names_may_list() {
    let input = json!({ "Bucket": BUCKET });
    let reader = Caller::new(MANAGEMENT_ACCOUNT, REGION);
    let code = refused(&mut with_logs(), &reader, "ListObjectsV2", input.clone());
    assert_eq!(code, "AccessDenied");
    let policy = Policy::Document(json!({ "Statement": {
        "Effect": "Allow",
        "Principal": { "AWS": MANAGEMENT_ACCOUNT },
        "Action": "s3:ListBucket",
        "Resource": format!("arn:aws:s3:::{BUCKET}"),
    } }));
    let mut world = with_logs().with_bucket_policy(policy);
    done(&mut world, &reader, "ListObjectsV2", input.clone());
    let code = refused(
        &mut world,
        &Caller::new(MEMBER_ACCOUNT, REGION),
        "ListObjectsV2",
        input,
    );
    assert_eq!(code, "AccessDenied");
}

#[test]
fn iam_has_another_name_for_it() {
    for (denied, allowed) in [("s3:ListBucket", false), ("s3:ListObjectsV2", true)] {
        let mut world = with_logs().denying(denied);
        let input = json!({ "Bucket": BUCKET });
        let answer = world.call(&security(), "ListObjectsV2", &input);
        assert_eq!(answer.is_ok(), allowed, "{denied}");
        if let Err(error) = answer {
            assert_eq!((error.status, error.code.as_str()), (403, "AccessDenied"));
            let resource = format!("arn:aws:s3:::{BUCKET}");
            assert!(error.message.contains(&resource), "{error}");
        }
    }
}

#[test]
fn a_bucket_is_listed_where_it_is_and_for_whom_it_is_expected_to_belong_to() {
    let mut world = with_logs().with_bucket("elsewhere", Bucket::open("eu-west-1"));
    let input = json!({ "Bucket": "elsewhere" });
    let redirected = world
        .call(&security(), "ListObjectsV2", &input)
        .expect_err("a redirect");
    assert_eq!(
        (redirected.status, redirected.code.as_str()),
        (301, "PermanentRedirect")
    );
    assert_eq!(redirected.bucket_region.as_deref(), Some("eu-west-1"));
    done(
        &mut world,
        &Caller::new(SECURITY_ACCOUNT, "eu-west-1"),
        "ListObjectsV2",
        input,
    );

    let missing = json!({ "Bucket": "no-such-bucket" });
    let code = refused(&mut world, &security(), "ListObjectsV2", missing);
    assert_eq!(code, "NoSuchBucket");
    let input = json!({ "Bucket": BUCKET, "ExpectedBucketOwner": MEMBER_ACCOUNT });
    let code = refused(&mut world, &security(), "ListObjectsV2", input);
    assert_eq!(code, "AccessDenied");
}
