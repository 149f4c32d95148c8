//! The response URL: whoever has it can answer in our name, so it is a secret with its own type.

use std::fmt;

use http::Uri;
use time::PrimitiveDateTime;
use time::macros::format_description;

use crate::domain::timestamp::Timestamp;

/// How long CloudFormation's response URLs are valid, in seconds: `X-Amz-Expires` in every sample
/// that was ever published. Only needed for URLs that give their end instead of their beginning.
const VALIDITY: i64 = 7_200;

/// Where the answer goes: a presigned S3 URL. Prints as `ResponseUrl(redacted)`.
#[derive(Clone)]
pub struct ResponseUrl(String);

/// Why there is nowhere to send an answer to. Never says what the URL is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlProblem {
    /// There is none.
    #[error("the event has no ResponseURL")]
    Missing,
    /// It is not an absolute http(s) URL.
    #[error("the event's ResponseURL is not an https URL")]
    Malformed,
    /// Plain http, which would show the signature to the network.
    #[error(
        "the event's ResponseURL is http, not https; set ALLOW_HTTP_RESPONSE_URL=true for local use"
    )]
    NotEncrypted,
}

impl ResponseUrl {
    /// Takes the text as it is: every byte of it is signed.
    ///
    /// # Errors
    /// When nothing can or may be sent there.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self, UrlProblem> {
        let uri: Uri = text.parse().map_err(|_| UrlProblem::Malformed)?;
        let host = uri.host().unwrap_or_default();
        match uri.scheme_str() {
            _ if host.is_empty() => Err(UrlProblem::Malformed),
            Some("https") => Ok(Self(text.to_owned())),
            Some("http") if allow_http => Ok(Self(text.to_owned())),
            Some("http") => Err(UrlProblem::NotEncrypted),
            Some(_) | None => Err(UrlProblem::Malformed),
        }
    }

    /// When CloudFormation issued the request: the date of the signature.
    ///
    /// Nothing else in a request carries a time.
    pub fn issued_at(&self) -> Option<Timestamp> {
        let query = self.0.split_once('?')?.1;
        let parameter = |name: &str| {
            query
                .split('&')
                .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        };
        if let Some(date) = parameter("X-Amz-Date") {
            let format = format_description!("[year][month][day]T[hour][minute][second]Z");
            let date = PrimitiveDateTime::parse(date, format).ok()?;
            return Some(Timestamp::from_seconds(date.assume_utc().unix_timestamp()));
        }
        let expires: i64 = parameter("Expires")?.parse().ok()?;
        expires.checked_sub(VALIDITY).map(Timestamp::from_seconds)
    }

    /// The URL itself, for [`super::submit`] and nobody else.
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
    fn it_is_kept_byte_for_byte_and_never_printed() {
        let url = ResponseUrl::parse(URL, false).expect("a URL");
        assert_eq!(url.reveal(), URL);
        assert_eq!(format!("{url:?}"), "ResponseUrl(redacted)");
    }

    #[test]
    fn it_says_when_the_request_was_issued() {
        let issued = |text: &str| ResponseUrl::parse(text, false).ok()?.issued_at();
        let noon = Some(Timestamp::from_seconds(1_795_435_200));
        assert_eq!(issued(URL), noon);
        let sig_v2 =
            "https://s3.amazonaws.com/x?AWSAccessKeyId=A&Expires=1795442400&Signature=b%2B";
        assert_eq!(issued(sig_v2), noon);
        for text in [
            "https://host/x",
            "https://host/x?X-Amz-Date=now",
            "https://host/?Expires=x",
            "https://host/?Expires=-9223372036854775808",
        ] {
            assert_eq!(issued(text), None, "{text}");
        }
    }

    #[test]
    fn what_nothing_can_be_sent_to_is_refused_without_repeating_it() {
        for text in [
            "",
            "ftp://host/x",
            "host/x",
            "https://",
            "https://:443/x",
            "no url at all",
            "file:///x",
        ] {
            assert_eq!(
                ResponseUrl::parse(text, true).err(),
                Some(UrlProblem::Malformed),
                "{text}"
            );
        }
        assert_eq!(
            ResponseUrl::parse("http://127.0.0.1/x", false).err(),
            Some(UrlProblem::NotEncrypted)
        );
        assert!(ResponseUrl::parse("http://127.0.0.1/x", true).is_ok());
    }
}
