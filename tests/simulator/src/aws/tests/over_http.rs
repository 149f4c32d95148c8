//! The handle and the server, called as an SDK calls them.

use std::time::Duration;

use form_urlencoded::Serializer;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, StatusCode, body::Bytes, http::request::Builder};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::aws::{
    AssumableRole, Aws, Bucket, CLOUDTRAIL, Clock, Fault, Objects, Service, Trail, World,
    samples::{BUCKET, MANAGEMENT_ACCOUNT, MEMBER_ACCOUNT, REGION, SECURITY_ACCOUNT},
};

const ROLE: &str = "arn:aws:iam::111111111111:role/OrgTrail";
const LIST_TRAILS: &str = "CloudTrail_20131101.ListTrails";
const DESCRIBE: &str = "AWSOrganizationsV20161128.DescribeOrganization";

/// A request signed with an access key; the signature is not looked at.
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

/// Assumes the role as the security account.
async fn assume(aws: &Aws, external_id: &str) -> (u16, String) {
    let mut form = Serializer::new(String::new());
    form.append_pair("Action", "AssumeRole").append_pair("Version", "2011-06-15");
    form.append_pair("RoleArn", ROLE).append_pair("RoleSessionName", "orgtrail-stack");
    form.append_pair("ExternalId", external_id);
    let request = signed(SECURITY_ACCOUNT, "sts")
        .header("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    let response = sent(aws, request, form.finish()).await.expect("a response");
    (response.status().as_u16(), response.into_body())
}

/// Sends a request to S3 as the security account.
async fn get(aws: &Aws, target: &str) -> Response<String> {
    let request = signed(SECURITY_ACCOUNT, "s3").method("GET").uri(target);
    sent(aws, request, String::new()).await.expect("a response")
}

async fn started() -> Aws {
    let role = AssumableRole::new(ROLE).trusting(SECURITY_ACCOUNT);
    let world = World::organization()
        .with_trusted_access(CLOUDTRAIL)
        .with_assumable_role(role.demanding("external+id"))
        .with_objects(BUCKET, Objects::of_keys(["AWSLogs/a&b/1", "AWSLogs/a&b/2", "other"]))
        .with_bucket("elsewhere", Bucket::open("eu-west-1"));
    Aws::start(world).await.expect("a port")
}

#[tokio::test]
async fn every_call_is_logged() {
    let aws = started().await;
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
    assert_eq!((created.service, created.code()), (Service::CloudTrail, None));
    assert_eq!((&*enabled.account, &*enabled.region), (MEMBER_ACCOUNT, REGION));
    assert_eq!(enabled.code(), Some("AccessDeniedException"));
    assert_ne!(created.request_id, enabled.request_id);
    assert_eq!(aws.mutating_calls(), [created, enabled]);
    aws.forget_calls();
    assert!(aws.calls().is_empty());
}

#[tokio::test]
async fn a_call_takes_the_latency() {
    let aws = started().await;
    let latency = Duration::from_millis(20);
    aws.set_latency(latency);
    create(&aws).await.expect("a response");
    let [call] = aws.calls().try_into().expect("one call");
    assert!(call.ended - call.began >= latency);
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
}

#[tokio::test]
async fn access_keys_lead_to_accounts() {
    let aws = started().await;
    for (key, account) in [("444444444444", "444444444444"), ("AKIDEXAMPLE", MANAGEMENT_ACCOUNT)] {
        call(&aws, key, LIST_TRAILS, json!({})).await;
        assert_eq!(aws.calls().pop().expect("a call").account, account);
    }
}

/// Lists trails with the first session's credentials.
async fn list_trails_in_session(aws: &Aws) -> (u16, String) {
    let (key, session) = aws.world(|world| world.role_sessions.clone().pop_first().expect("one"));
    let request = signed(&key, "cloudtrail")
        .header("X-Amz-Target", LIST_TRAILS)
        .header("X-Amz-Security-Token", session.session_token);
    let response = sent(aws, request, "{}".to_owned()).await.expect("a response");
    (response.status().as_u16(), response.into_body())
}

#[tokio::test]
async fn a_role_is_assumed_in_awsquery() {
    let aws = started().await;
    let (status, body) = assume(&aws, "wrong").await;
    assert_eq!(status, 403);
    for part in ["<ErrorResponse xmlns=", "<Type>Sender</Type>", "<Code>AccessDenied</Code>"] {
        assert!(body.contains(part), "{body}");
    }
    aws.inject("AssumeRole", 1, Fault::Throttle);
    let (status, body) = assume(&aws, "wrong").await;
    assert_eq!(status, 400);
    assert!(body.contains("<Code>Throttling</Code>"), "{body}");
    assert_eq!(aws.calls()[1].code(), Some("Throttling"));
    aws.forget_calls();

    let (status, body) = assume(&aws, "external+id").await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("<AssumeRoleResult>"), "{body}");
    assert_eq!(list_trails_in_session(&aws).await.0, 200);
    let [assumed, listed] = aws.calls().try_into().expect("two calls");
    assert_eq!((assumed.service, assumed.is_mutating()), (Service::Sts, false));
    assert_eq!((&*assumed.account, &*listed.account), (SECURITY_ACCOUNT, MANAGEMENT_ACCOUNT));
    assert_eq!(assumed.input["RoleArn"], ROLE);
    assert_eq!(assumed.input["ExternalId"], "external+id");
    assert!(body.contains(&format!("<AccessKeyId>{}</AccessKeyId>", listed.access_key)));

    aws.world(|world| {
        world.clock = Clock::Fixed;
        world.now = world.now.later_by(3_600);
    });
    let (status, body) = list_trails_in_session(&aws).await;
    assert_eq!(status, 400);
    assert!(body.contains("ExpiredTokenException"), "{body}");
    assert_eq!(aws.calls()[2].account, "");
}

#[tokio::test]
async fn a_listing_is_answered_in_xml() {
    let aws = started().await;
    let target = format!("/{BUCKET}/?list-type=2&prefix=AWSLogs%2Fa%26b%2F&max-keys=1");
    let response = get(&aws, &target).await;
    assert_eq!(response.status(), StatusCode::OK);
    for part in [
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">",
        "<Prefix>AWSLogs/a&amp;b/</Prefix>",
        "<Key>AWSLogs/a&amp;b/1</Key>",
        "<IsTruncated>true</IsTruncated>",
        "<NextContinuationToken>",
    ] {
        assert!(response.body().contains(part), "{part}: {}", response.body());
    }
    let [call] = aws.calls().try_into().expect("one call");
    assert_eq!((call.service, &*call.operation), (Service::S3, "ListObjectsV2"));
    assert!(!call.is_mutating() && call.account == SECURITY_ACCOUNT);
    assert_eq!((&call.input["Bucket"], &call.input["MaxKeys"]), (&json!(BUCKET), &json!("1")));
    assert_eq!(response.headers()["x-amz-request-id"], call.request_id.as_str());
}

#[tokio::test]
async fn refused_listings_are_xml_too() {
    let aws = started().await;
    let response = get(&aws, "/elsewhere?list-type=2").await;
    assert_eq!(response.status(), StatusCode::MOVED_PERMANENTLY);
    assert_eq!(response.headers()["x-amz-bucket-region"], "eu-west-1");
    assert!(response.body().contains("<Code>PermanentRedirect</Code>"));
    let response = get(&aws, "/no-such-bucket?list-type=2").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(response.body().starts_with("<Error><Code>NoSuchBucket</Code>"));
    // A response to a part of the query would be to another request.
    aws.forget_calls();
    for query in ["list-type=2&colour=blue", "list-type=1", "policy", ""] {
        let response = get(&aws, &format!("/{BUCKET}?{query}")).await;
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
async fn injected_errors_have_no_effect() {
    #[rustfmt::skip]
    let cases = [
        (Fault::error("ConflictException", "busy"), 400, "ConflictException"),
        (Fault::Throttle, 400, "ThrottlingException"),
        (Fault::Internal, 500, "InternalFailure"),
        (Fault::Garbage, 200, "<html>"),
    ];
    for (fault, status, text) in cases {
        let aws = started().await;
        aws.inject("CreateTrail", 1, fault.clone());
        let (actual, body) = create(&aws).await.expect("a response");
        assert_eq!(actual, status);
        assert!(body.contains(text), "{body}");
        let [call] = aws.calls().try_into().expect("one call");
        assert_eq!((call.fault, call.result), (Some(fault), None));
        assert!(aws.world(|world| world.trails.is_empty()));
        assert_eq!(create(&aws).await.expect("a response").0, 200, "only the first fails");
    }
}

#[tokio::test]
async fn faults_have_each_services_codes() {
    let aws = started().await;
    aws.inject("*", 1.., Fault::Throttle);
    assert!(call(&aws, "key", DESCRIBE, json!({})).await.1.contains("TooManyRequestsException"));
    for (fault, status, code) in
        [(Fault::Throttle, 503, "SlowDown"), (Fault::Internal, 500, "InternalError")]
    {
        let aws = started().await;
        aws.inject("ListObjectsV2", 1, fault);
        let response = get(&aws, &format!("/{BUCKET}?list-type=2")).await;
        assert_eq!(response.status().as_u16(), status);
        assert!(response.body().contains(&format!("<Code>{code}</Code>")));
        assert_eq!(aws.calls()[0].code(), Some(code));
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
async fn only_a_lost_response_takes_effect() {
    for (fault, trails) in [(Fault::Reset, 0), (Fault::LostResponse, 1)] {
        let aws = started().await;
        aws.inject("CreateTrail", 1, fault.clone());
        assert_eq!(create(&aws).await, None);
        assert_eq!(aws.world(|world| world.trails.len()), trails, "{fault:?}");
        assert_eq!(aws.calls()[0].took_effect(), trails == 1);
    }
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
