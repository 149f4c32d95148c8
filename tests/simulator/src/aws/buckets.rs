//! Buckets that are kept by an S3 somewhere else, looked at before CloudTrail decides about them.

use http_body_util::{BodyExt, Empty};
use hyper::{Method, Request, Response, StatusCode, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::{Bucket, Policy, samples::REGION};

/// Where the buckets are: `http://host:port` of an S3 that takes unsigned path-style requests.
#[derive(Debug, Clone)]
pub struct S3 {
    authority: String,
}

impl S3 {
    /// The S3 at a URL; `None` where that is not plain `http://host:port`.
    #[must_use]
    pub fn at(url: &str) -> Option<Self> {
        let authority = url.strip_prefix("http://")?.trim_end_matches('/');
        let plain = authority.contains(':') && !authority.contains('/');
        plain.then(|| Self {
            authority: authority.to_owned(),
        })
    }

    /// The bucket as it is now, owned by `account` as far as anybody asks; `None` where there is
    /// none.
    ///
    /// # Errors
    /// When the S3 does not answer, or not as an S3 does.
    pub async fn bucket(&self, name: &str, account: &str) -> std::io::Result<Option<Bucket>> {
        let head = self.ask(Method::HEAD, &format!("/{name}")).await?;
        if head.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if !head.status().is_success() {
            return Err(unexpected(name, head.status()));
        }
        let region = head
            .headers()
            .get("x-amz-bucket-region")
            .and_then(|v| v.to_str().ok());
        let region = region.unwrap_or(REGION).to_owned();
        let answer = self.ask(Method::GET, &format!("/{name}?policy")).await?;
        let policy = match answer.status() {
            StatusCode::NOT_FOUND => Policy::Missing,
            StatusCode::OK => {
                serde_json::from_slice::<Value>(answer.body()).map(Policy::Document)?
            }
            status => return Err(unexpected(name, status)),
        };
        Ok(Some(Bucket {
            account: account.to_owned(),
            region,
            policy,
        }))
    }

    async fn ask(&self, method: Method, path: &str) -> std::io::Result<Response<Bytes>> {
        let stream = TcpStream::connect(&self.authority).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(std::io::Error::other)?;
        let driving = tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.authority)
            .body(Empty::<Bytes>::new())
            .map_err(std::io::Error::other)?;
        let response = sender
            .send_request(request)
            .await
            .map_err(std::io::Error::other)?;
        let (parts, body) = response.into_parts();
        let body = body
            .collect()
            .await
            .map_err(std::io::Error::other)?
            .to_bytes();
        driving.abort();
        Ok(Response::from_parts(parts, body))
    }
}

fn unexpected(bucket: &str, status: StatusCode) -> std::io::Error {
    std::io::Error::other(format!("the S3 answered {status} about bucket {bucket}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::{self, Reply, WholeRequest};

    async fn small_s3(request: WholeRequest) -> Reply {
        let (status, body) = match (request.uri().path(), request.uri().query()) {
            ("/there" | "/bare", None) => (200, String::new()),
            ("/there", Some("policy")) => (200, json!({ "Statement": [] }).to_string()),
            ("/broken", _) => (503, String::new()),
            _ => (404, String::new()),
        };
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        let region = header::HeaderValue::from_static("eu-west-1");
        response.headers_mut().insert("x-amz-bucket-region", region);
        Reply::Send(response)
    }

    #[tokio::test]
    async fn a_bucket_is_seen_with_its_region_and_policy() {
        let server = http::listen(0, small_s3).await.expect("a port");
        let s3 = S3::at(&server.url()).expect("an endpoint");
        let there = s3
            .bucket("there", "222222222222")
            .await
            .expect("an answer")
            .expect("there");
        assert_eq!(there.region, "eu-west-1");
        assert_eq!(there.policy, Policy::Document(json!({ "Statement": [] })));
        let bare = s3
            .bucket("bare", "222222222222")
            .await
            .expect("an answer")
            .expect("there");
        assert_eq!(bare.policy, Policy::Missing);
        assert_eq!(
            s3.bucket("missing", "222222222222")
                .await
                .expect("an answer"),
            None
        );
        assert!(s3.bucket("broken", "222222222222").await.is_err());
    }

    #[test]
    fn only_plain_endpoints_are_taken() {
        assert!(S3::at("http://127.0.0.1:4566/").is_some());
        assert!(S3::at("https://s3.amazonaws.com").is_none());
        assert!(S3::at("http://127.0.0.1:4566/path").is_none());
    }
}
