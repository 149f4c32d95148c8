//! Logs: as every Lambda runtime has them, and without anybody else's secrets.

use std::{io, panic};

use tracing::level_filters::LevelFilter;
use tracing::{Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// What Lambda's logging configuration says, by its environment variables.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// `AWS_LAMBDA_LOG_FORMAT`: `JSON`, else text.
    pub format: Option<String>,
    /// `AWS_LAMBDA_LOG_LEVEL`: `TRACE` to `ERROR`; default `INFO`.
    pub level: Option<String>,
}

/// Logs to standard output from here on. Has no effect where that was done before.
pub fn start(configuration: &Configuration) {
    let _ = tracing_subscriber::registry()
        .with(layer(configuration, io::stdout))
        .try_init();
    panic::set_hook(Box::new(|panic| {
        // Where, and not what: the payload may hold anything.
        let location = panic.location().map(ToString::to_string);
        tracing::error!(location, "panicked");
    }));
}

/// What writes the log to `writer`, and what it leaves out.
pub fn layer<S, W>(configuration: &Configuration, writer: W) -> impl Layer<S> + use<S, W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let level = level(configuration.level.as_deref());
    // At their lower levels the Lambda runtime logs the raw event, and HTTP clients log URLs, so
    // other crates are heard only when something is wrong, whatever level is asked for.
    let filter = Targets::new()
        .with_default(Level::WARN.min(to_level(level)))
        .with_target("orgtrail", level);
    let json = configuration
        .format
        .as_deref()
        .is_some_and(|f| f.eq_ignore_ascii_case("json"));
    let layer = fmt::layer()
        .with_writer(writer)
        .with_target(false)
        .with_ansi(false);
    let layer = if json {
        layer
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed()
    } else {
        // Lambda puts the time before each line of text.
        layer.without_time().boxed()
    };
    layer.with_filter(filter)
}

fn level(name: Option<&str>) -> LevelFilter {
    // Lambda's FATAL is above our ERROR.
    match name.map(str::to_ascii_uppercase).as_deref() {
        Some("TRACE") => LevelFilter::TRACE,
        Some("DEBUG") => LevelFilter::DEBUG,
        Some("WARN") => LevelFilter::WARN,
        Some("ERROR" | "FATAL") => LevelFilter::ERROR,
        Some(_) | None => LevelFilter::INFO,
    }
}

fn to_level(filter: LevelFilter) -> Level {
    filter.into_level().unwrap_or(Level::ERROR)
}
