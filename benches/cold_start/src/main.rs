//! What a cold start costs: `make bench`.
//!
//! The release binary is started behind a local Runtime API, with AWS and the response endpoint over
//! TLS, and asked for trusted access and then for a trail, as one stack does. So are the floor, the
//! same job in Python and the release before, in turn and again and again, at a full core and at the
//! share of one that goes with 128 MB. Nothing is asserted about time.
//!
//! [`contestants`] says who is measured, [`measure`] how, [`share`] limits the processor; what came
//! of it goes through [`summary`] into [`table`], [`targets`] and [`plot`].

mod arguments;
mod calls;
mod contestants;
mod measure;
mod plot;
mod share;
mod summary;
mod table;
mod targets;

#[path = "../../support/machine.rs"]
mod machine;
#[path = "../../support/memory.rs"]
mod memory;
#[path = "../../support/page.rs"]
mod page;
#[path = "../../support/spread.rs"]
mod spread;

#[cfg(test)]
mod tests;

use std::{error::Error, fs, path::Path, process::ExitCode};

use serde_json::json;
use simulator::tls::Authority;

use crate::{
    arguments::{Measurement, Task},
    contestants::Contestant,
    measure::{Round, Stage},
    share::{Place, Share},
    summary::{CONDITIONS, Summary},
};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The name of the results, and of their section on the page.
const NAME: &str = "cold-start";

#[tokio::main]
async fn main() -> ExitCode {
    let work = async {
        match Task::read(std::env::args().skip(1))? {
            Task::Measure(measurement) => benchmark(&measurement).await,
            Task::Publish { folder, page } => publish(&folder, &page),
        }
    };
    // An interrupted run too takes its processes and its control group away.
    let outcome = tokio::select! {
        outcome = work => outcome,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("cold-start: {why}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]
async fn benchmark(measurement: &Measurement) -> Outcome<()> {
    let contestants = contestants::all(measurement)?;
    let stage = stage(measurement)?;
    let mut rounds = Vec::new();
    for number in 0..measurement.rounds {
        eprintln!("round {} of {}", number + 1, measurement.rounds);
        rounds.extend(everybody(&stage, &contestants, number).await?);
    }
    let summary = Summary {
        contestants: &contestants,
        rounds: &rounds,
    };
    let machine = machine::description();
    let file = |extension: &str| measurement.folder.join(NAME).with_extension(extension);
    let table = table::write(&summary, &machine);
    fs::write(file("md"), &table)?;
    fs::write(file("json"), raw(&summary, &machine)?)?;
    plot::write(&summary, &file("svg"))?;
    println!("{table}");
    Ok(())
}

/// One round: each condition in turn, and under each everybody in turn, so that whatever else the
/// machine does hits all alike.
async fn everybody(
    stage: &Stage,
    contestants: &[Contestant],
    number: usize,
) -> Outcome<Vec<Round>> {
    let mut rounds = Vec::new();
    for conditions in CONDITIONS {
        if conditions.share == Share::Smallest && stage.place.is_none() {
            continue;
        }
        for contestant in contestants {
            if number.is_multiple_of(contestant.one_round_of) {
                rounds.push(measure::round(stage, contestant, conditions).await?);
            }
        }
    }
    Ok(rounds)
}

/// What all rounds share; says so where the share cannot be limited.
fn stage(measurement: &Measurement) -> Outcome<Stage> {
    let authority = Authority::new();
    let roots = fs::read_to_string(&measurement.roots)?;
    let bundle = measurement.folder.canonicalize()?.join("roots.pem");
    fs::write(&bundle, format!("{roots}\n{}", authority.pem()))?;
    let place = match Place::find() {
        Ok(place) => Some(place),
        Err(reasons) => {
            eprintln!(
                "Only the full core is measured: no control group can be made to limit it.\n\
                 {reasons}\
                 What is needed is root, or: systemd-run --user --scope -p Delegate=yes make bench"
            );
            None
        }
    };
    Ok(Stage {
        authority,
        roots: bundle.display().to_string(),
        place,
    })
}

/// All that was measured, as JSON.
fn raw(summary: &Summary, machine: &str) -> serde_json::Result<String> {
    let contestants: Vec<_> = summary
        .contestants
        .iter()
        .map(|one| json!({ "name": one.name, "zip_bytes": one.zip }))
        .collect();
    serde_json::to_string_pretty(&json!({
        "machine": machine,
        "contestants": contestants,
        "rounds": summary.rounds,
    }))
}

/// Copies the plot into the folder of the page's name, and the table onto the page.
fn publish(folder: &Path, page: &Path) -> Outcome<()> {
    let plots = page.with_extension("");
    fs::create_dir_all(&plots)?;
    let plot = format!("{NAME}.svg");
    fs::copy(folder.join(&plot), plots.join(&plot))?;
    let table = fs::read_to_string(folder.join(NAME).with_extension("md"))?;
    let text = fs::read_to_string(page)?;
    fs::write(page, page::with_section(&text, "cold start", &table)?)?;
    Ok(())
}
