//! The figures, and the file that has those which are expected.

use std::{fmt::Write, fs, path::PathBuf};

use allocation_counter::AllocationInfo;

/// What was allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// How many times memory was asked for, every growth of a buffer included.
    pub blocks: u64,
    /// How much in all, in bytes.
    pub bytes: u64,
    /// The most of it that was in use at a time, in bytes.
    pub peak: u64,
}

impl From<AllocationInfo> for Figures {
    fn from(counted: AllocationInfo) -> Self {
        Self {
            blocks: counted.count_total,
            bytes: counted.bytes_total,
            peak: counted.bytes_max,
        }
    }
}

impl Figures {
    /// As one process tells another.
    pub fn to_line(self) -> String {
        let [blocks, bytes, peak] = self.all().map(|(_, figure)| figure);
        format!("{blocks} {bytes} {peak}")
    }

    /// The figures of such a line, if it is one.
    pub fn of_line(line: &str) -> Option<Self> {
        let figures: Result<Vec<u64>, _> = line.split_whitespace().map(str::parse).collect();
        let [blocks, bytes, peak] = figures.ok()?.try_into().ok()?;
        Some(Self {
            blocks,
            bytes,
            peak,
        })
    }

    fn all(self) -> [(&'static str, u64); 3] {
        let Self {
            blocks,
            bytes,
            peak,
        } = self;
        [
            ("allocations", blocks),
            ("bytes allocated", bytes),
            ("bytes in use at a time", peak),
        ]
    }
}

/// The expected figures.
pub struct Table;

impl Table {
    /// The command that writes the table.
    pub const HOW_TO_ACCEPT: &str = "make allocations";

    const FILE: &str = "figures.txt";

    fn path() -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/allocations");
        folder.join(Self::FILE)
    }

    /// Writes these in place of what is there.
    pub fn write(measured: &[(String, Figures)]) {
        let width = measured.iter().map(|(name, _)| name.len()).max();
        let width = width.unwrap_or_default();
        let mut text = format!(
            "{:width$} | {:>11} | {:>9} | {:>9}\n",
            "", "allocations", "bytes", "peak"
        );
        for (name, figures) in measured {
            let [blocks, bytes, peak] = figures.all().map(|(_, figure)| figure);
            writeln!(
                text,
                "{name:width$} | {blocks:>11} | {bytes:>9} | {peak:>9}"
            )
            .expect("a text takes everything");
        }
        fs::write(Self::path(), text).expect("the table can be written");
    }

    /// What is not as it is in the table, a sentence for each figure.
    pub fn differences(measured: &[(String, Figures)]) -> Vec<String> {
        let table = fs::read_to_string(Self::path()).unwrap_or_default();
        let mut expected: Vec<(String, Figures)> = table.lines().filter_map(row).collect();
        let mut problems = Vec::new();
        for (name, now) in measured {
            let Some(index) = expected.iter().position(|(known, _)| known == name) else {
                problems.push(format!("{name}: not in {}", Self::FILE));
                continue;
            };
            let (_, before) = expected.remove(index);
            problems.extend(moved(name, before, *now));
        }
        let gone = expected.into_iter();
        problems.extend(gone.map(|(name, _)| format!("{name}: in {}, and no flow", Self::FILE)));
        problems
    }
}

fn row(line: &str) -> Option<(String, Figures)> {
    let (name, figures) = line.split_once('|')?;
    let figures = Figures::of_line(&figures.replace('|', " "))?;
    Some((name.trim_end().to_owned(), figures))
}

/// The figures that moved.
fn moved(name: &str, before: Figures, now: Figures) -> impl Iterator<Item = String> {
    let pairs = before.all().into_iter().zip(now.all());
    pairs
        .filter(|((_, before), (_, now))| before != now)
        .map(move |((what, before), (_, now))| {
            let change = i128::from(now) - i128::from(before);
            format!("{name}: {what} moved from {before} to {now} ({change:+})")
        })
}
