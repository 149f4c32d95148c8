//! The response to CloudFormation: built once, from the request's own IDs, within CloudFormation's
//! limits.

use serde::Serialize;

use super::attributes::Attributes;
use super::envelope::Echo;

/// The most bytes that CloudFormation reads. A longer response fails with "Response object is too
/// long".
pub const MAX_RESPONSE_BYTES: usize = 4_096;
/// The most bytes of a physical ID.
const MAX_ID: usize = 1_024;
/// The most bytes of a physical ID in JSON. An ID of quotes and backslashes fits. An ID of control
/// characters would leave no room for the rest.
const MAX_ESCAPED_ID: usize = 2 * MAX_ID;
/// Ends a reason that was cut.
const CUT: &str = "... (cut)";
/// Replaces an empty reason: CloudFormation accepts no FAILED without a reason.
const NO_REASON: &str = "the request failed for an unknown reason; see the function's log";

/// A response to CloudFormation.
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
    /// The request succeeded.
    pub fn success(echo: &Echo, physical_id: &str, data: Attributes) -> Self {
        Self {
            status: Status::Success,
            reason: None,
            physical_resource_id: fit_id(physical_id, echo),
            echo: echo.clone(),
            data,
        }
    }

    /// The request failed, for this reason.
    pub fn failed(echo: &Echo, physical_id: &str, reason: &str) -> Self {
        Self {
            status: Status::Failed,
            reason: Some(readable(reason)),
            physical_resource_id: fit_id(physical_id, echo),
            echo: echo.clone(),
            data: Attributes::new(),
        }
    }

    /// True if the status is SUCCESS.
    pub fn is_success(&self) -> bool {
        self.status == Status::Success
    }

    /// Why the request failed.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The physical ID.
    pub fn physical_id(&self) -> &str {
        &self.physical_resource_id
    }

    /// The response, if it fits. Otherwise, a FAILED with a shorter reason and the same ID, so that
    /// CloudFormation can delete what was created.
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
                    "the response with the attributes of this resource has {length} bytes, and \
                     CloudFormation accepts at most {MAX_RESPONSE_BYTES}. Use shorter names"
                )),
                data: Attributes::new(),
                ..self
            };
        };
        let room = (MAX_RESPONSE_BYTES + escaped_length(reason)).saturating_sub(length);
        Self { reason: Some(cut(reason, room)), ..self }
    }

    /// The body of the PUT.
    pub fn to_json(&self) -> String {
        // Strings and maps of strings always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The ID of a Create that created nothing. CloudFormation's Delete for it has nothing to do.
pub fn not_created(logical_id: &str) -> String {
    format!("{NOT_CREATED}{logical_id}")
}

/// True if an ID is that of a Create that created nothing.
pub fn is_not_created(physical_id: &str) -> bool {
    physical_id.starts_with(NOT_CREATED)
}

const NOT_CREATED: &str = "not-created/";

/// An ID that CloudFormation accepts. It replaces an empty or a longer ID with its own, and the reason
/// with "Invalid PhysicalResourceId".
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
    let fits = |c: &char| {
        length += c.len_utf8();
        escaped += escaped_char(*c);
        length <= MAX_ID && escaped <= MAX_ESCAPED_ID
    };
    id.chars().take_while(fits).collect::<String>() + &hash
}

/// FNV-1a with 64 bits. Unlike the hash of the standard library, it is the same in every release.
fn fnv1a(string: &str) -> u64 {
    string.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// One line without control characters and direction marks, which make stack events unreadable.
pub(super) fn readable(reason: &str) -> String {
    let visible: String = reason
        .chars()
        .filter(|c| {
            !matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}' | '\u{feff}')
        })
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    if words.is_empty() { NO_REASON.to_owned() } else { words.join(" ") }
}

/// The most bytes that a string takes inside a JSON string.
fn escaped_length(string: &str) -> usize {
    string.chars().map(escaped_char).sum()
}

fn escaped_char(c: char) -> usize {
    match c {
        '"' | '\\' => 2,
        ..' ' => "\\u0000".len(),
        _ => c.len_utf8(),
    }
}

/// A reason in at most `room` bytes of JSON, for an attribute.
pub fn excerpt(reason: &str, room: usize) -> String {
    let reason = readable(reason);
    if escaped_length(&reason) <= room { reason } else { cut(&reason, room) }
}

/// The beginning of a reason and the mark [`CUT`], in at most `room` bytes of JSON.
fn cut(reason: &str, room: usize) -> String {
    let mut left = Some(room.saturating_sub(CUT.len()));
    let fits = |c: &char| {
        left = left.and_then(|left| left.checked_sub(escaped_char(*c)));
        left.is_some()
    };
    let head: String = reason.chars().take_while(fits).collect();
    format!("{}{CUT}", head.trim_end())
}

#[cfg(test)]
mod tests;
