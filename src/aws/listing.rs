//! Listings of a bucket: ListObjectsV2, the one operation of S3 that the function calls.

use super::client::{Answered, Client, Failed, request, request_id};
use super::signature::parameter;
use super::xml;
use crate::core::arn::Region;
use crate::core::fault::Cause;

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
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// The folders, each with the prefix that was asked for and a slash at its end.
    pub(super) folders: Vec<String>,
    /// Whether there are objects beside them.
    pub(super) has_objects: bool,
    /// Where the next page begins.
    pub(super) next: Option<String>,
}

/// Why there is no listing.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) failed: Failed,
    /// The bucket's Region, where S3 names it: a bucket is listed in its own only.
    pub(super) region: Option<Region>,
}

impl From<Cause> for Refused {
    fn from(cause: Cause) -> Self {
        Self {
            failed: cause.into(),
            region: None,
        }
    }
}

impl Client {
    /// Asks for one page.
    ///
    /// # Errors
    /// What S3 said, or why it said nothing.
    pub(super) async fn list_objects(
        &self,
        bucket: &str,
        question: &Question<'_>,
    ) -> Result<Answered<Listing>, Refused> {
        let endpoint = self.bucket(bucket)?;
        let url = format!("{}?{}", endpoint.url, query(question));
        let request = request(http::Request::get(url), "")?;
        let response = self.send(request, &endpoint.region).await?;
        let request_id = request_id(response.headers());
        if !response.status().is_success() {
            let region = response.headers().get("x-amz-bucket-region");
            let region = region.and_then(|region| region.to_str().ok());
            return Err(Refused {
                failed: xml::refused(&response),
                region: region.and_then(|region| Region::parse(region).ok()),
            });
        }
        match read(response.body()) {
            Some(value) => Ok(Answered { value, request_id }),
            None => Err(Refused {
                failed: Failed {
                    cause: Cause::Unreadable,
                    request_id,
                },
                region: None,
            }),
        }
    }
}

fn query(question: &Question<'_>) -> String {
    let Question {
        prefix,
        folders,
        first,
        token,
    } = question;
    let mut query = vec![parameter("list-type", "2"), parameter("prefix", prefix)];
    if *folders {
        query.push(parameter("delimiter", "/"));
    }
    if *first {
        query.push(parameter("max-keys", "1"));
    }
    if let Some(token) = token {
        query.push(parameter("continuation-token", token));
    }
    query.join("&")
}

/// Reads a page; `None`: it is none, or not a whole one.
fn read(body: &[u8]) -> Option<Listing> {
    let document = xml::document(body)?;
    let root = xml::root(&document, "ListBucketResult")?;
    let folders = xml::children(root, "CommonPrefixes");
    Some(Listing {
        folders: folders
            .filter_map(|folder| xml::text(folder, "Prefix"))
            .collect(),
        has_objects: xml::children(root, "Contents").next().is_some(),
        next: xml::text(root, "NextContinuationToken"),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, UNIX_EPOCH};

    use bytes::Bytes;
    use futures_util::future::{BoxFuture, ready};

    use super::*;
    use crate::aws::clock::Clock;
    use crate::aws::credentials::{Caller, Credentials};
    use crate::aws::environment::Configuration;
    use crate::core::operation::Service;
    use crate::transport::{NoResponse, Request, Response, Transport};

    /// Answers everything with the same status and body, and remembers what it was asked last.
    #[derive(Debug, Default)]
    struct Says {
        status: u16,
        body: &'static str,
        asked: Mutex<Option<Request>>,
    }

    impl Transport for Says {
        fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, NoResponse>> {
            *self.asked.lock().expect("no panic") = Some(request);
            let answer = http::Response::builder().status(self.status);
            let answer = answer.header("x-amz-request-id", "ID");
            let answer = answer.body(Bytes::from_static(self.body.as_bytes()));
            Box::pin(ready(Ok(answer.expect("an answer"))))
        }
    }

    fn client(transport: &Arc<Says>) -> Client {
        let credentials = Credentials {
            key_id: "ASIAEXAMPLE".to_owned(),
            secret: "secretAccessKeyOfAnExample".to_owned(),
            session_token: Some("sessionToken/+=".to_owned()),
        };
        // 2026-11-23, noon.
        let noon = UNIX_EPOCH + Duration::from_hours(498_732);
        let configuration = Configuration {
            clock: Clock::new(move || noon),
            ..Configuration::from_environment(|_| None)
        };
        Client {
            service: Service::S3,
            region: Region::parse("eu-west-1").ok(),
            caller: Caller::Own(Some(Arc::new(credentials))),
            configuration: Arc::new(configuration),
            transport: Arc::clone(transport) as _,
        }
    }

    async fn listed(status: u16, body: &'static str) -> Result<Answered<Listing>, Refused> {
        let says = Arc::new(Says {
            status,
            body,
            ..Says::default()
        });
        let question = Question::default();
        client(&says).list_objects("org-logs", &question).await
    }

    /// The signature that botocore 1.43 (`S3SigV4Auth`) gives the same request at the same time.
    #[tokio::test]
    async fn a_request_is_signed_as_others_sign_it() {
        let says = Arc::new(Says {
            status: 500,
            ..Says::default()
        });
        let question = Question {
            prefix: "team logs/AWSLogs/o-exampleorg1/",
            folders: true,
            first: false,
            token: Some("1+aB/=~x"),
        };
        let client = client(&says);
        let listed = client.list_objects("org-logs-example", &question).await;
        assert!(listed.is_err());
        let request = says.asked.lock().expect("no panic").take();
        let request = request.expect("a request");
        assert_eq!(
            request.uri(),
            "https://org-logs-example.s3.eu-west-1.amazonaws.com/?list-type=2\
             &prefix=team%20logs%2FAWSLogs%2Fo-exampleorg1%2F&delimiter=%2F\
             &continuation-token=1%2BaB%2F%3D~x"
        );
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
            assert_eq!(request.headers()[name], value, "{name}");
        }
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
        assert_eq!(listing.request_id.as_deref(), Some("ID"));
        let expected = Listing {
            folders: vec!["AWSLogs/1 & 2/".to_owned(), "AWSLogs/3/".to_owned()],
            has_objects: false,
            next: Some("1+a/=".to_owned()),
        };
        assert_eq!(listing.value, expected);
        let page = "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>";
        let listing = listed(200, page).await.expect("a listing");
        let expected = Listing {
            has_objects: true,
            ..Listing::default()
        };
        assert_eq!(listing.value, expected);
    }

    #[tokio::test]
    async fn a_refusal_has_s3s_words_and_a_page_of_somebody_elses_is_no_listing() {
        let refused = |code: &str, message: &str, status| Cause::Refused {
            code: code.to_owned(),
            message: message.to_owned(),
            status,
        };
        for (status, body, cause) in [
            (
                403,
                "<Error><Code>AccessDenied</Code><Message>Not you</Message></Error>",
                refused("AccessDenied", "Not you", 403),
            ),
            (
                502,
                "<html>bad gateway",
                refused("HTTP status 502", "", 502),
            ),
            (200, "<html></html>", Cause::Unreadable),
            (200, "", Cause::Unreadable),
            (200, "{}", Cause::Unreadable),
            (200, "<ListBucketResult><Contents>", Cause::Unreadable),
        ] {
            let said = listed(status, body).await.expect_err("no listing");
            assert_eq!(said.failed.cause, cause, "{body}");
        }
    }
}
