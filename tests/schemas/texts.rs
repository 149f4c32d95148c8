//! The texts whose rules are code, each beside the regular expression that says the same.

use std::fmt::Debug;

use orgtrail::cfn::properties::{Path, Problems, Property};
use orgtrail::core::arn::{AccountId, Region, ServicePrincipal, TrailArn, TrailName};
use orgtrail::core::trail::ExistingTrail;
use orgtrail::core::trusted_access::DeleteBehavior;
use orgtrail::resource::org_trail::properties::{
    BucketName, DataResourceType, KeyPrefix, ReadWriteType, SelectorName, TagKey, TagValue,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, json};

use crate::files::schema;
use crate::oracle::Schema;

/// Characters that mean something to one of the rules, and some that mean something to nobody.
const CHARACTERS: &str = "aZ09.-_/:@ +é\n";

/// A sample with a few characters put in, taken out or exchanged; or a run of one character about
/// as long as a limit.
fn texts(samples: &'static [&'static str]) -> impl Strategy<Value = String> {
    let characters: Vec<char> = CHARACTERS.chars().collect();
    let character = proptest::sample::select(characters);
    let edit = (any::<prop::sample::Index>(), 0..3_u8, character.clone());
    let edited = (
        proptest::sample::select(samples),
        proptest::collection::vec(edit, 0..4),
    )
        .prop_map(|(sample, edits)| {
            let mut text: Vec<char> = sample.chars().collect();
            for (place, kind, character) in edits {
                match kind {
                    0 => text.insert(place.index(text.len() + 1), character),
                    _ if text.is_empty() => {}
                    1 => {
                        text.remove(place.index(text.len()));
                    }
                    _ => {
                        let place = place.index(text.len());
                        text[place] = character;
                    }
                }
            }
            text.into_iter().collect()
        });
    let limit = proptest::sample::select(&[1, 2, 3, 12, 128, 200, 255, 256, 1000][..]);
    let run = (limit, 0..3_usize, character)
        .prop_map(|(limit, more, character)| character.to_string().repeat(limit + more - 1));
    prop_oneof![8 => edited, 1 => run, 1 => any::<String>()]
}

/// That reading and form of a type agree on texts like these samples, of which some must be taken
/// and some refused.
fn agree<T: Property + Debug>(samples: &'static [&'static str]) {
    let schema = Schema::new(schema::value(&T::form(), &mut Map::new()));
    let verdict = |text: &str| {
        let value = json!(text);
        let read = T::read(&value, &Path::default(), &mut Problems::default());
        (read, schema.takes(&value))
    };
    let taken = samples.iter().filter(|sample| verdict(sample).0.is_some());
    let taken = taken.count();
    assert!(0 < taken && taken < samples.len(), "{samples:?}");

    let mut runner = TestRunner::new(Config::with_cases(4_000));
    let result = runner.run(&texts(samples), |text| {
        let (read, taken) = verdict(&text);
        prop_assert_eq!(
            read.is_some(),
            taken.is_ok(),
            "read as {:?}, and the schema says {:?}",
            read,
            taken
        );
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    for sample in samples {
        let (read, taken) = verdict(sample);
        assert_eq!(read.is_some(), taken.is_ok(), "{sample}: {taken:?}");
    }
}

#[test]
fn account_ids() {
    agree::<AccountId>(&[
        "222222222222",
        "22222222222",
        "2222222222222",
        "٢٢٢٢٢٢٢٢٢٢٢٢",
    ]);
}

#[test]
fn regions() {
    agree::<Region>(&[
        "eu-west-1",
        "us-gov-west-1",
        "eusc-de-east-1",
        "eu-west-",
        "a-b",
        "1-1-1",
    ]);
}

#[test]
fn service_principals() {
    agree::<ServicePrincipal>(&["cloudtrail.amazonaws.com", "a_b+=,.@-", "a b", ""]);
}

#[test]
fn trail_names() {
    agree::<TrailName>(&[
        "org",
        "a-b.c_d",
        "1.2.3.4.5",
        "10.0.0.1",
        "255.255.255.255",
        "256.1.1.1",
        "01.2.3.4",
        "1.2.3",
        "0.0.0.0",
        "-org",
        "a--b",
        "ab",
    ]);
}

#[test]
fn trail_arns() {
    agree::<TrailArn>(&[
        "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org",
        "arn:aws-us-gov:cloudtrail:us-gov-west-1:111111111111:trail/org.trail",
        "arn:aws:cloudtrail:eu-west-1:111111111111:trail/10.0.0.1",
        "arn:aws:cloudtrail:eu-west-1:111111111111:trail/ab",
        "arn:aws:cloudtrail:eu-west-1:111111111111:trail/\
         aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
         aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "arn:aws:cloudtrail:eu-west-1:111111111111:eventdatastore/x",
        "arn::cloudtrail:eu-west-1:111111111111:trail/org",
        "arn:aws:s3:::org",
    ]);
}

#[test]
fn texts_of_a_trail() {
    agree::<BucketName>(&["my-log-archive", "My_Bucket.1", "ab", "my log archive"]);
    agree::<KeyPrefix>(&["", "organization", "a/b", "/a", "\n"]);
    agree::<SelectorName>(&["", "Deleted objects", LONG]);
    agree::<TagKey>(&[
        "Purpose",
        "aws:cloudformation",
        "AwS:x",
        "aws",
        "OrgTrail/Stack",
        "orgtrail/Stack",
        "",
    ]);
    agree::<TagValue>(&["", "audit", LONG]);
}

/// Longer than any text may be.
const LONG: &str = include_str!("texts.rs");

#[test]
fn words() {
    agree::<ReadWriteType>(&["All", "ReadOnly", "WriteOnly", "all", ""]);
    agree::<DataResourceType>(&["AWS::S3::Object", "AWS::S3::Bucket"]);
    agree::<ExistingTrail>(&["Fail", "Adopt", "fail"]);
    agree::<DeleteBehavior>(&["Keep", "Disable", "disable"]);
}

#[test]
fn flags() {
    agree::<bool>(&["true", "False", "tRuE", "yes", "1", "true ", ""]);
}
