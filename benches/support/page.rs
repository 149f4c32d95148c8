//! Measured text on a page of the documentation, between two markers.

/// The page with `text` in place of what is between `<!-- {name}: begin -->` and its end.
///
/// # Errors
/// When the page lacks the markers.
pub fn with_section(page: &str, name: &str, text: &str) -> Result<String, String> {
    let begin = format!("<!-- {name}: begin -->\n");
    let end = format!("<!-- {name}: end -->");
    let missing = || format!("the page has no section between {} and {end}", begin.trim());
    let (before, rest) = page.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    Ok(format!("{before}{begin}\n{}\n\n{end}{after}", text.trim()))
}
