//! Pages of a list, with a token that says where the next one begins.

use std::ops::Range;

use serde_json::{Value, json};

/// One page.
pub(super) struct Page {
    entries: Vec<Value>,
    next_token: Option<String>,
}

/// Which entries of a list a page has, and the token of the next page.
pub(super) type Bounds = (Range<usize>, Option<String>);

impl Page {
    pub(super) fn new(entries: Vec<Value>, next_token: Option<String>) -> Self {
        Self {
            entries,
            next_token,
        }
    }

    /// The answer that carries the page, with its entries in `member`.
    pub(super) fn into_answer(self, member: &str) -> Value {
        let mut answer = json!({ member: self.entries });
        if let Some(token) = self.next_token {
            answer["NextToken"] = json!(token);
        }
        answer
    }
}

/// The page of `entries` that the request asks for.
pub(super) fn page(entries: &[Value], input: &Value, size: usize) -> Option<Page> {
    let (range, next_token) = bounds(entries.len(), input, size)?;
    Some(Page::new(entries[range].to_vec(), next_token))
}

/// The bounds of the page that the request's `NextToken` and `MaxResults` ask for, of `size` entries
/// at most; `None` for a token that no earlier page gave.
pub(super) fn bounds(count: usize, input: &Value, size: usize) -> Option<Bounds> {
    let start = match input["NextToken"].as_str() {
        None => 0,
        Some(token) => token.strip_prefix("after-")?.parse().ok()?,
    };
    let asked = input["MaxResults"]
        .as_u64()
        .and_then(|asked| usize::try_from(asked).ok());
    let size = size.min(asked.unwrap_or(usize::MAX)).max(1);
    let end = start + size.min(count.checked_sub(start)?);
    let next_token = (end < count).then(|| format!("after-{end}"));
    Some((start..end, next_token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_join_to_the_whole_list() {
        let entries: Vec<Value> = (0..5).map(|n| json!(n)).collect();
        let (mut seen, mut input) = (Vec::new(), json!({}));
        loop {
            let answer = page(&entries, &input, 2)
                .expect("a page")
                .into_answer("Entries");
            seen.extend(answer["Entries"].as_array().expect("entries").clone());
            match answer.get("NextToken") {
                Some(token) => input = json!({ "NextToken": token }),
                None => break,
            }
        }
        assert_eq!(seen, entries);
    }

    #[test]
    fn max_results_makes_pages_smaller_and_unknown_tokens_are_refused() {
        let entries = vec![json!(1), json!(2)];
        let first = page(&entries, &json!({ "MaxResults": 1 }), 20).expect("a page");
        assert_eq!(first.into_answer("Entries")["Entries"], json!([1]));
        assert!(page(&entries, &json!({ "NextToken": "made up" }), 20).is_none());
        assert!(page(&entries, &json!({ "NextToken": "after-9" }), 20).is_none());
    }
}
