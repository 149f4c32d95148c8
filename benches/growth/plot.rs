//! The plot: CPU time and memory against size, on logarithmic axes, where linear growth is a line that
//! is as steep as the dashed ones.

use std::{ops::Range, path::Path};

use plotters::{coord::Shift, prelude::*};

use crate::{
    Failure,
    measure::{Measured, Step},
    table::number,
};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const SIZE: (u32, u32) = (1_200, 720);
/// Of which the panels have so much; the rest is the legend.
const PANELS: u32 = 560;
const COLUMNS: usize = 3;
const ROW: i32 = 26;
const FONT: &str = "sans-serif";
/// All sizes are between these.
const SIZES: Range<f64> = 1.0..1_000_000.0;
/// What each unit takes on the lines that show linear growth, in milliseconds.
const LINEAR: &[f64] = &[0.000_1, 0.001, 0.01, 0.1, 1.0];

/// One of the two figures that are drawn.
struct Panel {
    title: &'static str,
    range: Range<f64>,
    figure: fn(&Step) -> f64,
    /// Which lines of linear growth are drawn.
    linear: &'static [f64],
}

/// Draws the plot into a file.
///
/// # Errors
/// When the file cannot be written.
pub fn draw(file: &Path, measured: &[Measured]) -> Result<(), Failure> {
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let (panels, legend) = root.split_vertically(PANELS);
    let [cpu, memory] = [
        Panel {
            title: "CPU time of one request, ms (dashed: linear growth)",
            range: 0.1..100_000.0,
            figure: |step| step.cpu_milliseconds,
            linear: LINEAR,
        },
        Panel {
            title: "Peak memory of the process, MiB",
            range: 1.0..100.0,
            figure: Step::peak_mib,
            linear: &[],
        },
    ];
    let (left, right) = panels.split_horizontally(SIZE.0 / 2);
    cpu.draw(&left, measured)?;
    memory.draw(&right, measured)?;
    name(&legend, measured)?;
    root.present()?;
    Ok(())
}

impl Panel {
    fn draw(&self, area: &Area, measured: &[Measured]) -> Result<(), Failure> {
        let mut chart = ChartBuilder::on(area)
            .caption(self.title, (FONT, 20))
            .margin(14)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(SIZES.log_scale(), self.range.clone().log_scale())?;
        chart
            .configure_mesh()
            .max_light_lines(1)
            .x_desc("size: accounts, tags, conditions, bytes ...")
            .label_style((FONT, 14))
            .x_label_formatter(&|size| plain(*size))
            .y_label_formatter(&|figure| plain(*figure))
            .draw()?;
        for each in self.linear {
            let ends = [SIZES.start, SIZES.end];
            let line = ends.map(|size| {
                let figure = (each * size).clamp(self.range.start, self.range.end);
                (figure / each, figure)
            });
            chart.draw_series(DashedLineSeries::new(line, 4, 4, BLACK.mix(0.4).into()))?;
        }
        for (index, Measured { steps, .. }) in measured.iter().enumerate() {
            let colour = colour(index, measured.len());
            let points: Vec<_> = steps
                .iter()
                .map(|step| (number(step.size), (self.figure)(step)))
                .collect();
            chart.draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?;
            let dots = points.into_iter();
            chart.draw_series(dots.map(|point| Circle::new(point, 3, colour.filled())))?;
        }
        Ok(())
    }
}

/// The legend.
fn name(area: &Area, measured: &[Measured]) -> Result<(), Failure> {
    let rows = measured.len().div_ceil(COLUMNS).max(1);
    let width = i32::try_from(SIZE.0)? / i32::try_from(COLUMNS)?;
    for (index, Measured { course, unit, .. }) in measured.iter().enumerate() {
        let left = 24 + i32::try_from(index / rows)? * width;
        let top = 12 + i32::try_from(index % rows)? * ROW;
        let line = vec![(left, top), (left + 24, top)];
        area.draw(&PathElement::new(
            line,
            colour(index, measured.len()).stroke_width(3),
        ))?;
        let text = format!("{course} ({unit})");
        area.draw(&Text::new(text, (left + 32, top - 8), (FONT, 14)))?;
    }
    Ok(())
}

/// A colour of its own for each, neighbours not alike.
fn colour(index: usize, of: usize) -> HSLColor {
    let lightness = if index.is_multiple_of(2) { 0.28 } else { 0.43 };
    HSLColor(number(index) / number(of), 0.8, lightness)
}

/// A power of ten as people write it.
fn plain(value: f64) -> String {
    match value {
        1_000_000.0.. => format!("{}M", value / 1_000_000.0),
        1_000.0.. => format!("{}k", value / 1_000.0),
        _ => value.to_string(),
    }
}
