//! The cold starts as bars.

use std::path::Path;

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use crate::{
    Outcome,
    cold_start::{Function, HOST, LIMITED, LIMITED_WITH_LATENCY, Measured},
    results::number,
};

const WIDTH: u32 = 860;
const PANEL: u32 = 128;
const ROW: i32 = 26;
/// The space left of the bars, for the names.
const NAMES: i32 = 120;
/// The space right of the longest bar, for its value.
const MARGIN: i32 = 90;
const INK: RGBColor = RGBColor(36, 41, 47);
const OURS: RGBColor = RGBColor(9, 105, 218);
const OTHERS: RGBColor = RGBColor(140, 149, 159);

/// Writes the plot as SVG.
pub fn write(measured: &Measured, file: &Path) -> Outcome<()> {
    let medians = |conditions, figure| {
        Function::ALL.map(|function| measured.spread(function, conditions, figure).median)
    };
    let zips = &measured.zips[HOST];
    let panels = [
        (
            format!("Cold start, {LIMITED_WITH_LATENCY}"),
            "ms",
            medians(Some(LIMITED_WITH_LATENCY), |sample| sample.ms),
        ),
        (format!("Cold start, {LIMITED}"), "ms", medians(Some(LIMITED), |sample| sample.ms)),
        (
            format!("CPU of a cold start, {LIMITED}"),
            "ms",
            medians(Some(LIMITED), |sample| sample.cpu_ms),
        ),
        ("Peak memory".to_owned(), "MB", medians(None, |sample| sample.peak_mb)),
        (format!("Zip for {HOST}"), "MB", Function::ALL.map(|function| zips[&function])),
    ];
    let height = PANEL * u32::try_from(panels.len())?;
    let root = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
    root.fill(&WHITE)?;
    let areas = root.split_evenly((panels.len(), 1));
    for ((title, unit, medians), area) in panels.iter().zip(areas) {
        panel(&area, title, unit, *medians)?;
    }
    Ok(root.present()?)
}

fn panel(
    area: &DrawingArea<SVGBackend, Shift>,
    title: &str,
    unit: &str,
    medians: [f64; 3],
) -> Outcome<()> {
    let font = |horizontal| {
        let font = ("sans-serif", 15).into_font().color(&INK);
        font.pos(Pos::new(horizontal, VPos::Center))
    };
    let bold = ("sans-serif", 16).into_font().style(FontStyle::Bold);
    area.draw(&Text::new(title, (NAMES, 16), bold.color(&INK)))?;
    let longest = medians.into_iter().fold(0.0, f64::max);
    let (width, _) = area.dim_in_pixel();
    let scale = f64::from(i32::try_from(width)? - NAMES - MARGIN) / longest;
    for ((row, function), median) in (0..).zip(Function::ALL).zip(medians) {
        let (top, middle) = (40 + ROW * row, 40 + ROW * row + ROW / 2);
        let name = Text::new(function.to_string(), (NAMES - 10, middle), font(HPos::Right));
        area.draw(&name)?;
        #[expect(clippy::cast_possible_truncation, reason = "less than the width")]
        let end = NAMES + 1 + (median * scale).round() as i32;
        let color = if function == Function::OrgTrail { OURS } else { OTHERS };
        let corners = [(NAMES, top + 3), (end, top + ROW - 3)];
        area.draw(&Rectangle::new(corners, color.filled()))?;
        let value = format!("{} {unit}", number(median));
        area.draw(&Text::new(value, (end + 8, middle), font(HPos::Left)))?;
    }
    Ok(())
}
