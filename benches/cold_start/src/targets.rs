//! What was asked for, and whether it is met.

use std::time::Duration;

use crate::{
    contestants::{FLOOR, ORGTRAIL, PYTHON, ROUND_TRIPS},
    measure::Conditions,
    share::Share,
    summary::{Figure, LATENCY, Summary},
    table::{number, row},
};

const SMALLEST: Conditions = Conditions {
    share: Share::Smallest,
    latency: Duration::ZERO,
};
const SMALLEST_AND_FAR: Conditions = Conditions {
    share: Share::Smallest,
    latency: LATENCY,
};

/// The least that a cold start in Python is to take of one of ours.
const TIMES_FASTER: f64 = 100.0;
/// The most that a cold start of ours is to take of the floor's, besides AWS's round trips.
const TIMES_THE_FLOOR: f64 = 1.5;
/// The most processor time of a cold start, in ms.
const CPU: f64 = 6.0;
/// The most memory, in MB.
const MEMORY: f64 = 8.0;
/// The largest zip for arm64, in MB.
const ZIP: f64 = 2.5;

/// The targets as a table; those that could not be measured are not in it.
pub fn table(summary: &Summary) -> String {
    let head = ["Target", "Asked for", "Measured", ""];
    let rows = [
        python(summary, SMALLEST),
        python(summary, SMALLEST_AND_FAR),
        floor(summary, SMALLEST),
        floor(summary, SMALLEST_AND_FAR),
        most(
            "CPU of a cold start at 128 MB",
            "ms",
            CPU,
            summary.median(ORGTRAIL, SMALLEST, Figure::Cpu),
        ),
        most(
            "Peak memory",
            "MB",
            MEMORY,
            summary.memory(ORGTRAIL).map(|memory| memory.median),
        ),
        most("Zip for arm64", "MB", ZIP, arm64_zip(summary)),
    ];
    let rows = rows.into_iter().flatten().map(|cells| row(&cells));
    format!(
        "{}|---|---|---|---|\n{}",
        row(&head),
        rows.collect::<String>()
    )
}

/// On another machine `make package` says how large it is.
fn arm64_zip(summary: &Summary) -> Option<f64> {
    let is_arm64 = std::env::consts::ARCH == "aarch64";
    summary.zip(ORGTRAIL).filter(|_| is_arm64)
}

/// How many times as long as ours a cold start in Python takes.
fn python(summary: &Summary, conditions: Conditions) -> Option<[String; 4]> {
    let answered = |name| summary.median(name, conditions, Figure::Answered);
    let times = answered(PYTHON)? / answered(ORGTRAIL)?;
    Some([
        format!(
            "Cold start to answered, Python / OrgTrail ({})",
            conditions.describe()
        ),
        format!("at least {TIMES_FASTER}"),
        number(times),
        verdict(times >= TIMES_FASTER),
    ])
}

/// What a cold start of ours takes, beside the floor and the round trips that nobody can spare: what
/// these cost is what they add to the floor.
fn floor(summary: &Summary, conditions: Conditions) -> Option<[String; 4]> {
    let answered = |name| summary.median(name, conditions, Figure::Answered);
    let (ours, floor) = (answered(ORGTRAIL)?, answered(FLOOR)?);
    let trips = (answered(ROUND_TRIPS)? - floor).max(0.0);
    let most = floor * TIMES_THE_FLOOR + trips;
    Some([
        format!("Cold start to answered ({})", conditions.describe()),
        format!(
            "at most {} ms: {TIMES_THE_FLOOR} times the floor, and {} for AWS",
            number(most),
            number(trips)
        ),
        format!("{} ms", number(ours)),
        verdict(ours <= most),
    ])
}

fn most(what: &str, unit: &str, most: f64, measured: Option<f64>) -> Option<[String; 4]> {
    let measured = measured?;
    Some([
        what.to_owned(),
        format!("at most {most} {unit}"),
        format!("{} {unit}", number(measured)),
        verdict(measured <= most),
    ])
}

fn verdict(met: bool) -> String {
    if met { "met" } else { "**not met**" }.to_owned()
}
