//! Medians and quartiles.

/// The middle of some figures, and what half of them lie between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// A quarter of the figures is below.
    pub lower: f64,
    /// The middle.
    pub median: f64,
    /// A quarter of the figures is above.
    pub upper: f64,
}

impl Spread {
    /// Of any figures; `None` of none at all.
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        if figures.is_empty() {
            return None;
        }
        figures.sort_by(f64::total_cmp);
        Some(Self {
            lower: quantile(&figures, 1),
            median: quantile(&figures, 2),
            upper: quantile(&figures, 3),
        })
    }
}

/// The quantile of so many quarters; between two figures where it lies between them.
#[expect(
    clippy::cast_precision_loss,
    reason = "there are never that many figures"
)]
fn quantile(sorted: &[f64], quarters: usize) -> f64 {
    let position = (sorted.len() - 1) * quarters;
    let (below, rest) = (position / 4, (position % 4) as f64 / 4.0);
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * rest
}
