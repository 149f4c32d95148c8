//! S3's listings, asked for as an SDK asks for them.

use http_body_util::{BodyExt, Empty};
use hyper::{Request, Response, StatusCode, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::aws::{
    Aws, Bucket, Fault, Objects, Service, World,
    samples::{BUCKET, REGION, SECURITY_ACCOUNT},
};

async fn started() -> Aws {
    let objects = Objects::of_keys(["AWSLogs/a&b/1", "AWSLogs/a&b/2", "other"]);
    let world = World::organization()
        .with_objects(BUCKET, objects)
        .with_bucket("elsewhere", Bucket::open("eu-west-1"));
    Aws::start(world).await.expect("a port")
}

async fn get(aws: &Aws, path_and_query: &str) -> Response<String> {
    let authority = aws.url().trim_start_matches("http://").to_owned();
    let credential = format!("{SECURITY_ACCOUNT}/20261123/{REGION}/s3/aws4_request");
    let request = Request::get(path_and_query)
        .header("Host", &authority)
        .header(
            "Authorization",
            format!("AWS4-HMAC-SHA256 Credential={credential}, Signature=0"),
        )
        .body(Empty::<Bytes>::new())
        .expect("a request");
    let stream = TcpStream::connect(&authority).await.expect("a connection");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
    tokio::spawn(connection);
    let (parts, body) = sender
        .send_request(request)
        .await
        .expect("an answer")
        .into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    Response::from_parts(parts, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn a_listing_is_asked_for_in_the_query_and_answered_in_xml() {
    let aws = started().await;
    let query = format!("/{BUCKET}/?list-type=2&prefix=AWSLogs%2Fa%26b%2F&max-keys=1");
    let answer = get(&aws, &query).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let expected = [
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">",
        "<Prefix>AWSLogs/a&amp;b/</Prefix>",
        "<Key>AWSLogs/a&amp;b/1</Key>",
        "<IsTruncated>true</IsTruncated>",
        "<NextContinuationToken>",
    ];
    for part in expected {
        assert!(answer.body().contains(part), "{part}: {}", answer.body());
    }
    let [call] = aws.calls().try_into().expect("one call");
    assert_eq!(
        (call.service, call.operation.as_str()),
        (Service::S3, "ListObjectsV2")
    );
    assert_eq!(call.account, SECURITY_ACCOUNT);
    assert_eq!(
        (&call.input["Bucket"], &call.input["MaxKeys"]),
        (&BUCKET.into(), &"1".into())
    );
    assert!(!call.is_mutating());
    let request_id = answer.headers().get("x-amz-request-id");
    assert_eq!(request_id.expect("an id"), call.request_id.as_str());
}

#[tokio::test]
async fn a_redirect_says_where_the_bucket_is() {
    let aws = started().await;
    let answer = get(&aws, "/elsewhere?list-type=2").await;
    assert_eq!(answer.status(), StatusCode::MOVED_PERMANENTLY);
    assert_eq!(answer.headers()["x-amz-bucket-region"], "eu-west-1");
    assert!(answer.body().contains("<Code>PermanentRedirect</Code>"));
    let answer = get(&aws, "/no-such-bucket?list-type=2").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(
        answer
            .body()
            .starts_with("<Error><Code>NoSuchBucket</Code>")
    );
}

#[tokio::test]
async fn faults_are_what_s3_calls_them() {
    let faults = [
        (Fault::Throttle, 503, "SlowDown"),
        (Fault::Internal, 500, "InternalError"),
    ];
    for (fault, status, code) in faults {
        let aws = started().await;
        aws.inject("ListObjectsV2", 1, fault);
        let answer = get(&aws, &format!("/{BUCKET}?list-type=2")).await;
        assert_eq!(answer.status().as_u16(), status);
        assert!(answer.body().contains(&format!("<Code>{code}</Code>")));
        assert_eq!(aws.calls()[0].code(), Some(code));
    }
}

#[tokio::test]
async fn what_is_not_understood_is_not_answered_as_if_it_were() {
    let aws = started().await;
    for query in ["list-type=2&colour=blue", "list-type=1", "policy", ""] {
        let answer = get(&aws, &format!("/{BUCKET}?{query}")).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{query}");
    }
    assert!(aws.calls().is_empty());
}
