//! Listings of a bucket: ListObjectsV2, the one operation of S3 that the function calls.
//!
//! With the SDK's signer and XML reader, and without its S3 client: its endpoint rules, checksums and
//! S3 Express would be a twentieth of the function (docs/performance.md).

use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningParams,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_xml::decode::{Document, XmlDecodeError, try_data};
use aws_types::SdkConfig;
use aws_types::request_id::RequestId;
use aws_types::service_config::ServiceConfigKey;
use http::header::USER_AGENT;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::environment::APP_NAME;
use crate::core::arn::{Region, dns_suffix_of};

/// What RFC 3986 does not reserve, and SigV4 signs as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Why there is no listing.
pub(super) type Refused = SdkError<ErrorMetadata, HttpResponse>;

/// What is asked of a bucket.
#[derive(Debug, Clone, Default)]
pub(super) struct Question<'a> {
    /// How the keys begin.
    pub(super) prefix: &'a str,
    /// Folders rather than the objects in them.
    pub(super) folders: bool,
    /// One entry is enough.
    pub(super) first: bool,
    /// Where the page before ended.
    pub(super) token: Option<&'a str>,
}

/// A page of a listing.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// The folders, each with the prefix that was asked for and a slash at its end.
    pub(super) folders: Vec<String>,
    /// Whether there are objects beside them.
    pub(super) has_objects: bool,
    /// Where the next page begins.
    pub(super) next: Option<String>,
    request_id: Option<String>,
}

impl RequestId for Listing {
    fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

/// S3 in one Region.
#[derive(Debug, Clone)]
pub(super) struct Buckets {
    pub(super) config: SdkConfig,
    pub(super) http: SharedHttpConnector,
    pub(super) region: String,
}

impl Buckets {
    /// Asks for one page.
    pub(super) async fn list(
        &self,
        bucket: &str,
        question: &Question<'_>,
    ) -> Result<Listing, Refused> {
        let url = format!("{}?{}", self.url(bucket), query(question));
        let request = self.signed(&url).await?;
        let answer = self.http.call(request).await;
        let answer = answer.map_err(SdkError::dispatch_failure)?;
        let body = answer.body().bytes().unwrap_or_default();
        if !answer.status().is_success() {
            return Err(SdkError::service_error(error(body), answer));
        }
        match listing(body) {
            Ok(listing) => Ok(Listing {
                request_id: answer.request_id().map(str::to_owned),
                ..listing
            }),
            Err(problem) => Err(SdkError::response_error(problem, answer)),
        }
    }

    /// Where a bucket is: its own host, as S3 wants it, unless a certificate for `*.s3...` does not hold
    /// for it or the environment names another endpoint (S3 user guide, "Virtual hosting of buckets").
    fn url(&self, bucket: &str) -> String {
        if let Some(endpoint) = self.endpoint() {
            return format!("{}/{bucket}", endpoint.trim_end_matches('/'));
        }
        let fips = is_on(self.config.use_fips(), "-fips");
        let dual_stack = is_on(self.config.use_dual_stack(), ".dualstack");
        let suffix = Region::parse(&self.region)
            .as_ref()
            .map_or("amazonaws.com", dns_suffix_of);
        let host = format!("s3{fips}{dual_stack}.{}.{suffix}", self.region);
        let is_label = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if bucket.bytes().all(is_label) {
            format!("https://{bucket}.{host}/")
        } else {
            format!("https://{host}/{bucket}")
        }
    }

    fn endpoint(&self) -> Option<String> {
        let key = ServiceConfigKey::builder()
            .service_id("S3")
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url");
        let of_service = self.config.service_config();
        let of_service = of_service.and_then(|service| service.load_config(key.build().ok()?));
        of_service.or_else(|| self.config.endpoint_url().map(str::to_owned))
    }

    async fn signed(&self, url: &str) -> Result<HttpRequest, Refused> {
        let credentials = match self.config.credentials_provider() {
            Some(provider) => provider.provide_credentials().await,
            None => Err(CredentialsError::not_loaded("there are no credentials")),
        };
        let credentials = credentials.map_err(|problem| {
            SdkError::dispatch_failure(ConnectorError::other(problem.into(), None))
        })?;
        let mut settings = SigningSettings::default();
        // S3 signs paths as they are, and the payload's hash in a header of its own (SigV4 in the S3
        // API reference).
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(self.config.time_source().unwrap_or_default().now())
            .settings(settings)
            .build()
            .map_err(SdkError::construction_failure)?;
        request(url, &parameters.into()).map_err(SdkError::construction_failure)
    }
}

fn request(url: &str, parameters: &SigningParams<'_>) -> Result<HttpRequest, BoxError> {
    let signable = SignableRequest::new("GET", url, std::iter::empty(), SignableBody::Bytes(&[]))?;
    let (signature, _) = sign(signable, parameters)?.into_parts();
    let mut request = http::Request::get(url)
        .header(USER_AGENT, APP_NAME)
        .body(SdkBody::empty())?;
    signature.apply_to_request_http1x(&mut request);
    Ok(HttpRequest::try_from(request)?)
}

fn is_on(switch: Option<bool>, name: &'static str) -> &'static str {
    if switch == Some(true) { name } else { "" }
}

fn query(question: &Question<'_>) -> String {
    let Question {
        prefix,
        folders,
        first,
        token,
    } = question;
    let named = |name, value| format!("{name}={}", utf8_percent_encode(value, RESERVED));
    let mut query = vec![named("list-type", "2"), named("prefix", prefix)];
    if *folders {
        query.push(named("delimiter", "/"));
    }
    if *first {
        query.push(named("max-keys", "1"));
    }
    if let Some(token) = token {
        query.push(named("continuation-token", token));
    }
    query.join("&")
}

fn listing(body: &[u8]) -> Result<Listing, XmlDecodeError> {
    // The reader takes the end of the text for the end of whatever is open.
    if !body.trim_ascii_end().ends_with(b"</ListBucketResult>") {
        return Err(XmlDecodeError::custom("not a whole listing"));
    }
    let mut document = Document::try_from(body)?;
    let mut root = document.root_element()?;
    if !root.start_el().matches("ListBucketResult") {
        return Err(XmlDecodeError::custom("not a listing"));
    }
    let mut listing = Listing::default();
    while let Some(mut tag) = root.next_tag() {
        match tag.start_el().local() {
            "Contents" => listing.has_objects = true,
            "CommonPrefixes" => {
                while let Some(mut prefix) = tag.next_tag() {
                    if prefix.start_el().matches("Prefix") {
                        listing.folders.push(try_data(&mut prefix)?.into_owned());
                    }
                }
            }
            "NextContinuationToken" => listing.next = Some(try_data(&mut tag)?.into_owned()),
            _ => {}
        }
    }
    Ok(listing)
}

/// What S3 says is wrong; nothing, where the answer is none of S3's.
fn error(body: &[u8]) -> ErrorMetadata {
    let read = || -> Result<ErrorMetadata, XmlDecodeError> {
        let mut document = Document::try_from(body)?;
        let mut root = document.root_element()?;
        let mut error = ErrorMetadata::builder();
        while let Some(mut tag) = root.next_tag() {
            match tag.start_el().local() {
                "Code" => error = error.code(try_data(&mut tag)?),
                "Message" => error = error.message(try_data(&mut tag)?),
                _ => {}
            }
        }
        Ok(error.build())
    };
    read().unwrap_or_else(|_| ErrorMetadata::builder().build())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
    use aws_types::sdk_config::{Builder, TimeSource};
    use aws_types::service_config::LoadServiceConfig;

    use super::*;

    #[derive(Debug)]
    struct Noon;

    impl TimeSource for Noon {
        fn now(&self) -> SystemTime {
            // 2026-11-23
            UNIX_EPOCH + Duration::from_hours(498_732)
        }
    }

    /// Answers everything with the same status and body.
    #[derive(Debug, Clone)]
    struct Says(u16, &'static str);

    impl HttpConnector for Says {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            let mut answer = HttpResponse::new(self.0.try_into().expect("a status"), self.1.into());
            answer.headers_mut().insert("x-amz-request-id", "ID");
            HttpConnectorFuture::ready(Ok(answer))
        }
    }

    fn configured() -> Builder {
        let credentials = Credentials::new(
            "ASIAEXAMPLE",
            "secretAccessKeyOfAnExample",
            Some("sessionToken/+=".to_owned()),
            None,
            "",
        );
        SdkConfig::builder()
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .time_source(Noon)
    }

    fn buckets(config: Builder, region: &str, says: Says) -> Buckets {
        Buckets {
            config: config.build(),
            http: SharedHttpConnector::new(says),
            region: region.to_owned(),
        }
    }

    fn silent(config: Builder, region: &str) -> Buckets {
        buckets(config, region, Says(500, ""))
    }

    /// The signature that botocore 1.43 (`S3SigV4Auth`) gives the same request at the same time.
    #[tokio::test]
    async fn a_request_is_signed_as_others_sign_it() {
        let buckets = silent(configured(), "eu-west-1");
        let question = Question {
            prefix: "team logs/AWSLogs/o-exampleorg1/",
            folders: true,
            first: false,
            token: Some("1+aB/=~x"),
        };
        let url = format!("{}?{}", buckets.url("org-logs-example"), query(&question));
        assert_eq!(
            url,
            "https://org-logs-example.s3.eu-west-1.amazonaws.com/?list-type=2\
             &prefix=team%20logs%2FAWSLogs%2Fo-exampleorg1%2F&delimiter=%2F\
             &continuation-token=1%2BaB%2F%3D~x"
        );
        let request = buckets.signed(&url).await.expect("signed");
        assert_eq!(request.uri(), url);
        for (name, value) in [
            ("x-amz-date", "20261123T120000Z"),
            ("x-amz-security-token", "sessionToken/+="),
            (
                "x-amz-content-sha256",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20261123/eu-west-1/s3/aws4_request, \
                 SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, \
                 Signature=f5a0adb4e781d9de6eb64424b7f845637d0e2f978f753108f7ce76b617e3dbb6",
            ),
        ] {
            assert_eq!(request.headers().get(name), Some(value), "{name}");
        }
    }

    #[test]
    fn a_bucket_has_a_host_of_its_own_where_a_certificate_can_hold_for_it() {
        let at = |region| silent(configured(), region).url("org-logs");
        for (region, url) in [
            ("us-east-1", "https://org-logs.s3.us-east-1.amazonaws.com/"),
            (
                "cn-north-1",
                "https://org-logs.s3.cn-north-1.amazonaws.com.cn/",
            ),
            (
                "us-gov-west-1",
                "https://org-logs.s3.us-gov-west-1.amazonaws.com/",
            ),
            (
                "eusc-de-east-1",
                "https://org-logs.s3.eusc-de-east-1.amazonaws.eu/",
            ),
        ] {
            assert_eq!(at(region), url);
        }
        for bucket in ["org.logs", "Org_Logs"] {
            let url = silent(configured(), "eu-west-1").url(bucket);
            assert_eq!(url, format!("https://s3.eu-west-1.amazonaws.com/{bucket}"));
        }
        let special = configured().use_fips(true).use_dual_stack(true);
        assert_eq!(
            silent(special, "us-east-2").url("org-logs"),
            "https://org-logs.s3-fips.dualstack.us-east-2.amazonaws.com/"
        );
    }

    #[test]
    fn an_endpoint_of_the_environment_is_taken_the_services_own_first() {
        #[derive(Debug)]
        struct OfService;
        impl LoadServiceConfig for OfService {
            fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
                (key.service_id() == "S3").then(|| "http://127.0.0.1:2/".to_owned())
            }
        }
        let all = || configured().endpoint_url("http://127.0.0.1:1");
        let at = |config| silent(config, "eu-west-1").url("org-logs");
        assert_eq!(at(all()), "http://127.0.0.1:1/org-logs");
        assert_eq!(
            at(all().service_config(OfService)),
            "http://127.0.0.1:2/org-logs"
        );
    }

    async fn listed(status: u16, body: &'static str) -> Result<Listing, Refused> {
        let buckets = buckets(configured(), "eu-west-1", Says(status, body));
        buckets.list("org-logs", &Question::default()).await
    }

    #[tokio::test]
    async fn a_page_has_folders_or_objects_and_says_where_the_next_begins() {
        let page = r#"<?xml version="1.0" encoding="UTF-8"?>
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
                <Prefix>AWSLogs/</Prefix><NextContinuationToken>1+a/=</NextContinuationToken>
                <CommonPrefixes><Prefix>AWSLogs/1 &amp; 2/</Prefix></CommonPrefixes>
                <CommonPrefixes><Prefix>AWSLogs/3/</Prefix></CommonPrefixes>
            </ListBucketResult>"#;
        let listing = listed(200, page).await.expect("a listing");
        assert_eq!(listing.folders, ["AWSLogs/1 & 2/", "AWSLogs/3/"]);
        assert_eq!(listing.next.as_deref(), Some("1+a/="));
        assert_eq!(listing.request_id(), Some("ID"));
        assert!(!listing.has_objects);
        let page = "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>";
        let listing = listed(200, page).await.expect("a listing");
        assert!(listing.has_objects && listing.folders.is_empty() && listing.next.is_none());
    }

    #[tokio::test]
    async fn a_refusal_has_s3s_words_and_a_page_of_somebody_elses_is_no_listing() {
        let refusal = "<Error><Code>AccessDenied</Code><Message>Not you</Message></Error>";
        let refused = listed(403, refusal).await.expect_err("refused");
        let error = refused.as_service_error().expect("S3's");
        assert_eq!(
            (error.code(), error.message()),
            (Some("AccessDenied"), Some("Not you"))
        );
        let refused = listed(502, "<html>bad gateway").await.expect_err("refused");
        assert_eq!(refused.as_service_error().expect("somebody's").code(), None);
        for body in ["<html></html>", "", "{}", "<ListBucketResult><Contents>"] {
            let refused = listed(200, body).await;
            assert!(
                matches!(refused, Err(SdkError::ResponseError(_))),
                "{body}: {refused:?}"
            );
        }
    }
}
