//! The response URL. It is a secret: with it, anyone can respond in the function's name.

use std::fmt;

use http::Uri;
use time::PrimitiveDateTime;
use time::macros::format_description;

use crate::domain::timestamp::Timestamp;

/// The seconds that a response URL is valid: `X-Amz-Expires` in all published samples. It is needed
/// only for URLs that contain their expiration time instead of their signing time.
const VALIDITY: i64 = 7_200;

/// A presigned S3 URL that receives the response. Prints as `ResponseUrl(redacted)`.
#[derive(Clone)]
pub struct ResponseUrl(String);

/// Why a response URL cannot be used. Never contains the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlProblem {
    /// The event has none.
    #[error("the event has no ResponseURL")]
    Missing,
    /// It is not an absolute HTTP or HTTPS URL.
    #[error("the event's ResponseURL is not an HTTPS URL")]
    Malformed,
    /// Plain HTTP would expose the signature to the network.
    #[error(
        "the event's ResponseURL uses HTTP instead of HTTPS. For local use only, set \
         ALLOW_HTTP_RESPONSE_URL=true"
    )]
    NotEncrypted,
}

impl ResponseUrl {
    /// Keeps the URL unchanged, because the signature covers every byte of it.
    ///
    /// # Errors
    /// Why no response can be sent to the URL.
    pub fn parse(url: &str, allow_http: bool) -> Result<Self, UrlProblem> {
        let uri: Uri = url.parse().map_err(|_| UrlProblem::Malformed)?;
        let host = uri.host().unwrap_or_default();
        match uri.scheme_str() {
            _ if host.is_empty() => Err(UrlProblem::Malformed),
            Some("https") => Ok(Self(url.to_owned())),
            Some("http") if allow_http => Ok(Self(url.to_owned())),
            Some("http") => Err(UrlProblem::NotEncrypted),
            Some(_) | None => Err(UrlProblem::Malformed),
        }
    }

    /// When CloudFormation issued the request: the time of the signature. No other part of a request
    /// contains a time.
    pub fn issued_at(&self) -> Option<Timestamp> {
        let query = self.0.split_once('?')?.1;
        let parameter = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        };
        if let Some(date) = parameter("X-Amz-Date") {
            let format = format_description!("[year][month][day]T[hour][minute][second]Z");
            let date = PrimitiveDateTime::parse(date, format).ok()?;
            return Some(Timestamp::from_seconds(date.assume_utc().unix_timestamp()));
        }
        let expires: i64 = parameter("Expires")?.parse().ok()?;
        expires.checked_sub(VALIDITY).map(Timestamp::from_seconds)
    }

    /// The URL itself, for [`super::submit`] only.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ResponseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseUrl(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://cloudformation-custom-resource-response-euwest1.s3.amazonaws.com/\
                       arn%3Aaws%3Acloudformation%3Aeu-west-1%3A1%3Astack/a/b%7CTrail%7Cuuid\
                       ?X-Amz-Date=20261123T120000Z&X-Amz-Expires=7200&X-Amz-Signature=s3cr3t";

    #[test]
    fn a_url_is_unchanged_and_redacted() {
        let url = ResponseUrl::parse(URL, false).expect("a URL");
        assert_eq!(url.reveal(), URL);
        assert_eq!(format!("{url:?}"), "ResponseUrl(redacted)");
    }

    #[test]
    fn the_signature_has_the_issue_time() {
        let noon = Some(Timestamp::from_seconds(1_795_435_200));
        let sig_v2 =
            "https://s3.amazonaws.com/x?AWSAccessKeyId=A&Expires=1795442400&Signature=b%2B";
        for (url, issued_at) in [
            (URL, noon),
            (sig_v2, noon),
            ("https://host/x", None),
            ("https://host/x?X-Amz-Date=now", None),
            ("https://host/?Expires=x", None),
            ("https://host/?Expires=-9223372036854775808", None),
        ] {
            let parsed = ResponseUrl::parse(url, false).expect("a URL");
            assert_eq!(parsed.issued_at(), issued_at, "{url}");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn an_unusable_url_is_refused() {
        for url in [
            "", "ftp://host/x", "host/x", "https://", "https://:443/x", "no url at all", "file:///x",
        ] {
            assert_eq!(ResponseUrl::parse(url, true).err(), Some(UrlProblem::Malformed), "{url}");
        }
        let http = |allow| ResponseUrl::parse("http://127.0.0.1/x", allow).err();
        assert_eq!(http(false), Some(UrlProblem::NotEncrypted));
        assert_eq!(http(true), None);
    }
}
