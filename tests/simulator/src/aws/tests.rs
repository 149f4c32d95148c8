//! What the rules' tests share, and the tests of the server.

mod listings_over_http;
mod over_http;

use serde_json::Value;

use super::{
    CLOUDTRAIL, Caller, Timestamp, World,
    samples::{MANAGEMENT_ACCOUNT, MEMBER_ACCOUNT, REGION, SECURITY_ACCOUNT},
};

/// When the tests' calls happen.
pub(super) const NOW: f64 = 1_700_000_000.0;

/// An organization with trusted access for CloudTrail, at a time that stands still.
pub(super) fn ready() -> World {
    World::organization()
        .with_trusted_access(CLOUDTRAIL)
        .at(Timestamp::from_seconds(NOW))
}

pub(super) fn management() -> Caller {
    Caller::new(MANAGEMENT_ACCOUNT, REGION)
}

pub(super) fn security() -> Caller {
    Caller::new(SECURITY_ACCOUNT, REGION)
}

pub(super) fn member() -> Caller {
    Caller::new(MEMBER_ACCOUNT, REGION)
}

pub(super) fn stranger() -> Caller {
    Caller::new("999999999999", REGION)
}

/// The answer of a call that has to succeed.
#[track_caller]
pub(super) fn done(world: &mut World, caller: &Caller, operation: &str, input: Value) -> Value {
    match world.call(caller, operation, &input) {
        Ok(answer) => answer,
        Err(error) => panic!("{operation} {input} was refused: {error}"),
    }
}

/// The error code of a call that has to be refused, and must not have changed anything that a
/// refused call has no business with.
#[track_caller]
pub(super) fn refused(world: &mut World, caller: &Caller, operation: &str, input: Value) -> String {
    let before = world.clone();
    match world.call(caller, operation, &input) {
        Ok(answer) => panic!("{operation} {input} was carried out: {answer}"),
        Err(error) => {
            let configured = |world: &World| {
                let trails = world
                    .trails
                    .iter()
                    .map(|trail| (trail.described(), trail.tags.clone()));
                (trails.collect::<Vec<_>>(), world.trusted_access.clone())
            };
            assert_eq!(
                configured(world),
                configured(&before),
                "{operation} {input}"
            );
            assert_eq!(
                world.delegated_administrators_of(),
                before.delegated_administrators_of()
            );
            error.code
        }
    }
}

impl World {
    /// The registrations that there are, leaving services without any aside.
    fn delegated_administrators_of(&self) -> Vec<(&String, &String)> {
        let services = self.delegated_administrators.iter();
        services
            .flat_map(|(of, accounts)| accounts.keys().map(move |id| (of, id)))
            .collect()
    }
}
