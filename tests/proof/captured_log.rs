//! The function's log of a request at the level TRACE, and the secrets that must not be in it.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use orgtrail::log;
use simulator::cloudformation::Event;
use tracing::Subscriber;
use tracing_subscriber::{fmt::MakeWriter, layer::SubscriberExt, registry};

/// The credentials of the function's own role: key ID, secret and session token.
pub const CREDENTIALS: [&str; 3] = [
    "ASIAEXAMPLEFUNCTION3",
    "secretAccessKeyOfTheFunctionsRole0000003",
    "sessionTokenOfTheFunctionsRole0000000004",
];

/// Strings in the credentials of every session that the simulated STS begins, and in every response
/// URL.
const OF_ALL: [&str; 4] =
    ["secret+Access/Key/Of/A/Role", "session/token/of/a/role", "X-Amz-Signature", "X-Amz-Date"];

/// The log of one invocation.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The subscriber that writes into it, as the function logs if `LogLevel` is TRACE.
    pub fn subscriber(&self) -> impl Subscriber + Send + Sync + 'static {
        let configuration =
            log::Configuration { format: Some("JSON".to_owned()), level: Some("TRACE".to_owned()) };
        registry().with(log::layer(&configuration, self.clone()))
    }

    /// Panics if the log contains a secret.
    #[track_caller]
    pub fn assert_no_secrets(&self, event: &Event) {
        let content = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let content = String::from_utf8_lossy(&content);
        assert!(!content.is_empty(), "the log is empty");
        let url = event.text("ResponseURL").unwrap_or_default();
        let query = url.split_once('?').map(|(_, query)| query);
        let signature = url.rsplit_once('=').map(|(_, signature)| signature);
        let of_event = [Some(url), query, signature].into_iter().flatten();
        let secrets = of_event.filter(|secret| !secret.is_empty());
        for secret in secrets.chain(CREDENTIALS).chain(OF_ALL) {
            let leak = content.lines().find(|line| line.contains(secret));
            assert_eq!(leak, None, "a secret ({secret}) is in the log");
        }
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut content = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        content.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
#[should_panic(expected = "a secret")]
fn a_logged_secret_is_reported() {
    let event = crate::requests::addressed(
        &crate::requests::request("Create", crate::support::OrgTrail),
        crate::stage::Clock::start(),
    );
    let log = Log::default();
    let url = event.text("ResponseURL").expect("it has one");
    tracing::subscriber::with_default(log.subscriber(), || {
        tracing::event!(target: "orgtrail", tracing::Level::TRACE, url);
    });
    log.assert_no_secrets(&event);
}
