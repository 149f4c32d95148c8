//! The answer: built once, from the request's own ids, within CloudFormation's limits. Pure.

use serde::Serialize;

use super::attributes::Attributes;
use super::envelope::Echo;

/// The most bytes that CloudFormation reads; over it the stack says "Response object is too long".
pub const MAX_RESPONSE_BYTES: usize = 4_096;
/// The most bytes of a physical id.
const MAX_ID: usize = 1_024;
/// The most bytes of it inside the answer: any id of quotes and backslashes fits, one of control
/// characters would leave no room for the rest.
const MAX_ESCAPED_ID: usize = 2 * MAX_ID;
/// Ends a reason that had to be cut.
const CUT: &str = "... (cut)";
/// Said where nothing else was: CloudFormation takes no FAILED without a reason.
const NO_REASON: &str = "the request failed, and nothing is known about why";

/// An answer to CloudFormation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Response {
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    physical_resource_id: String,
    #[serde(flatten)]
    echo: Echo,
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    data: Attributes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Success,
    Failed,
}

impl Response {
    /// The resource is as the template says.
    pub fn success(echo: &Echo, physical_id: &str, data: Attributes) -> Self {
        Self {
            status: Status::Success,
            reason: None,
            physical_resource_id: fit_id(physical_id, echo),
            echo: echo.clone(),
            data,
        }
    }

    /// It is not, and `reason` says why.
    pub fn failed(echo: &Echo, physical_id: &str, reason: &str) -> Self {
        Self {
            status: Status::Failed,
            reason: Some(readable(reason)),
            physical_resource_id: fit_id(physical_id, echo),
            echo: echo.clone(),
            data: Attributes::new(),
        }
    }

    /// Whether it says SUCCESS.
    pub fn is_success(&self) -> bool {
        self.status == Status::Success
    }

    /// What it says, where it says why.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The id in it.
    pub fn physical_id(&self) -> &str {
        &self.physical_resource_id
    }

    /// This answer, or where it would be too long one that says so: a FAILED with the same id, so
    /// that what was made can still be deleted.
    #[must_use]
    pub fn fitting(self) -> Self {
        let length = self.to_json().len();
        if length <= MAX_RESPONSE_BYTES {
            return self;
        }
        let Some(reason) = self.reason.as_deref() else {
            return Self {
                status: Status::Failed,
                reason: Some(format!(
                    "the attributes of this resource make an answer of {length} bytes, and \
                     CloudFormation takes {MAX_RESPONSE_BYTES}"
                )),
                data: Attributes::new(),
                ..self
            };
        };
        let room = (MAX_RESPONSE_BYTES + escaped_length(reason)).saturating_sub(length);
        Self {
            reason: Some(cut(reason, room)),
            ..self
        }
    }

    /// The body of the PUT.
    pub fn to_json(&self) -> String {
        // Texts and maps of texts always serialise; the fallback is for the type checker.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The sentinel id of a Create that made nothing: CloudFormation's Delete for it is a no-op.
pub fn not_created(logical_id: &str) -> String {
    format!("{NOT_CREATED}{logical_id}")
}

/// Whether an id is the sentinel.
pub fn is_not_created(physical_id: &str) -> bool {
    physical_id.starts_with(NOT_CREATED)
}

const NOT_CREATED: &str = "not-created/";

/// An id that CloudFormation takes: where it gets an empty or a longer one it makes up its own and
/// says "Invalid PhysicalResourceId" instead of our reason.
fn fit_id(id: &str, echo: &Echo) -> String {
    if id.is_empty() {
        let logical_id = echo.logical_resource_id.as_deref().unwrap_or("unknown");
        return fit_id(&not_created(logical_id), echo);
    }
    if id.len() <= MAX_ID && escaped_length(id) <= MAX_ESCAPED_ID {
        return id.to_owned();
    }
    let hash = format!("-{:016x}", fnv1a(id));
    let (mut length, mut escaped) = (hash.len(), hash.len());
    let head: String = id
        .chars()
        .take_while(|c| {
            length += c.len_utf8();
            escaped += escaped_char(*c);
            length <= MAX_ID && escaped <= MAX_ESCAPED_ID
        })
        .collect();
    head + &hash
}

/// FNV-1a, 64 bits: the same in every release, which the standard library's hasher does not promise.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// One line without control or direction characters: they make a stack's events unreadable.
fn readable(reason: &str) -> String {
    let visible: String = reason
        .chars()
        .filter(|c| {
            !matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}' | '\u{feff}')
        })
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    if words.is_empty() {
        NO_REASON.to_owned()
    } else {
        words.join(" ")
    }
}

/// The bytes that a text takes inside a JSON string, at the most.
fn escaped_length(text: &str) -> usize {
    text.chars().map(escaped_char).sum()
}

fn escaped_char(c: char) -> usize {
    match c {
        '"' | '\\' => 2,
        ..' ' => "\\u0000".len(),
        _ => c.len_utf8(),
    }
}

/// The head of a text, with a mark at its end, in at most `room` bytes of JSON.
fn cut(text: &str, room: usize) -> String {
    let mut left = room.saturating_sub(CUT.len());
    let head: String = text
        .chars()
        .take_while(|c| match left.checked_sub(escaped_char(*c)) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        })
        .collect();
    format!("{}{CUT}", head.trim_end())
}

#[cfg(test)]
mod tests;
