//! The presigned URL that a response has to be PUT to.

use std::{fmt, time::Duration};

use time::{OffsetDateTime, format_description::BorrowedFormatItem};

use super::{
    event::{LOGICAL_ID, STACK_ID},
    identifiers::{unique_signature, unique_uuid},
};

/// `20261123T120000Z`.
const BASIC_FORMAT: &[BorrowedFormatItem<'_>] =
    time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");

/// The time for which CloudFormation's URLs are valid.
const VALIDITY: Duration = Duration::from_hours(2);

/// A response URL and the parts of it that are secret.
#[derive(Clone, Debug)]
pub struct ResponseUrl {
    url: String,
    secrets: Vec<String>,
}

impl ResponseUrl {
    /// A URL at `origin` (`http://127.0.0.1:1234`), issued now, as every Region signs them today.
    pub fn new(origin: &str) -> Self {
        Self::issued_ago(origin, Duration::ZERO)
    }

    /// The same, issued `age` ago.
    pub fn issued_ago(origin: &str, age: Duration) -> Self {
        Self::issued(origin, OffsetDateTime::now_utc() - age)
    }

    /// The same, issued at this time.
    ///
    /// # Panics
    /// Never: every time has the format.
    pub fn issued(origin: &str, at: OffsetDateTime) -> Self {
        let date = at.format(BASIC_FORMAT).expect("every time has this format");
        let credential =
            format!("ASIAEXAMPLERESPONSE1%2F{}%2Feu-west-1%2Fs3%2Faws4_request", &date[..8]);
        let signature = unique_signature();
        let query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={date}&X-Amz-SignedHeaders=host\
             &X-Amz-Expires={}&X-Amz-Credential={credential}&X-Amz-Signature={signature}",
            VALIDITY.as_secs()
        );
        Self::assemble(
            origin,
            &query,
            vec![credential, "ASIAEXAMPLERESPONSE1".to_owned(), signature],
        )
    }

    /// A URL issued `age` ago and signed the older way, which covers the Content-Type and may hold an
    /// escaped `+`.
    pub fn signed_the_older_way(origin: &str, age: Duration) -> Self {
        let expires = (OffsetDateTime::now_utc() - age + VALIDITY).unix_timestamp();
        let signature =
            format!("{}%2B%2F{}%3D", &unique_signature()[..13], &unique_signature()[..12]);
        let query =
            format!("AWSAccessKeyId=AKIAEXAMPLERESPONSE2&Expires={expires}&Signature={signature}");
        Self::assemble(origin, &query, vec!["AKIAEXAMPLERESPONSE2".to_owned(), signature])
    }

    fn assemble(origin: &str, query: &str, mut secrets: Vec<String>) -> Self {
        let key = percent_encode(&format!("{STACK_ID}|{LOGICAL_ID}|{}", unique_uuid()));
        secrets.extend([format!("/{key}?{query}"), query.to_owned()]);
        Self { url: format!("{origin}/{key}?{query}"), secrets }
    }

    /// The URL as a request contains it.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// The secrets that must not appear in a log, a response or an error: the URL, its query, its
    /// signature and its credential.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(String::as_str).chain([self.as_str()])
    }
}

impl fmt::Display for ResponseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// Percent-encodes as S3 does object keys: everything but unreserved characters and the slash.
fn percent_encode(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_looks_like_cloudformations() {
        let noon = time::macros::datetime!(2026-11-23 12:00 UTC);
        let url = ResponseUrl::issued("http://127.0.0.1:9777", noon);
        for part in [
            "http://127.0.0.1:9777/arn%3Aaws%3Acloudformation%3Aeu-west-1%3A111111111111%3Astack/",
            "%7CTrail%7C",
            "&X-Amz-Expires=7200&",
            "&X-Amz-Date=20261123T120000Z&",
        ] {
            assert!(url.as_str().contains(part), "{url}");
        }
    }
}
