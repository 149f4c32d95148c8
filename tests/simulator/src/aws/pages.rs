//! Pages of a list, with a token that says where the next one begins.

use serde_json::{Value, json};

/// The most entries that a page has in AWS.
const PAGE_SIZE: usize = 20;

/// The page at the request's `NextToken`, of at most `size` entries, as the result that has it in
/// `member`; `None` for a token that no earlier page gave.
///
/// Only the entries of the page are described: there may be very many.
pub(super) fn page_of<T>(
    entries: impl ExactSizeIterator<Item = T>,
    input: &Value,
    size: Option<usize>,
    member: &str,
    describe: impl FnMut(T) -> Value,
) -> Option<Value> {
    let start: usize = match input["NextToken"].as_str() {
        None => 0,
        Some(token) => token.strip_prefix("after-")?.parse().ok()?,
    };
    let size = size.unwrap_or(PAGE_SIZE);
    let following = entries.len().checked_sub(start)?;
    let page: Vec<Value> = entries.skip(start).take(size).map(describe).collect();
    let mut result = json!({ member: page });
    if following > size {
        result["NextToken"] = json!(format!("after-{}", start + size));
    }
    Some(result)
}

/// The same of a list that is described already.
pub(super) fn page(
    entries: &[Value],
    input: &Value,
    size: Option<usize>,
    member: &str,
) -> Option<Value> {
    page_of(entries.iter(), input, size, member, Value::clone)
}
