//! What the hot path allocates: numbers that hold from run to run, where times do not.
//!
//! Each flow is played twice. First against the simulator, where what AWS answers is written down.
//! Then in a new process, as cold as a new execution environment, against what was written down:
//! that is what is counted, from the bytes of the event to the stored answer, with everything that the
//! AWS SDK and the log allocate, and without HTTP, TLS and the simulator. What is built before the
//! first event is counted by itself.
//!
//! The toolchain and the lock file are pinned, the clock is paused and chance is seeded, so the numbers
//! are compared exactly. `make allocations` writes those that are there now.
//! Whatever the table says, the memory of a delivery gate may grow by few bytes for each account.

#![expect(clippy::print_stdout, reason = "it reports its figures itself")]

use std::process::ExitCode;

#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code, reason = "the proof needs more of it")]
#[path = "../proof/overheard.rs"]
mod overheard;
#[allow(dead_code, reason = "the proof needs more of it")]
#[path = "../proof/requests.rs"]
mod requests;
#[allow(dead_code, reason = "the proof needs more of it")]
#[path = "../proof/responses.rs"]
mod responses;
#[allow(dead_code, reason = "the proof needs more of it")]
#[path = "../proof/stage.rs"]
mod stage;
#[allow(dead_code, reason = "the proof needs more of it")]
#[path = "../proof/wire.rs"]
mod wire;
#[allow(dead_code, reason = "the proof needs more of it")]
#[path = "../proof/worlds.rs"]
mod worlds;

mod counted;
mod figures;
mod flat;
mod flows;
mod process;
mod recorded;

use figures::{Figures, Table};
use flows::Flow;
use support::Transport;

/// Of the scenes with sockets, of which there are none here.
const TRANSPORT: Transport = Transport::Plain;

/// What is built before the first event.
const INIT: &str = "init";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some(process::COUNT) => {
            let name = arguments.next().unwrap_or_default();
            println!("{}", process::count(&name).to_line());
            ExitCode::SUCCESS
        }
        Some("--accept") => {
            Table::write(&measure());
            ExitCode::SUCCESS
        }
        // Anything else is a filter for the tests of other binaries.
        _ => compare(),
    }
}

/// The figures of init and of every flow.
fn measure() -> Vec<(String, Figures)> {
    let init = process::in_a_new_process(INIT, "");
    let flows = flows::all().into_iter().map(|flow: Flow| {
        let script = recorded::record(&flow);
        let name = flow.name;
        (name.to_owned(), process::in_a_new_process(name, &script))
    });
    [(INIT.to_owned(), init)].into_iter().chain(flows).collect()
}

fn compare() -> ExitCode {
    let measured = measure();
    if let Some(problem) = flat::problem(&measured) {
        println!("{problem}");
        return ExitCode::FAILURE;
    }
    // The compiler leaves some allocations out where it optimises; the table is of the build that is
    // tested.
    if !cfg!(debug_assertions) {
        println!(
            "{} flows were counted, and compared with nothing",
            measured.len()
        );
        return ExitCode::SUCCESS;
    }
    let problems = Table::differences(&measured);
    if problems.is_empty() {
        println!("{} flows allocate what they should", measured.len());
        return ExitCode::SUCCESS;
    }
    println!("what is allocated has changed:\n");
    for problem in problems {
        println!("  {problem}");
    }
    println!(
        "\nIf it is meant, write the new figures with\n\n  {}\n",
        Table::HOW_TO_ACCEPT
    );
    ExitCode::FAILURE
}
