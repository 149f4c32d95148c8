//! What is counted.

use std::{io, sync::Arc};

use allocation_counter::measure;
use orgtrail::{
    aws::{Aws, environment::Configuration},
    connections::Connections,
    handler::Handler,
    log,
    resource::RESOURCES,
    transport::SharedTransport,
};
use simulator::aws::World;
use tracing_subscriber::{layer::SubscriberExt, registry, util::SubscriberInitExt};

use crate::{
    figures::Figures,
    recorded::{Replay, Script, SharedReplay},
    stage::{Clock, Stage, Way, runtime},
};

/// Counts what it takes to serve the first request of a process, from the bytes of the event on.
pub fn request(script: &str) -> Figures {
    let Script { event, exchanges } = serde_json::from_str(script).expect("a script");
    let replay = Arc::new(Replay::new(exchanges));
    let runtime = runtime(0);
    let (handler, invocation) = runtime.block_on(async {
        let stage = Stage::new(World::organization(), Clock::start(), Way::Own);
        let handler = stage.handler(SharedReplay(Arc::clone(&replay)));
        (handler, stage.invocation())
    });
    let log = log::layer(&log_configuration(), io::sink);
    registry().with(log).init();

    let mut outcome = None;
    let counted = measure(|| {
        // As `main` and the Lambda runtime do it.
        let event = serde_json::from_str(&event).expect("an event");
        outcome = Some(runtime.block_on(handler.clone().handle(event, invocation)));
    });
    assert!(matches!(outcome, Some(Ok(()))), "{outcome:?}");
    assert_eq!(replay.left(), 0, "there are fewer calls than there were");
    counted.into()
}

/// Counts what it takes to build what is there before the first request, as `main` does it, but for the
/// connections, which need somebody at the other end.
pub fn init() -> Figures {
    let mut handler = None;
    let counted = measure(|| {
        log::start(&log_configuration());
        let transport: SharedTransport = Arc::new(Connections::from_environment(variable));
        let configuration = Configuration::from_environment(variable);
        handler = Some(Handler {
            aws: Aws::new(configuration, Arc::clone(&transport)),
            transport,
            resources: RESOURCES,
            allow_http_response_url: false,
        });
    });
    let region = handler.and_then(|handler| handler.aws.region());
    assert!(region.is_some(), "the environment was not read");
    counted.into()
}

#[expect(clippy::disallowed_methods, reason = "as in the function's main")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What the template sets.
fn log_configuration() -> log::Configuration {
    log::Configuration {
        format: Some("JSON".to_owned()),
        level: Some("INFO".to_owned()),
    }
}
