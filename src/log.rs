//! The log: its format, its level, and the filter that keeps secrets out of it.

use std::{io, panic};

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// The environment variables of Lambda's logging configuration.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// `AWS_LAMBDA_LOG_FORMAT`: `JSON`, otherwise plain text.
    pub format: Option<String>,
    /// `AWS_LAMBDA_LOG_LEVEL`: `TRACE` to `FATAL`. The default is `INFO`.
    pub level: Option<String>,
}

/// Starts logging to standard output. A second call has no effect.
pub fn start(configuration: &Configuration) {
    let _ = tracing_subscriber::registry().with(layer(configuration, io::stdout)).try_init();
    panic::set_hook(Box::new(|panic| {
        // Without the payload, which may contain a secret.
        let location = panic.location().map(ToString::to_string);
        tracing::error!(location, "function panicked");
    }));
}

/// The layer that writes the log to `writer`.
pub fn layer<S, W>(configuration: &Configuration, writer: W) -> impl Layer<S> + use<S, W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let level = level(configuration.level.as_deref());
    // Below WARN the Lambda runtime logs the raw event, and HTTP clients log URLs, so other crates
    // log at WARN even if the configured level is lower.
    let filter =
        Targets::new().with_default(LevelFilter::WARN.min(level)).with_target("orgtrail", level);
    let json = configuration.format.as_deref().is_some_and(|f| f.eq_ignore_ascii_case("json"));
    let layer = fmt::layer().with_writer(writer).with_target(false).with_ansi(false);
    let layer = if json {
        layer.json().flatten_event(true).with_span_list(false).boxed()
    } else {
        // Lambda writes the time before each line.
        layer.without_time().boxed()
    };
    layer.with_filter(filter)
}

fn level(name: Option<&str>) -> LevelFilter {
    // tracing has no level for Lambda's FATAL.
    match name.map(str::to_ascii_uppercase).as_deref() {
        Some("TRACE") => LevelFilter::TRACE,
        Some("DEBUG") => LevelFilter::DEBUG,
        Some("WARN") => LevelFilter::WARN,
        Some("ERROR" | "FATAL") => LevelFilter::ERROR,
        Some(_) | None => LevelFilter::INFO,
    }
}
