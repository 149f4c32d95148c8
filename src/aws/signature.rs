//! Signatures: AWS Signature Version 4, in the `Authorization` header.
//!
//! The steps and their names are those of the IAM user guide, "Create a signed AWS API request".
//! Written here because every call pays for it: with `aws-sigv4` a warm request took a tenth more of the
//! processor (docs/performance.md). `tests/sdk` compares what both make of the same requests.

use std::borrow::Cow;
use std::time::SystemTime;

use hex_simd::AsciiCase;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::digest::{SHA256, digest};
use ring::hmac::{self, HMAC_SHA256};
use time::OffsetDateTime;
use time::macros::format_description;

use super::credentials::Credentials;
use crate::core::arn::Region;
use crate::core::operation::Service;
use crate::transport::{Request, host};

/// All but what RFC 3986 does not reserve, which is signed as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The same in a path, whose parts stay apart.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const CONTENT_HASH: HeaderName = HeaderName::from_static("x-amz-content-sha256");

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What a signature is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) service: Service,
    pub(super) region: &'a Region,
}

/// Signs a request: all of its headers, its host, its query and its body. What is added to it
/// afterwards is not signed.
///
/// A query has to be made of [`parameter`]s, each name once.
///
/// # Errors
/// When the credentials are none that a header can hold.
pub(super) fn sign(
    request: &mut Request,
    scope: Scope<'_>,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<(), String> {
    let Credentials {
        key_id,
        secret,
        session_token,
    } = credentials;
    let time = timestamp(now)?;
    let date = time.get(..8).unwrap_or_default();
    let body = hex(digest(&SHA256, request.body()));

    let headers = request.headers_mut();
    headers.insert(DATE, header(&time)?);
    if let Some(token) = session_token {
        headers.insert(TOKEN, secret_header(token)?);
    }
    // S3 alone wants to be told (S3 API reference, "Authenticating Requests").
    if scope.service == Service::S3 {
        headers.insert(CONTENT_HASH, header(&body)?);
    }

    let (canonical, signed_headers) = canonical(request, scope.service, &body)?;
    let canonical = hex(digest(&SHA256, canonical.as_bytes()));
    let (region, service) = (scope.region.as_str(), scope.service.name());
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let string_to_sign = format!("{ALGORITHM}\n{time}\n{scope}\n{canonical}");

    let mut key = hmac::Key::new(HMAC_SHA256, format!("AWS4{secret}").as_bytes());
    for part in [date, region, service, "aws4_request"] {
        key = hmac::Key::new(HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref());
    }
    let signature = hex(hmac::sign(&key, string_to_sign.as_bytes()));

    let authorization = secret_header(&format!(
        "{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={signed_headers}, \
         Signature={signature}"
    ))?;
    request.headers_mut().insert(AUTHORIZATION, authorization);
    Ok(())
}

/// A parameter of a query or of a form.
pub(super) fn parameter(name: &str, value: &str) -> String {
    format!("{name}={}", utf8_percent_encode(value, RESERVED))
}

/// The canonical request, and the names of the headers in it.
fn canonical(request: &Request, service: Service, body: &str) -> Result<(String, String), String> {
    let uri = request.uri();
    let host = host(uri).ok_or("the request has no host")?;
    let mut headers = vec![("host", host)];
    for (name, value) in request.headers() {
        let value = value.to_str().map_err(|_| format!("{name} is no text"))?;
        headers.push((name.as_str(), value));
    }
    headers.sort_unstable();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");

    let query = uri.query().unwrap_or_default();
    let mut query: Vec<&str> = query.split('&').collect();
    query.sort_unstable_by_key(|parameter| parameter.split_once('='));
    let query = query.join("&");

    // What is encoded in a path all services but S3 encode once more.
    let path = match service {
        Service::S3 => Cow::Borrowed(uri.path()),
        Service::CloudTrail | Service::Organizations | Service::Sts => {
            utf8_percent_encode(uri.path(), RESERVED_IN_PATH).into()
        }
    };
    let mut canonical = String::new();
    let method = request.method().as_str();
    canonical.extend([method, "\n", &path, "\n", &query, "\n"]);
    for (name, value) in headers {
        canonical.extend([name, ":", value, "\n"]);
    }
    canonical.extend(["\n", &names, "\n", body]);
    Ok((canonical, names))
}

fn timestamp(now: SystemTime) -> Result<String, String> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let time = OffsetDateTime::from(now).format(format);
    time.map_err(|problem| format!("the time cannot be written: {problem}"))
}

fn header(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text).map_err(|_| {
        "the credentials have characters that no header can hold, so they are none of AWS"
            .to_owned()
    })
}

/// One that is not printed with the others.
fn secret_header(text: &str) -> Result<HeaderValue, String> {
    let mut value = header(text)?;
    value.set_sensitive(true);
    Ok(value)
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    hex_simd::encode_to_string(bytes, AsciiCase::Lower)
}
