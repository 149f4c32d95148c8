//! The documentation's copy of table and plot.

use std::{fs, path::Path};

use crate::Failure;

const BEGIN: &str = "<!-- growth: begin -->";
const END: &str = "<!-- growth: end -->";

/// Puts the table between its marks in `performance.md`, and the plot into `performance/`.
///
/// # Errors
/// When the marks are not there.
pub fn publish(documents: &Path, markdown: &str, plot: &Path) -> Result<(), Failure> {
    let page = documents.join("performance.md");
    let text = fs::read_to_string(&page)
        .map_err(|error| format!("{} cannot be read: {error}", page.display()))?;
    fs::write(&page, with_table(&text, markdown)?)?;
    let folder = documents.join("performance");
    fs::create_dir_all(&folder)?;
    fs::copy(plot, folder.join("growth.svg"))?;
    Ok(())
}

fn with_table(text: &str, markdown: &str) -> Result<String, Failure> {
    let marks = format!("the page lacks the lines {BEGIN} and {END}");
    let (head, rest) = text.split_once(BEGIN).ok_or_else(|| marks.clone())?;
    let (_, tail) = rest.split_once(END).ok_or(marks)?;
    Ok(format!("{head}{BEGIN}\n\n{markdown}\n{END}{tail}"))
}
