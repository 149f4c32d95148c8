//! Where and when everything happens.

use std::future::Future;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use orgtrail::aws::clock::Clock;
use orgtrail::aws::credentials::Credentials;
use orgtrail::aws::endpoint::Endpoints;
use orgtrail::aws::environment::Configuration;
use orgtrail::aws::role::Role;
use orgtrail::core::arn::{Region, TrailArn};
use proptest::collection::vec;
use proptest::prelude::*;

/// The trail that calls are about.
pub const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org";

/// The stack that a role is assumed for.
pub const STACK: &str = "arn:aws:cloudformation:eu-west-1:111111111111:stack/audit/1a2b";

/// The session of that stack.
pub const SESSION: &str = "orgtrail-audit";

/// 2026-11-23 12:00 UTC.
pub fn noon() -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(498_732)
}

/// A function in Ireland, at noon.
pub fn configuration() -> Configuration {
    Configuration {
        region: Some(region("eu-west-1")),
        credentials: Some(Credentials {
            key_id: "ASIAOWN".to_owned(),
            secret: "secretOfItsOwn".to_owned(),
            session_token: Some("token/of+its=own".to_owned()),
        }),
        endpoints: Endpoints::default(),
        clock: Clock::new(noon),
    }
}

/// A Region.
pub fn region(code: &str) -> Region {
    Region::parse(code).expect("a Region code")
}

/// The ARN of [`TRAIL`].
pub fn trail() -> TrailArn {
    TrailArn::parse(TRAIL).expect("a trail's ARN")
}

/// A role in the management account.
pub fn role(external_id: Option<&str>) -> Role {
    Role {
        variable: "MANAGEMENT_ROLE_ARN",
        arn: "arn:aws:iam::222222222222:role/path/Org+Trail=,.@-_".to_owned(),
        external_id: external_id.map(str::to_owned),
    }
}

/// Any characters: quotes, control characters and what takes more than one unit among them.
pub fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..8).prop_map(String::from_iter)
}

/// Does what is asynchronous, in a time that does not pass.
pub fn run<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(work)
}
