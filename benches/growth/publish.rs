//! The documentation's copy of table and plot.

use std::{fs, path::Path};

use crate::{Failure, machine, page};

/// Puts what was measured last, in `measured`, into the documentation: the table between its marks in
/// `performance.md`, and the plot into `performance/`.
///
/// # Errors
/// When nothing was measured, or the marks are not there.
pub fn publish(documents: &Path, measured: &Path) -> Result<(), Failure> {
    let file = documents.join("performance.md");
    let table = read(&measured.join("growth.md"))?;
    let text = format!("{table}\nMeasured on {}.", machine::description());
    fs::write(&file, page::with_section(&read(&file)?, "growth", &text)?)?;
    let folder = documents.join("performance");
    fs::create_dir_all(&folder)?;
    fs::copy(measured.join("growth.svg"), folder.join("growth.svg"))?;
    Ok(())
}

fn read(file: &Path) -> Result<String, Failure> {
    let problem = |error| format!("{} cannot be read: {error}", file.display());
    Ok(fs::read_to_string(file).map_err(problem)?)
}
