//! The results as a plot: from when to when a cold start lasts, and what it takes.
//!
//! Every axis is logarithmic: what is compared lies a hundred times apart.

use std::{error::Error, path::Path};

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use crate::{
    contestants::ORGTRAIL,
    measure::Conditions,
    share::Share,
    spread::Spread,
    summary::{CONDITIONS, Figure, Summary},
};

const WIDTH: u32 = 860;
const LEGEND: u32 = 30;
const TITLE: i32 = 28;
const ROW: i32 = 24;
const AXIS: i32 = 34;
/// Left of the rows, for the names.
const NAMES: i32 = 84;
/// Right of the rows, for a value at their end.
const MARGIN: i32 = 76;

const INK: RGBColor = RGBColor(36, 41, 47);
const GRID: RGBColor = RGBColor(222, 226, 230);
const OURS: RGBColor = RGBColor(9, 105, 218);
const OTHERS: RGBColor = RGBColor(110, 119, 129);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Outcome = Result<(), Box<dyn Error>>;

/// Writes the plot as SVG.
///
/// # Errors
/// When the file cannot be written.
pub fn write(summary: &Summary, file: &Path) -> Outcome {
    let courses: Vec<Conditions> = summary
        .measured()
        .filter(|one| one.latency.is_zero() || one.share == Share::Smallest)
        .collect();
    let rows = i32::try_from(summary.contestants.len())?;
    let panel = u32::try_from(TITLE + ROW * rows + AXIS)?;
    let height = LEGEND + panel * (u32::try_from(courses.len())? + 1);
    let root = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
    // Said, so that it can be read on a dark page too.
    root.fill(&WHITE)?;
    let (head, panels) = root.split_vertically(LEGEND);
    legend(&head)?;
    let panels = panels.split_evenly((courses.len() + 1, 1));
    let scale = Scale::over(courses.iter().flat_map(|&conditions| {
        let names = summary.contestants.iter().map(|one| one.name.as_str());
        names.flat_map(move |name| {
            let ends = [Figure::Init, Figure::Answered];
            ends.map(|figure| summary.median(name, conditions, figure))
        })
    }));
    for (conditions, area) in courses.iter().zip(&panels) {
        course(summary, *conditions, area, scale)?;
    }
    let last = panels.last().ok_or("there is always one panel more")?;
    takings(summary, last)?;
    root.present()?;
    Ok(())
}

/// What the marks mean.
fn legend(area: &Area) -> Outcome {
    let marks = [
        (0, Figure::Init, "init over"),
        (90, Figure::FirstAnswer, "trusted access answered"),
        (
            280,
            Figure::Answered,
            "the trail answered too, with its quartiles",
        ),
    ];
    for (offset, figure, text) in marks {
        let x = NAMES + offset;
        mark(area, (x, 16), figure, INK)?;
        area.draw(&Text::new(text, (x + 10, 16), ink(HPos::Left)))?;
    }
    Ok(())
}

/// When a cold start is where.
fn course(summary: &Summary, conditions: Conditions, area: &Area, scale: Scale) -> Outcome {
    let panel = Panel::new(area, scale, summary);
    let title = format!("Cold start, {}", conditions.describe());
    panel.frame(&title, |figure| match figure {
        1_000.0.. => format!("{} s", figure / 1_000.0),
        _ => format!("{figure} ms"),
    })?;
    for (row, contestant) in (0..).zip(summary.contestants) {
        let of = |figure| summary.spread(&contestant.name, conditions, figure);
        let (Some(init), Some(first), Some(answered)) = (
            of(Figure::Init),
            of(Figure::FirstAnswer),
            of(Figure::Answered),
        ) else {
            continue;
        };
        let color = color(&contestant.name);
        panel.line(row, (init.median, answered.median), color.mix(0.35), 2)?;
        for (figure, spread) in [(Figure::Init, init), (Figure::FirstAnswer, first)] {
            mark(area, panel.place(row, spread.median), figure, color)?;
        }
        panel.value(row, answered, "ms", color)?;
    }
    Ok(())
}

/// What a cold start takes besides time.
fn takings(summary: &Summary, area: &Area) -> Outcome {
    let near = summary.measured().filter(|one| one.latency.is_zero());
    let conditions = near.last().unwrap_or(CONDITIONS[0]);
    let names = || summary.contestants.iter().map(|one| one.name.as_str());
    let cpu = |name| summary.spread(name, conditions, Figure::Cpu);
    let zip = |name| Spread::of(summary.zip(name));
    let kinds = [
        ("CPU of the cold start", "ms", names().map(cpu).collect()),
        (
            "Peak memory",
            "MB",
            names().map(|name| summary.memory(name)).collect(),
        ),
        ("Zip", "MB", names().map(zip).collect::<Vec<_>>()),
    ];
    for ((title, unit, spreads), area) in kinds.into_iter().zip(area.split_evenly((1, 3))) {
        let medians = spreads.iter().map(|spread| spread.map(|one| one.median));
        let panel = Panel::new(&area, Scale::over(medians), summary);
        panel.frame(&format!("{title}, {unit}"), |figure| figure.to_string())?;
        for ((row, contestant), spread) in (0..).zip(summary.contestants).zip(&spreads) {
            if let Some(spread) = spread {
                panel.value(row, *spread, unit, color(&contestant.name))?;
            }
        }
    }
    Ok(())
}

/// An axis from one power of ten to another, by their exponents.
#[derive(Clone, Copy, Debug)]
struct Scale {
    from: i32,
    to: i32,
}

impl Scale {
    /// The smallest that has all figures on it.
    fn over(figures: impl Iterator<Item = Option<f64>>) -> Self {
        let (mut from, mut to) = (f64::INFINITY, f64::NEG_INFINITY);
        for figure in figures.flatten() {
            from = from.min(figure.log10().floor());
            to = to.max(figure.log10().ceil());
        }
        Self {
            from: rounded(from),
            to: rounded(to.max(from + 1.0)),
        }
    }

    /// Where on the axis a figure is: 0 at its start, 1 at its end.
    fn position(self, figure: f64) -> f64 {
        (figure.log10() - f64::from(self.from)) / f64::from(self.to - self.from)
    }
}

/// A title, a row for each contestant and an axis below.
struct Panel<'a, 'file> {
    area: &'a Area<'file>,
    scale: Scale,
    names: Vec<&'a str>,
}

impl<'a, 'file> Panel<'a, 'file> {
    fn new(area: &'a Area<'file>, scale: Scale, summary: &'a Summary) -> Self {
        let names = summary.contestants.iter().map(|one| one.name.as_str());
        Self {
            area,
            scale,
            names: names.collect(),
        }
    }

    /// All but the figures.
    fn frame(&self, title: &str, label: impl Fn(f64) -> String) -> Outcome {
        let bold = ("sans-serif", 17).into_font().style(FontStyle::Bold);
        let bold = bold.color(&INK).pos(Pos::new(HPos::Left, VPos::Center));
        self.area.draw(&Text::new(title, (NAMES, 12), bold))?;
        let rows = i32::try_from(self.names.len())?;
        let bottom = TITLE + ROW * rows;
        for exponent in self.scale.from..=self.scale.to {
            let figure = 10_f64.powi(exponent);
            let (x, _) = self.place(0, figure);
            let line = [(x, TITLE), (x, bottom)];
            self.area.draw(&PathElement::new(line, GRID))?;
            let text = Text::new(label(figure), (x, bottom + 10), ink(HPos::Center));
            self.area.draw(&text)?;
        }
        for (row, name) in (0..).zip(&self.names) {
            let place = (NAMES - 14, TITLE + ROW * row + ROW / 2);
            self.area.draw(&Text::new(*name, place, ink(HPos::Right)))?;
        }
        Ok(())
    }

    /// Where a figure is, in pixels.
    fn place(&self, row: i32, figure: f64) -> (i32, i32) {
        let (width, _) = self.area.dim_in_pixel();
        let width = f64::from(width) - f64::from(NAMES + MARGIN);
        let x = NAMES + rounded(self.scale.position(figure) * width);
        (x, TITLE + ROW * row + ROW / 2)
    }

    fn line(&self, row: i32, (from, to): (f64, f64), color: RGBAColor, width: u32) -> Outcome {
        let ends = [self.place(row, from), self.place(row, to)];
        let line = PathElement::new(ends, color.stroke_width(width));
        Ok(self.area.draw(&line)?)
    }

    /// A figure in words and as a mark, with its quartiles.
    fn value(&self, row: i32, spread: Spread, unit: &str, color: RGBColor) -> Outcome {
        let quartiles = (spread.lower, spread.upper);
        self.line(row, quartiles, color.to_rgba(), 5)?;
        let (x, y) = self.place(row, spread.median);
        mark(self.area, (x, y), Figure::Answered, color)?;
        let (end, _) = self.place(row, spread.upper);
        let text = format!("{} {unit}", crate::table::number(spread.median));
        let place = (end.max(x) + 10, y);
        Ok(self.area.draw(&Text::new(text, place, ink(HPos::Left)))?)
    }
}

/// The mark of a figure: the further a cold start has come, the fuller.
fn mark(area: &Area, place: (i32, i32), figure: Figure, color: RGBColor) -> Outcome {
    let (radius, inside) = match figure {
        Figure::Init => (4, WHITE),
        Figure::FirstAnswer => (3, color),
        _ => (5, color),
    };
    area.draw(&Circle::new(place, radius, inside.filled()))?;
    Ok(area.draw(&Circle::new(place, radius, color))?)
}

fn color(name: &str) -> RGBColor {
    if name == ORGTRAIL { OURS } else { OTHERS }
}

fn ink(horizontal: HPos) -> TextStyle<'static> {
    ("sans-serif", 15)
        .into_font()
        .color(&INK)
        .pos(Pos::new(horizontal, VPos::Center))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "pixels and exponents are few"
)]
fn rounded(figure: f64) -> i32 {
    figure.round() as i32
}
