//! Answers that would be longer than CloudFormation reads, and are cut.

use simulator::{
    aws::{Bucket, CLOUDTRAIL, Fault, World, samples},
    cloudformation::{
        Event,
        ResourceType::{OrgTrail, OrgTrailDelivery},
        ResponseUrl,
    },
};

use super::{Course, Expected, Scene};

/// As many as fit into an event.
const UNKNOWN: &[usize] = &[10, 100, 1_000, 10_000, 25_000];
/// Likewise.
const INVALID: &[usize] = &[10, 100, 1_000, 10_000, 50_000];
/// Bytes, to far beyond what AWS ever says.
const AWS_MESSAGE: &[usize] = &[100, 1_000, 10_000, 100_000, 1_000_000];

pub fn courses() -> Vec<Course> {
    vec![
        Course::new(
            "refused, unknown properties",
            "properties",
            UNKNOWN,
            unknown,
        ),
        Course::new("refused, invalid entries", "entries", INVALID, invalid),
        Course::new(
            "failed, a long error of AWS",
            "bytes",
            AWS_MESSAGE,
            aws_message,
        ),
    ]
}

fn unknown(count: usize, url: &ResponseUrl) -> Scene {
    let event = (0..count).fold(Event::create(OrgTrail, url), |event, number| {
        event.property(&format!("S3BucketName{number:05}"), "a value of it")
    });
    Scene::new(
        World::organization(),
        event,
        Expected::Refused("the properties are not valid: unknown property"),
    )
}

fn invalid(count: usize, url: &ResponseUrl) -> Scene {
    let entries = vec!["11111111111x"; count];
    Scene::new(
        World::organization(),
        Event::create(OrgTrailDelivery, url).property("Accounts", entries),
        Expected::Refused("the properties are not valid: Accounts[0]"),
    )
}

fn aws_message(bytes: usize, url: &ResponseUrl) -> Scene {
    let message = "The parameters do not fit. ".repeat(bytes.div_ceil(27));
    let fault = Fault::error(
        "InvalidParameterCombinationException",
        message.get(..bytes).unwrap_or_default(),
    );
    let world = World::organization()
        .with_trusted_access(CLOUDTRAIL)
        .with_bucket(samples::BUCKET, Bucket::open("eu-west-1"));
    Scene {
        fault: Some(("CreateTrail", fault)),
        ..Scene::new(
            world,
            Event::create(OrgTrail, url),
            Expected::Refused("CreateTrail"),
        )
    }
}
