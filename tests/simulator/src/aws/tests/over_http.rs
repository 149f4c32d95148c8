//! The handle and the server: what no AWS SDK sends, and what tests do to calls.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, StatusCode, body::Bytes, http::request::Builder};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::aws::{
    Aws, CLOUDTRAIL, Clock, Fault, Service, Trail, World,
    samples::{BUCKET, MANAGEMENT_ACCOUNT, MEMBER_ACCOUNT, REGION},
};

const LIST_TRAILS: &str = "CloudTrail_20131101.ListTrails";
const DESCRIBE: &str = "AWSOrganizationsV20161128.DescribeOrganization";

/// A request signed with an access key; the signature is not checked.
fn signed(key: &str, service: &str) -> Builder {
    let scope = format!("{key}/20261123/{REGION}/{service}/aws4_request");
    let authorization = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host");
    Request::post("/").header("Authorization", authorization)
}

/// The response, or `None` if the connection was closed instead.
async fn sent(aws: &Aws, request: Builder, body: String) -> Option<Response<String>> {
    let mut request = request.body(Full::new(Bytes::from(body))).expect("a request");
    let uri = format!("{}{}", aws.url(), request.uri());
    *request.uri_mut() = uri.parse().expect("a URL");
    let mut client = Client::builder(TokioExecutor::new());
    let client = client.retry_canceled_requests(false).build_http();
    let (parts, body) = client.request(request).await.ok()?.into_parts();
    let body = body.collect().await.ok()?.to_bytes();
    Some(Response::from_parts(parts, String::from_utf8_lossy(&body).into_owned()))
}

/// Calls an operation of CloudTrail's or Organizations'.
async fn try_call(aws: &Aws, key: &str, target: &str, input: Value) -> Option<(u16, String)> {
    let service = if target.starts_with("AWSOrg") { "organizations" } else { "cloudtrail" };
    let request = signed(key, service).header("X-Amz-Target", target);
    let response = sent(aws, request, input.to_string()).await?;
    Some((response.status().as_u16(), response.into_body()))
}

async fn call(aws: &Aws, key: &str, target: &str, input: Value) -> (u16, String) {
    try_call(aws, key, target, input).await.expect("a response")
}

async fn create(aws: &Aws) -> Option<(u16, String)> {
    let input = json!({ "Name": "OrgTrail", "S3BucketName": BUCKET, "IsOrganizationTrail": true });
    try_call(aws, "AKIDEXAMPLE", "CloudTrail_20131101.CreateTrail", input).await
}

async fn started() -> Aws {
    let world = World::organization().with_trusted_access(CLOUDTRAIL);
    Aws::start(world).await.expect("a port")
}

#[tokio::test]
async fn every_call_is_logged() {
    let aws = started().await;
    let latency = Duration::from_millis(20);
    aws.set_latency(latency);
    assert_eq!(create(&aws).await.expect("a response").0, 200);
    let target = "AWSOrganizationsV20161128.EnableAWSServiceAccess";
    let input = json!({ "ServicePrincipal": CLOUDTRAIL });
    let (status, body) = call(&aws, MEMBER_ACCOUNT, target, input).await;
    assert_eq!(status, 400);
    assert!(body.contains("AccessDeniedException"), "{body}");
    // Some SDKs send the model's namespace too.
    let target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.ListTrails";
    call(&aws, "AKIDEXAMPLE", target, json!({})).await;
    assert_eq!(aws.operations(), ["CreateTrail", "EnableAWSServiceAccess", "ListTrails"]);
    let [created, enabled, listed] = aws.calls().try_into().expect("three calls");
    assert!(created.took_effect() && created.is_mutating() && !listed.is_mutating());
    assert!(created.ended - created.began >= latency);
    assert_eq!((created.service, created.code()), (Service::CloudTrail, None));
    // An access key that is an account ID belongs to that account.
    assert_eq!((&*created.account, &*created.region), (MANAGEMENT_ACCOUNT, REGION));
    assert_eq!((&*enabled.account, &*enabled.region), (MEMBER_ACCOUNT, REGION));
    assert_eq!(enabled.code(), Some("AccessDeniedException"));
    assert_ne!(created.request_id, enabled.request_id);
    assert_eq!(aws.mutating_calls(), [created, enabled]);
    aws.forget_calls();
    assert!(aws.calls().is_empty());
}

#[tokio::test]
async fn malformed_requests_are_refused() {
    let aws = started().await;
    #[rustfmt::skip]
    let cases = [
        (
            signed("key", "cloudtrail"),
            "CloudTrail_20131101.EnableAWSServiceAccess",
            "{}",
            "UnknownOperation",
        ),
        (signed("key", "s3"), "S3.GetObject", "{}", "UnknownOperation"),
        (Request::post("/"), LIST_TRAILS, "{}", "MissingAuthenticationToken"),
        (signed("key", "cloudtrail"), DESCRIBE, "{}", "InvalidSignature"),
        (signed("key", "cloudtrail"), LIST_TRAILS, "{", "Serialization"),
    ];
    for (request, target, body, code) in cases {
        let request = request.header("X-Amz-Target", target);
        let response = sent(&aws, request, body.to_owned()).await.expect("a response");
        assert!(response.body().contains(&format!("{code}Exception")), "{code}: {response:?}");
    }
    // A response to a part of the query would be to another request.
    aws.forget_calls();
    for query in ["list-type=2&colour=blue", "list-type=1", "policy", ""] {
        let request = signed("key", "s3").method("GET").uri(format!("/{BUCKET}?{query}"));
        let response = sent(&aws, request, String::new()).await.expect("a response");
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
    }
    assert!(aws.calls().is_empty());
}

#[tokio::test]
async fn the_clock_is_the_systems_unless_fixed() {
    let aws = started().await;
    create(&aws).await.expect("a response");
    let moved = aws.world(|world| {
        world.clock = Clock::Fixed;
        world.now
    });
    assert!(moved.seconds() > super::NOW);
    call(&aws, "key", LIST_TRAILS, json!({})).await;
    assert_eq!(aws.world(|world| world.now), moved);
}

#[tokio::test]
async fn faults_replace_or_follow_the_effect() {
    #[rustfmt::skip]
    let cases = [
        (Fault::error("ConflictException", "busy"), Some((400, "ConflictException")), 0),
        (Fault::Throttle, Some((400, "ThrottlingException")), 0),
        (Fault::Internal, Some((500, "InternalFailure")), 0),
        (Fault::Garbage, Some((200, "<html>")), 0),
        (Fault::Reset, None, 0),
        (Fault::LostResponse, None, 1),
    ];
    for (fault, expected, trails) in cases {
        let aws = started().await;
        aws.inject("CreateTrail", 1, fault.clone());
        let response = create(&aws).await;
        assert_eq!(
            response.as_ref().map(|(status, _)| *status),
            expected.map(|(status, _)| status)
        );
        if let (Some((_, body)), Some((_, text))) = (response, expected) {
            assert!(body.contains(text), "{body}");
        }
        let [call] = aws.calls().try_into().expect("one call");
        assert_eq!(call.took_effect(), trails == 1);
        assert_eq!(call.fault, Some(fault));
        assert_eq!(aws.world(|world| world.trails.len()), trails);
        aws.world(|world| world.trails.clear());
        assert_eq!(create(&aws).await.expect("a response").0, 200, "only the first fails");
    }
}

#[tokio::test]
async fn faults_happen_to_the_calls_they_name() {
    let aws = started().await;
    aws.inject("ListTrails", 2, Fault::Throttle);
    aws.inject("*", 4..=5, Fault::Internal);
    aws.inject("ListTrails", 6.., Fault::Throttle);
    let mut statuses = Vec::new();
    for target in [LIST_TRAILS, DESCRIBE, LIST_TRAILS, DESCRIBE, LIST_TRAILS, LIST_TRAILS, DESCRIBE]
        .into_iter()
        .chain([LIST_TRAILS; 3])
    {
        statuses.push(call(&aws, "key", target, json!({})).await.0);
    }
    assert_eq!(statuses, [200, 200, 400, 500, 500, 200, 200, 200, 400, 400]);
}

#[tokio::test]
async fn a_call_that_hangs_blocks_no_other() {
    let aws = started().await;
    let (arrived, arrival) = oneshot::channel();
    aws.before("CreateTrail", 1, |_| {
        arrived.send(()).expect("the test waits");
    });
    aws.inject("CreateTrail", 1, Fault::Hang);
    let caller = aws.clone();
    let hanging = tokio::spawn(async move { create(&caller).await });
    arrival.await.expect("the call arrives");
    call(&aws, "key", LIST_TRAILS, json!({})).await;
    assert!(!hanging.is_finished());
    hanging.abort();
    assert_eq!(aws.operations(), ["CreateTrail", "ListTrails"]);
    assert!(aws.world(|world| world.trails.is_empty()));
}

#[tokio::test]
async fn the_world_changes_between_two_calls() {
    let aws = started().await;
    aws.before("CreateTrail", 2, |world| {
        world.trails.push(Trail::organization("OrgTrail"));
    });
    assert_eq!(create(&aws).await.expect("a response").0, 200);
    aws.world(|world| world.trails.clear());
    let (_, body) = create(&aws).await.expect("a response");
    assert!(body.contains("TrailAlreadyExistsException"), "{body}");
}
