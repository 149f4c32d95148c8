//! The tables that the proof prints.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// A table as Markdown has it, with a last row of sums where there is something to add up.
pub struct Table<const COLUMNS: usize> {
    lines: Vec<String>,
    sums: Vec<usize>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// A table with these headings; the first column has names, the others figures.
    pub fn new(headings: [&str; COLUMNS]) -> Self {
        let rule = ["---"; COLUMNS];
        Self { lines: vec![line(headings), line(rule)], sums: vec![0; COLUMNS - 1] }
    }

    /// Adds a row.
    pub fn row(&mut self, name: &str, figures: &[usize]) {
        for (sum, figure) in self.sums.iter_mut().zip(figures) {
            *sum += figure;
        }
        let figures = figures.iter().map(ToString::to_string);
        let cells = std::iter::once(name.to_owned()).chain(figures);
        self.lines.push(line(cells));
    }

    /// Prints it, in one piece.
    #[expect(clippy::print_stdout, reason = "the tables are what the proof is for")]
    pub fn print(mut self) {
        let heading_and_one_row = 3;
        if self.lines.len() > heading_and_one_row {
            let sums = std::mem::take(&mut self.sums);
            self.row("**all**", &sums);
        }
        println!("\n{}\n", self.lines.join("\n"));
    }
}

fn line(cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let cells: Vec<_> = cells.into_iter().map(|cell| cell.as_ref().to_owned()).collect();
    format!("| {} |", cells.join(" | "))
}

/// Does `work` for each of `items`, on all cores, and gives the results in the same order.
pub fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut results: Vec<(usize, R)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut done = Vec::new();
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(item) = items.get(index) else {
                            return done;
                        };
                        done.push((index, work(item)));
                    }
                })
            })
            .collect();
        let joined = workers.into_iter().map(thread::ScopedJoinHandle::join);
        joined.flat_map(|done| done.expect("no panic")).collect()
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
