//! Medians, guardrails and table of the cold starts.

use std::fmt::Write;

use crate::cold_start::{
    Conditions, FULL_CORE,
    Function::{self, Bare, OrgTrail, Python},
    LIMITED, LIMITED_WITH_LATENCY, Measured, Sample,
};

/// A figure of a cold start.
pub type Figure = fn(&Sample) -> f64;

/// A median and the quartiles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub lower: f64,
    pub median: f64,
    pub upper: f64,
}

impl Spread {
    /// The median and the quartiles of the figures; NaN without figures.
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let quartile = |quarters: usize| {
            let Some(last) = figures.len().checked_sub(1) else {
                return f64::NAN;
            };
            let below = last * quarters / 4;
            let rest = [0.0, 0.25, 0.5, 0.75][last * quarters % 4];
            figures[below] + (figures[(below + 1).min(last)] - figures[below]) * rest
        };
        let [lower, median, upper] = [1, 2, 3].map(quartile);
        Self { lower, median, upper }
    }
}

impl Measured {
    /// A figure under one condition, or under all.
    pub fn spread(
        &self,
        function: Function,
        conditions: Option<Conditions>,
        figure: Figure,
    ) -> Spread {
        let samples = self.samples.iter().filter(|sample| {
            sample.function == function && conditions.is_none_or(|one| one == sample.conditions)
        });
        Spread::of(samples.map(figure))
    }
}

/// The guardrails and the table, as Markdown.
pub fn markdown(measured: &Measured) -> String {
    let rounds = measured.samples.len() / Function::ALL.len() / 3;
    format!(
        "{}\n{}\nMedians of {rounds} cold starts, with the quartiles in brackets. OrgTrail and the bare \
         function make the same AWS calls: {}.\n",
        guard_rails(measured),
        table(measured),
        measured.calls.join(", ")
    )
}

fn guard_rails(measured: &Measured) -> String {
    let (far, near) = (LIMITED_WITH_LATENCY, LIMITED);
    let median =
        |function, conditions, figure: Figure| measured.spread(function, conditions, figure).median;
    let ms = |function, conditions| median(function, Some(conditions), |sample| sample.ms);
    let cpu = |function| median(function, Some(near), |sample| sample.cpu_ms);
    let cold = format!("Cold start, {far}: OrgTrail / bare function");
    let (cold_ratio, cpu_ratio) = (ms(OrgTrail, far) / ms(Bare, far), cpu(OrgTrail) / cpu(Bare));
    let mut rails = vec![
        (cold, "at most", 1.05, cold_ratio),
        (format!("CPU, {near}: OrgTrail / bare function"), "at most", 1.4, cpu_ratio),
        (format!("CPU, {near}: Python / OrgTrail"), "at least", 45.0, cpu(Python) / cpu(OrgTrail)),
    ];
    let cold = format!("Cold start, {near}: Python / OrgTrail");
    rails.push((cold, "at least", 40.0, ms(Python, near) / ms(OrgTrail, near)));
    let peak = median(OrgTrail, None, |sample| sample.peak_mb);
    rails.push(("Peak memory, MB".to_owned(), "at most", 9.0, peak));
    for (architecture, sizes) in &measured.zips {
        let what = format!("Zip for {architecture}, MB");
        rails.push((what, "at most", 3.5, sizes[&OrgTrail]));
    }
    let mut table = String::from("| Guardrail | Limit | Measured | |\n|---|---|--:|---|\n");
    for (what, bound, limit, value) in rails {
        let met = if bound == "at most" { value <= limit } else { value >= limit };
        let verdict = if met { "met" } else { "**missed**" };
        let _ = writeln!(table, "| {what} | {bound} {limit} | {} | {verdict} |", number(value));
    }
    table
}

fn table(measured: &Measured) -> String {
    let mut table = String::from(
        "| | OrgTrail | Bare function | Python | OrgTrail / bare | Python / OrgTrail |\n\
         |---|--:|--:|--:|--:|--:|\n",
    );
    for conditions in [LIMITED_WITH_LATENCY, LIMITED, FULL_CORE] {
        let figures: [(&str, Figure); 3] = [
            ("init, ms", |sample| sample.init_ms),
            ("cold start, ms", |sample| sample.ms),
            ("CPU, ms", |sample| sample.cpu_ms),
        ];
        let _ = writeln!(table, "| **{conditions}** |");
        for (name, figure) in figures {
            let spread = |function| measured.spread(function, Some(conditions), figure);
            row(&mut table, name, Function::ALL.map(spread));
        }
    }
    let _ = writeln!(table, "| **all conditions** |");
    let peak = |function| measured.spread(function, None, |sample| sample.peak_mb);
    row(&mut table, "peak memory, MB", Function::ALL.map(peak));
    for (architecture, sizes) in &measured.zips {
        let size = |function| Spread::of(sizes.get(&function).copied());
        row(&mut table, &format!("zip for {architecture}, MB"), Function::ALL.map(size));
    }
    table
}

fn row(table: &mut String, name: &str, spreads: [Spread; 3]) {
    let cell = |spread: Spread| match spread {
        Spread { median, .. } if median.is_nan() => String::new(),
        Spread { lower, upper, .. } if lower >= upper => number(lower),
        Spread { lower, median, upper } => {
            format!("{} ({}–{})", number(median), number(lower), number(upper))
        }
    };
    let [orgtrail, bare, python] = spreads.map(|spread| spread.median);
    let ratios = [orgtrail / bare, python / orgtrail].map(|ratio| Spread::of([ratio]));
    let cells = spreads.into_iter().chain(ratios).map(cell);
    let _ = writeln!(table, "| {name} | {} |", cells.collect::<Vec<_>>().join(" | "));
}

/// A figure to three digits.
pub fn number(figure: f64) -> String {
    match figure {
        100.0.. => format!("{figure:.0}"),
        10.0.. => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_interpolated() {
        let assert_spread = |figures: &[f64], [lower, median, upper]: [f64; 3]| {
            let expected = Spread { lower, median, upper };
            assert_eq!(Spread::of(figures.iter().copied()), expected);
        };
        assert_spread(&[7.0], [7.0; 3]);
        assert_spread(&[2.0, 1.0], [1.25, 1.5, 1.75]);
        assert_spread(&[5.0, 1.0, 3.0, 2.0, 4.0], [2.0, 3.0, 4.0]);
        assert!(Spread::of([]).median.is_nan());
    }
}
