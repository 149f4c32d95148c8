//! The benchmarks: `make bench` and `make bench-delivery`.
//!
//! | File | Contents |
//! |---|---|
//! | [`cold_start`] | cold starts of OrgTrail, of the bare function and of the function in Python |
//! | [`delivery`] | the delivery gate in organizations of growing size |
//! | [`stage`] | the simulated AWS, and one function that serves its requests |
//! | [`process`] | CPU time and peak memory of a process, and the limit of its CPU share |
//! | [`results`] | medians, guardrails and table of the cold starts |
//! | [`plot`] | their plot |

mod cold_start;
mod delivery;
mod plot;
mod process;
mod results;
mod stage;

use std::{error::Error, fs, path::Path, process::ExitCode, thread};

type Outcome<T> = Result<T, Box<dyn Error>>;

const USAGE: &str = "\
usage: measure cold-start TARGET PYTHON ROOTS ROUNDS
       measure delivery TARGET
TARGET is cargo's target folder, PYTHON an interpreter with the packages of tools/bench.txt and ROOTS a
file of root certificates.";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // A run that is interrupted also stops its processes and removes its control group.
    let outcome = tokio::select! {
        outcome = run(&arguments) => outcome,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("measure: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &[String]) -> Outcome<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["cold-start", target, python, roots, rounds] => {
            let (target, python) = (Path::new(target), Path::new(python));
            let rounds = rounds.parse()?;
            let measured = cold_start::measure(target, python, roots.as_ref(), rounds).await?;
            let bench = target.join("bench");
            let json = serde_json::to_string_pretty(&measured)?;
            fs::write(bench.join("cold-start.json"), json)?;
            plot::write(&measured, &bench.join("cold-start.svg"))?;
            report(&bench, "cold-start", &results::markdown(&measured))
        }
        ["delivery", target] => {
            let table = delivery::measure(target.as_ref()).await?;
            report(&Path::new(target).join("bench"), "delivery", &table)
        }
        _ => Err(USAGE.into()),
    }
}

/// Prints a table with a description of the machine, and keeps it for `make bench-docs`.
#[expect(clippy::print_stdout, reason = "a benchmark prints its results")]
fn report(folder: &Path, name: &str, table: &str) -> Outcome<()> {
    let cores = thread::available_parallelism()?;
    let processor = fs::read_to_string("/proc/cpuinfo")?;
    let mut lines = processor.lines();
    let model = lines.find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("an unnamed processor", |(_, model)| model);
    let architecture = std::env::consts::ARCH;
    let table = format!("{table}\nMeasured on {cores} cores of {model} ({architecture}).\n");
    println!("{table}");
    Ok(fs::write(folder.join(name).with_extension("md"), table)?)
}
