//! The results as Markdown.

use crate::{
    contestants::{FLOOR, ORGTRAIL, PYTHON, ROUND_TRIPS},
    measure::Conditions,
    share::Share,
    spread::Spread,
    summary::{CONDITIONS, Figure, Summary},
    targets,
};

/// What is shown for all conditions.
const TIMES: [(Figure, &str); 4] = [
    (Figure::Init, "init, ms"),
    (Figure::FirstAnswer, "cold start to first answer, ms"),
    (Figure::Answered, "cold start to both answered, ms"),
    (Figure::Warm, "warm, both answered, ms"),
];
/// What does not depend on how far away AWS is.
const PROCESSOR: [(Figure, &str); 4] = [
    (Figure::InitCpu, "CPU of init, ms"),
    (Figure::FirstAnswerCpu, "CPU to first answer, ms"),
    (Figure::Cpu, "CPU of the cold start, ms"),
    (Figure::WarmCpu, "CPU warm, ms"),
];

/// The targets, all figures and what they were measured on.
pub fn write(summary: &Summary, machine: &str) -> String {
    let names = summary.contestants.iter().map(|one| one.name.as_str());
    let ratios: Vec<String> = ratios(summary)
        .map(|(dividend, divisor)| format!("{dividend} / {divisor}"))
        .collect();
    let ratios = ratios.iter().map(String::as_str);
    let head: Vec<&str> = std::iter::once("").chain(names).chain(ratios).collect();
    let rules = "|---".repeat(head.len());
    let mut rows = String::new();
    for conditions in summary.measured() {
        rows += &row(&[format!("**{}**", conditions.describe())]);
        let near = conditions.latency.is_zero();
        let processor = if near { PROCESSOR.as_slice() } else { &[] };
        for (figure, name) in TIMES.iter().chain(processor) {
            rows += &figures(summary, conditions, *figure, name);
        }
    }
    rows += &row(&["**in all**".to_owned()]);
    rows += &in_all(summary);
    format!(
        "{}\n{}{rules}|\n{rows}\n{}",
        targets::table(summary),
        row(&head),
        notes(summary, machine)
    )
}

/// What depends neither on the share nor on the latency.
fn in_all(summary: &Summary) -> String {
    // Calls overlap visibly only where they take some time.
    let [_, far, ..] = CONDITIONS;
    let zip = format!("zip for {}, MB", std::env::consts::ARCH);
    [
        compared(summary, "peak memory, MB", |name| summary.memory(name)),
        compared(summary, &zip, |name| Spread::of(summary.zip(name))),
        figures(summary, far, Figure::Calls, "AWS calls"),
        figures(summary, far, Figure::Depth, "of them one behind the other"),
    ]
    .concat()
}

fn figures(summary: &Summary, conditions: Conditions, figure: Figure, name: &str) -> String {
    compared(summary, name, |contestant| {
        summary.spread(contestant, conditions, figure)
    })
}

/// A row with what everybody has, and ratios of the medians.
fn compared(summary: &Summary, name: &str, of: impl Fn(&str) -> Option<Spread>) -> String {
    let mut cells = vec![name.to_owned()];
    cells.extend(
        summary
            .contestants
            .iter()
            .map(|one| of(&one.name).map_or_else(String::new, range)),
    );
    for (dividend, divisor) in ratios(summary) {
        let ratio = of(dividend)
            .zip(of(divisor))
            .map(|(dividend, divisor)| dividend.median / divisor.median)
            .filter(|ratio| ratio.is_finite());
        cells.push(ratio.map_or_else(String::new, number));
    }
    row(&cells)
}

/// Who is compared with whom; with the release before only where there is one.
fn ratios<'a>(summary: &'a Summary) -> impl Iterator<Item = (&'a str, &'a str)> {
    let previous = summary.previous().map(|previous| (ORGTRAIL, previous));
    [
        (PYTHON, ORGTRAIL),
        (ORGTRAIL, FLOOR),
        (ORGTRAIL, ROUND_TRIPS),
    ]
    .into_iter()
    .chain(previous)
}

fn notes(summary: &Summary, machine: &str) -> String {
    let mut notes = format!(
        "Medians, with the quartiles in brackets. Measured on {machine}. Rounds at each: {}.",
        rounds(summary)
    );
    if summary.measured().all(|one| one.share == Share::FullCore) {
        notes += " The share of 128 MB could not be limited on this machine and is left out.";
    }
    if summary.previous().is_none() {
        notes += " There is no previous release to compare with.";
    }
    notes + "\n"
}

/// How often each contestant was measured, in words.
fn rounds(summary: &Summary) -> String {
    let count = |name: &str| {
        let conditions = CONDITIONS[0];
        let rounds = summary.rounds.iter().filter(|round| {
            round.contestant == name
                && round.share == conditions.share
                && round.latency_ms == conditions.latency.as_millis()
        });
        format!("{name} {}", rounds.count())
    };
    let counts: Vec<String> = summary
        .contestants
        .iter()
        .map(|one| count(&one.name))
        .collect();
    counts.join(", ")
}

/// The median and, where they differ from it, the quartiles.
#[expect(clippy::float_cmp, reason = "they are the same figure or they are not")]
fn range(spread: Spread) -> String {
    let Spread {
        lower,
        median,
        upper,
    } = spread;
    if lower == median && median == upper {
        return number(median);
    }
    format!("{} ({}–{})", number(median), number(lower), number(upper))
}

/// A figure as exactly as it is known: to three digits or so; what is whole stays so.
pub fn number(figure: f64) -> String {
    if figure.fract() == 0.0 {
        return format!("{figure}");
    }
    match figure {
        100.0.. => format!("{figure:.0}"),
        10.0.. => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}

/// A row of a table.
pub fn row(cells: &[impl AsRef<str>]) -> String {
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    format!("| {} |\n", cells.join(" | "))
}
