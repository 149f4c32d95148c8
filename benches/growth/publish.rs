//! The documentation's copy of table and plot.

use std::{fs, path::Path};

use crate::Failure;

const BEGIN: &str = "<!-- growth: begin -->";
const END: &str = "<!-- growth: end -->";

/// Puts what was measured last, in `measured`, into the documentation: the table between its marks in
/// `performance.md`, and the plot into `performance/`.
///
/// # Errors
/// When nothing was measured, or the marks are not there.
pub fn publish(documents: &Path, measured: &Path) -> Result<(), Failure> {
    let page = documents.join("performance.md");
    let markdown = read(&measured.join("growth.md"))?;
    fs::write(&page, with_table(&read(&page)?, &markdown)?)?;
    let folder = documents.join("performance");
    fs::create_dir_all(&folder)?;
    fs::copy(measured.join("growth.svg"), folder.join("growth.svg"))?;
    Ok(())
}

fn read(file: &Path) -> Result<String, Failure> {
    let problem = |error| format!("{} cannot be read: {error}", file.display());
    Ok(fs::read_to_string(file).map_err(problem)?)
}

fn with_table(text: &str, markdown: &str) -> Result<String, Failure> {
    let marks = format!("the page lacks the lines {BEGIN} and {END}");
    let (head, rest) = text.split_once(BEGIN).ok_or_else(|| marks.clone())?;
    let (_, tail) = rest.split_once(END).ok_or(marks)?;
    Ok(format!("{head}{BEGIN}\n\n{markdown}\n{END}{tail}"))
}
