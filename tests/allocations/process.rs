//! A process for each count: what is made once in a process, such as a table that is made at its first use, is
//! then made by the flow that is counted, as in a new execution environment.

use std::{
    io::{Read, Write, stdin},
    process::{Command, Stdio},
};

use crate::{INIT, counted, figures::Figures};

/// The argument that lets this binary count; the name of a flow follows it, and its script is read
/// from standard input.
pub const COUNT: &str = "--count";

/// What Lambda sets and the function reads. Nothing of this machine is in it: the lengths of its
/// values count.
const ENVIRONMENT: [(&str, &str); 6] = [
    ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLEFUNCTION1"),
    ("AWS_DEFAULT_REGION", "eu-west-1"),
    ("AWS_REGION", "eu-west-1"),
    (
        "AWS_SECRET_ACCESS_KEY",
        "secretAccessKeyOfTheFunctionsRole0000001",
    ),
    (
        "AWS_SESSION_TOKEN",
        "sessionTokenOfTheFunctionsRole0000000002",
    ),
    ("SSL_CERT_FILE", "tests/allocations/authority.pem"),
];

/// Lets a new process count.
pub fn in_a_new_process(name: &str, script: &str) -> Figures {
    let this = std::env::current_exe().expect("this binary has a path");
    let mut child = Command::new(this)
        .args([COUNT, name])
        .env_clear()
        .envs(ENVIRONMENT)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this binary can be started");
    let mut input = child.stdin.take().expect("it is piped");
    input.write_all(script.as_bytes()).expect("it is read");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{name} could not be counted");
    let output = String::from_utf8_lossy(&output.stdout);
    Figures::of_line(&output).unwrap_or_else(|| panic!("{name} was counted as {output}"))
}

/// Counts, in such a process.
pub fn count(name: &str) -> Figures {
    if name == INIT {
        return counted::init();
    }
    let mut script = String::new();
    stdin().read_to_string(&mut script).expect("a script");
    counted::request(&script)
}
