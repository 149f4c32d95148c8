//! What a request is signed with.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use futures_util::TryStreamExt;
use orgtrail::aws::clock::Clock;
use orgtrail::aws::credentials::Credentials as FunctionsCredentials;
use orgtrail::aws::endpoint::Endpoints;
use orgtrail::aws::environment::Configuration;
use orgtrail::core::operation::Operation;
use orgtrail::core::owner::Tags;
use orgtrail::core::trail::step::TrailStep;
use orgtrail::transport::Request;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::calls::Call;
use crate::ours::{Function, once};
use crate::samples::reply;
use crate::scene::{configuration, role, run, text};
use crate::wire::{Wire, answer, header, operation};

/// What `aws-sigv4` adds to a request by itself.
const ADDED: [&str; 4] = [
    "host",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
];

/// Endpoints in whose hosts and paths there is something to go wrong. None has `//` or `/../` in it, which
/// the SDK signs as if it were shorter and sends as it is, as nobody would have it.
const ENDPOINTS: &[Option<&str>] = &[
    None,
    Some("http://127.0.0.1:4566"),
    Some("https://vpce.example:443/"),
    Some("http://[::1]:80/a%20path/of~its-own"),
];

/// The signature that a request bears.
pub fn authorization(request: &Request) -> &str {
    header(request, "authorization").expect("a signature")
}

/// The Region and the service that a request is signed for.
pub fn scope(request: &Request) -> [&str; 2] {
    let mut scope = authorization(request).split('/').skip(2);
    [(); 2].map(|()| scope.next().expect("a scope"))
}

/// The signature that `aws-sigv4` gives the same request.
pub fn signed_by(request: &Request, credentials: &Credentials, time: SystemTime) -> String {
    let [region, service] = scope(request);
    let mut settings = SigningSettings::default();
    // S3 signs paths as they are, and the hash of the body in a header of its own (S3 API reference,
    // "Authenticating Requests").
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(time)
        .settings(settings)
        .build();
    let (_, signed) = authorization(request)
        .split_once("SignedHeaders=")
        .expect("the names of the headers");
    let (signed, _) = signed.split_once(',').expect("an end of them");
    let headers = signed.split(';').filter(|name| !ADDED.contains(name));
    let headers = headers.map(|name| (name, header(request, name).expect("a value")));
    let body = SignableBody::Bytes(request.body());
    let (method, url) = (request.method().as_str(), request.uri().to_string());
    let signable = SignableRequest::new(method, url, headers, body).expect("a request");
    let signature = sign(signable, &parameters.expect("all that is needed").into());
    let (instructions, _) = signature.expect("a signature").into_parts();
    let mut added = instructions.headers();
    let added = added.find(|(name, _)| *name == "authorization");
    added.expect("a signature").1.to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_request_is_signed_as_others_sign_it(
        key_id in "[A-Z0-9]{1,24}",
        secret in "[ -~]{1,48}",
        session_token in option::of("[!-~]{1,64}"),
        milliseconds in 0_u64..4_102_444_800_000,
        endpoint in select(ENDPOINTS),
        bucket in select(&["org-logs", "org.logs"][..]),
        prefix in text(),
        page in "\\PC{1,16}",
        tag in text(),
    ) {
        let own = Credentials::new(&*key_id, &*secret, session_token.clone(), None, "");
        let now = UNIX_EPOCH + Duration::from_millis(milliseconds);
        let configuration = Configuration {
            credentials: Some(FunctionsCredentials { key_id, secret, session_token }),
            endpoints: Endpoints {
                of_all: endpoint.map(str::to_owned),
                ..Endpoints::default()
            },
            clock: Clock::new(move || now),
            ..configuration()
        };
        let wire = Wire::new(move |request| match operation(request) {
            Operation::ListObjectsV2 => answer(200, &[], listing(request, &page)),
            _ => reply(request),
        });
        let function = Function::new(&configuration, &wire);
        let tags = Tags::from([(tag, prefix.clone())]);
        for call in [Call::Organization, Call::Trails, Call::Step(TrailStep::Tag(tags))] {
            let made = function.make(&call);
            prop_assert!(made.is_ok(), "{:?}", made);
        }
        let bucket = function.aws.log_bucket(bucket);
        let listed = run(async { bucket.accounts(&prefix, once()).try_concat().await });
        prop_assert!(listed.is_ok(), "{:?}", listed);
        let listed = run(async { bucket.has(&prefix, once()).await });
        prop_assert!(listed.is_ok(), "{:?}", listed);
        let _unread = function.assuming(&role(Some(&prefix))).make(&Call::Organization);
        let sent = wire.sent();
        prop_assert_eq!(sent.len(), 9);
        // The last one bears the signature of the role's session, which `sessions` looks at.
        for request in &sent[..8] {
            prop_assert_eq!(authorization(request), signed_by(request, &own, now));
        }
    }
}

/// The page of a listing: the first says where the second begins.
fn listing(request: &Request, page: &str) -> String {
    let query = request.uri().query().unwrap_or_default();
    let next = page.replace('&', "&amp;").replace('<', "&lt;");
    let next = if query.contains("continuation-token=") {
        String::new()
    } else {
        format!("<NextContinuationToken>{next}</NextContinuationToken>")
    };
    format!("<ListBucketResult>{next}</ListBucketResult>")
}
