//! The table, as Markdown.

use std::fmt::Write;

use crate::measure::{Measured, Step};

/// One row for each size. The ratios are to the row before: where CPU grows by no more than the size
/// does, growth is no worse than linear.
pub fn markdown(measured: &[Measured]) -> String {
    let mut text = String::from(
        "| | Size | Event, KB | AWS calls | Time, ms | CPU, ms | Peak memory, MiB \
         | Size grew | CPU grew | CPU for each more, µs |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for Measured {
        course,
        unit,
        steps,
    } in measured
    {
        let mut before = None;
        for step in steps {
            let title = match before {
                None => format!("{course} ({unit})"),
                Some(_) => String::new(),
            };
            row(&mut text, &title, step, before);
            before = Some(step);
        }
    }
    text
}

fn row(text: &mut String, title: &str, step: &Step, before: Option<&Step>) {
    let growth = before.map_or_else(
        || " | | ".to_owned(),
        |before| {
            let more = number(step.size - before.size);
            format!(
                "{:.1}x | {:.1}x | {:.2}",
                number(step.size) / number(before.size),
                step.cpu_milliseconds / before.cpu_milliseconds,
                (step.cpu_milliseconds - before.cpu_milliseconds) * 1_000.0 / more,
            )
        },
    );
    writeln!(
        text,
        "| {title} | {} | {:.1} | {} | {:.1} | {:.1} | {:.1} | {growth} |",
        thousands(step.size),
        number(step.event_bytes) / 1_000.0,
        thousands(step.calls),
        step.milliseconds,
        step.cpu_milliseconds,
        step.peak_mib(),
    )
    .expect("a text takes everything");
}

impl Step {
    /// The peak memory in MiB.
    #[expect(clippy::cast_precision_loss, reason = "it is read, not reckoned with")]
    pub fn peak_mib(&self) -> f64 {
        self.peak_kib as f64 / 1_024.0
    }
}

/// A count, to divide.
#[expect(clippy::cast_precision_loss, reason = "it is read, not reckoned with")]
pub fn number(count: usize) -> f64 {
    count as f64
}

/// A count with commas.
fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| str::from_utf8(group).expect("digits"))
        .collect();
    groups.join(",")
}
