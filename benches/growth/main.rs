//! What a request costs as what it is about grows: `make bench-growth`.
//!
//! The real `bootstrap`, as it is shipped, serves requests of very different sizes against the
//! simulator. Calls, CPU time and memory are the function's own; the time is that of this machine,
//! where the simulator works on the same cores. Nothing is asserted about time: the table is to be
//! read. Each size is measured in several processes, and the medians count.
//!
//! `cargo bench --bench growth -- [--bootstrap FILE] [--output FOLDER] [COURSE...]` writes `growth.md`,
//! `growth.json` and `growth.svg`; with `--publish FOLDER` it measures nothing, and puts what was
//! written last into the documentation there.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table is what a benchmark is for"
)]

use std::{error::Error, fs, path::PathBuf};

mod courses;
#[path = "../support/machine.rs"]
mod machine;
mod measure;
#[path = "../support/memory.rs"]
mod memory;
#[path = "../support/page.rs"]
mod page;
mod plot;
mod publish;
mod table;

use courses::Course;
use measure::{Measured, Step};

/// What went wrong, as a sentence.
type Failure = Box<dyn Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    if let Some(documents) = &arguments.publish {
        return publish::publish(documents, &arguments.output);
    }
    if !arguments.bootstrap.exists() {
        let missing = arguments.bootstrap.display();
        return Err(format!("there is no {missing}: make build").into());
    }
    let mut measured = Vec::new();
    for course in arguments.courses() {
        measured.push(measure(&course, &arguments).await?);
    }
    let markdown = table::markdown(&measured);
    println!("{markdown}");
    fs::create_dir_all(&arguments.output)?;
    let file = |name: &str| arguments.output.join(name);
    fs::write(file("growth.md"), &markdown)?;
    fs::write(
        file("growth.json"),
        serde_json::to_string_pretty(&measured)?,
    )?;
    plot::draw(&file("growth.svg"), &measured)
}

async fn measure(course: &Course, arguments: &Arguments) -> Result<Measured, Failure> {
    let mut steps: Vec<Step> = Vec::new();
    for &size in course.sizes {
        let step = measure::step(course, size, &arguments.bootstrap).await;
        let step = step.map_err(|error| format!("{}, {size}: {error}", course.name))?;
        eprintln!("{}, {size} {}: {step}", course.name, course.unit);
        steps.push(step);
    }
    Ok(Measured {
        course: course.name,
        unit: course.unit,
        steps,
    })
}

/// What was asked for.
struct Arguments {
    bootstrap: PathBuf,
    output: PathBuf,
    publish: Option<PathBuf>,
    /// Only courses with one of these in their names; all, if there are none.
    only: Vec<String>,
}

impl Arguments {
    fn read(arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        // Cargo runs benchmarks in the folder of the package, and says `--bench` to them.
        let mut arguments = arguments.filter(|argument| argument != "--bench");
        let mut read = Self {
            bootstrap: "target/lambda/bootstrap/bootstrap".into(),
            output: "target/bench".into(),
            publish: None,
            only: Vec::new(),
        };
        while let Some(argument) = arguments.next() {
            let value = arguments.by_ref();
            let mut value = || value.next().ok_or(format!("{argument} lacks its value"));
            match argument.as_str() {
                "--bootstrap" => read.bootstrap = value()?.into(),
                "--output" => read.output = value()?.into(),
                "--publish" => read.publish = Some(value()?.into()),
                _ => read.only.push(argument),
            }
        }
        Ok(read)
    }

    fn courses(&self) -> Vec<Course> {
        let asked =
            |name: &str| self.only.is_empty() || self.only.iter().any(|part| name.contains(part));
        let mut courses = courses::all();
        courses.retain(|course| asked(course.name));
        courses
    }
}
