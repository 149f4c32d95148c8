//! A trail, with more and more of everything that a trail can have many of.

use serde_json::{Value, json};
use simulator::{
    aws::{Bucket, CLOUDTRAIL, World, samples},
    cloudformation::{Event, ResourceType::OrgTrail, ResponseUrl},
};

use super::{Course, Expected, LARGEST_EVENT, Scene};

const REGION: &str = "eu-west-1";
/// What AWS allows, less what is OrgTrail's own.
const TAGS: &[usize] = &[1, 5, 10, 20, 46];
/// What CloudTrail allows in all selectors of a trail.
const DATA_RESOURCES: &[usize] = &[1, 10, 50, 100, 250];
/// Likewise; two of them say of which events an advanced selector is.
const CONDITIONS: &[usize] = &[10, 50, 100, 250, 500];
/// Bytes of all conditions together: 500 of them, up to what fits into an event.
const CONDITIONS_BYTES: &[usize] = &[10_000, 30_000, 100_000, 300_000, 900_000];

pub fn courses() -> Vec<Course> {
    vec![
        Course::new("trail, tags, Create", "tags", TAGS, |size, url| {
            create(&tags(size), url)
        }),
        Course::new(
            "trail, tags, unchanged Update",
            "tags",
            TAGS,
            |size, url| update(&tags(size), url),
        ),
        Course::new(
            "trail, basic selectors, Create",
            "data resources",
            DATA_RESOURCES,
            |size, url| create(&basic(size), url),
        ),
        Course::new(
            "trail, basic selectors, unchanged Update",
            "data resources",
            DATA_RESOURCES,
            |size, url| update(&basic(size), url),
        ),
        Course::new(
            "trail, advanced selectors, Create",
            "conditions",
            CONDITIONS,
            |size, url| create(&advanced(size, 60), url),
        ),
        Course::new(
            "trail, advanced selectors, unchanged Update",
            "conditions",
            CONDITIONS,
            |size, url| update(&advanced(size, 60), url),
        ),
        Course::new(
            "trail, 500 long conditions, Create",
            "bytes",
            CONDITIONS_BYTES,
            |size, url| create(&advanced(500, size / 500), url),
        ),
    ]
}

fn ready() -> World {
    World::organization()
        .with_trusted_access(CLOUDTRAIL)
        .with_bucket(samples::BUCKET, Bucket::open(REGION))
}

/// The properties of a trail with one more.
fn with(name: &str, value: Value) -> Value {
    let mut properties = OrgTrail.properties();
    properties[name] = value;
    properties
}

fn create(properties: &Value, url: &ResponseUrl) -> Scene {
    let event = Event::create(OrgTrail, url).properties(properties.clone());
    assert!(event.value().to_string().len() <= LARGEST_EVENT);
    Scene::new(ready(), event, Expected::Success)
}

/// After a Create of the same.
fn update(properties: &Value, url: &ResponseUrl) -> Scene {
    let before = Event::create(OrgTrail, url).properties(properties.clone());
    let event = Event::update(OrgTrail, url)
        .old_properties(properties.clone())
        .properties(properties.clone());
    Scene {
        before: Some(before),
        ..Scene::new(ready(), event, Expected::Success)
    }
}

/// As long as AWS allows: keys of 128 characters and values of 256.
fn tags(count: usize) -> Value {
    let tags = (0..count).map(
        |number| json!({ "Key": format!("{number:0>128}"), "Value": format!("{number:0>256}") }),
    );
    with("Tags", tags.collect())
}

/// In as many selectors as CloudTrail allows, where there are enough.
fn basic(data_resources: usize) -> Value {
    let values: Vec<String> = (0..data_resources)
        .map(|number| format!("arn:aws:s3:::bucket-of-application-{number:03}/records/"))
        .collect();
    let selectors = values.chunks(data_resources.div_ceil(5)).map(|values| {
        json!({
            "ReadWriteType": "WriteOnly",
            "DataResources": [{ "Type": "AWS::S3::Object", "Values": values }],
        })
    });
    with("EventSelectors", selectors.collect())
}

/// One selector with so many values of such a length.
fn advanced(conditions: usize, length: usize) -> Value {
    let values: Vec<String> = (2..conditions)
        .map(|number| {
            format!(
                "arn:aws:s3:::b{number:0>width$}",
                width = length.max(24) - 14
            )
        })
        .collect();
    let selector = json!({
        "Name": "the objects of some buckets",
        "FieldSelectors": [
            { "Field": "eventCategory", "Equals": ["Data"] },
            { "Field": "resources.type", "Equals": ["AWS::S3::Object"] },
            { "Field": "resources.ARN", "StartsWith": values },
        ],
    });
    with("AdvancedEventSelectors", json!([selector]))
}
