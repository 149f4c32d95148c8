//! What is understood of a role's session: what is signed with it, and for how long.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use orgtrail::aws::clock::Clock;
use orgtrail::aws::environment::Configuration;
use orgtrail::core::fault::Cause;
use orgtrail::core::operation::Operation;

use crate::calls::Call;
use crate::errors::sessions_refused;
use crate::oracle::Sdk;
use crate::ours::Function;
use crate::samples::{SESSION_BEGUN, reply};
use crate::scene::{configuration, noon, role};
use crate::signatures::{authorization, signed_by};
use crate::wire::{Wire, answer, operation};

/// What STS may answer.
fn sessions() -> Vec<String> {
    let sample = SESSION_BEGUN;
    let expiring = |time| sample.replace("2026-11-23T13:00:00Z", time);
    vec![
        sample.to_owned(),
        sample.replace('\n', ""),
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- STS -->{sample}\n"),
        sample.replace("<Credentials>", "<Credentials><Of>tomorrow</Of>"),
        sample.replace("token/of+the=role", "a&#x41;&quot;&lt;"),
        sample.replace(" xmlns", " a=\"b\" xmlns"),
        expiring("2026-11-23T13:00:00.5Z"),
        expiring("2026-11-23T13:00:00.123456789Z"),
        expiring("2026-11-23T14:00:00+01:00"),
    ]
}

/// A wire on which STS answers with this.
fn wire(session: &str) -> Wire {
    let session = answer(200, &[], session.to_owned());
    Wire::new(move |request| match operation(request) {
        Operation::AssumeRole => session.clone(),
        _ => reply(request),
    })
}

#[test]
fn a_session_is_understood_alike_until_its_end() {
    for session in sessions() {
        let now = Arc::new(Mutex::new(noon()));
        let clock = Arc::clone(&now);
        let configuration = Configuration {
            clock: Clock::new(move || *clock.lock().expect("no test failed here")),
            ..configuration()
        };
        let theirs = Sdk::new(&configuration, &wire(&session)).assume(&role(None));
        let theirs = theirs.expect("a session");
        // The function begins a session anew a minute before it ends.
        let again = theirs.expiry().expect("an end") - Duration::from_mins(1);
        let ours = wire(&session);
        let function = Function::new(&configuration, &ours).assuming(&role(None));
        for time in [noon(), again - Duration::from_nanos(1), again] {
            *now.lock().expect("no test failed here") = time;
            let made = function.make(&Call::Organization);
            assert!(made.is_ok(), "{session}: {made:?}");
        }
        let sent = ours.sent();
        let asked: Vec<_> = sent.iter().map(operation).collect();
        let (begin, call) = (Operation::AssumeRole, Operation::DescribeOrganization);
        assert_eq!(asked, [begin, call, call, begin, call], "{session}");
        let signed = signed_by(&sent[1], &theirs, noon());
        assert_eq!(authorization(&sent[1]), signed, "{session}");
    }
}

#[test]
fn what_is_no_session_is_understood_by_neither() {
    let sample = SESSION_BEGUN;
    for body in [
        String::new(),
        "<html></html>".to_owned(),
        sample.replace("AssumeRoleResult", "Result"),
        sample.replace("Credentials>", "Other>"),
        sample.replace("2026-11-23T13:00:00Z", "tomorrow"),
    ] {
        let [ours, theirs] = sessions_refused(&answer(200, &[], body));
        assert_eq!(ours, theirs);
        assert_eq!(ours, (None, Cause::Unreadable.to_string()));
    }
}
