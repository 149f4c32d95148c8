//! The handle and the server, called as an SDK calls them.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::{Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::oneshot};

use crate::{
    aws::{
        AssumableRole, Aws, Bucket, CLOUDTRAIL, Clock, Fault, S3, Service, Trail, World,
        samples::{BUCKET, MANAGEMENT_ACCOUNT, MEMBER_ACCOUNT, REGION, SECURITY_ACCOUNT},
    },
    http::{self, Reply, WholeRequest},
};

/// A request to a service, signed with an access key; the signature is not looked at.
fn signed(aws: &Aws, key: &str, service: &str) -> hyper::http::request::Builder {
    let credential = format!("{key}/20261123/{REGION}/{service}/aws4_request");
    Request::builder()
        .method("POST")
        .uri("/")
        .header("Host", aws.url().trim_start_matches("http://"))
        .header(
            "Authorization",
            format!("AWS4-HMAC-SHA256 Credential={credential}, Signature=0"),
        )
}

/// Status and body of an answer; `None` where the connection was closed instead.
async fn sent(aws: &Aws, request: Request<Full<Bytes>>) -> Option<(u16, String)> {
    let authority = aws.url().trim_start_matches("http://").to_owned();
    let stream = TcpStream::connect(&authority).await.expect("a connection");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
    tokio::spawn(connection);
    let response = sender.send_request(request).await.ok()?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.ok()?.to_bytes();
    Some((status, String::from_utf8_lossy(&body).into_owned()))
}

/// Calls an operation of CloudTrail's or Organizations'.
async fn call(aws: &Aws, key: &str, target: &str, input: Value) -> Option<(u16, String)> {
    let service = if target.starts_with("AWSOrg") {
        "organizations"
    } else {
        "cloudtrail"
    };
    let request = signed(aws, key, service)
        .header("X-Amz-Target", target)
        .body(Full::new(Bytes::from(input.to_string())))
        .expect("a request");
    sent(aws, request).await
}

/// Assumes the role of [`with_role`].
async fn assume(aws: &Aws, external_id: &str) -> Option<(u16, String)> {
    let form = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleArn={}&RoleSessionName=orgtrail-stack\
         &ExternalId={external_id}",
        ROLE.replace(':', "%3A").replace('/', "%2F"),
    );
    let request = signed(aws, SECURITY_ACCOUNT, "sts")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(Full::new(Bytes::from(form)))
        .expect("a request");
    sent(aws, request).await
}

const ROLE: &str = "arn:aws:iam::111111111111:role/OrgTrail";

async fn with_role() -> Aws {
    let role = AssumableRole::new(ROLE)
        .trusting(SECURITY_ACCOUNT)
        .demanding("example-external-id");
    Aws::start(World::organization().with_assumable_role(role))
        .await
        .expect("a port")
}

async fn create(aws: &Aws) -> Option<(u16, String)> {
    let input = json!({ "Name": "OrgTrail", "S3BucketName": BUCKET, "IsOrganizationTrail": true });
    call(aws, "AKIDEXAMPLE", "CloudTrail_20131101.CreateTrail", input).await
}

async fn started() -> Aws {
    Aws::start(World::organization().with_trusted_access(CLOUDTRAIL))
        .await
        .expect("a port")
}

#[tokio::test]
async fn both_services_answer_on_one_port_and_every_call_is_logged() {
    let aws = started().await;
    let (status, _) = create(&aws).await.expect("an answer");
    assert_eq!(status, 200);
    let target = "AWSOrganizationsV20161128.EnableAWSServiceAccess";
    let input = json!({ "ServicePrincipal": CLOUDTRAIL });
    let (status, body) = call(&aws, MEMBER_ACCOUNT, target, input)
        .await
        .expect("an answer");
    assert_eq!(status, 400);
    assert!(body.contains("AccessDeniedException"), "{body}");
    assert_eq!(aws.operations(), ["CreateTrail", "EnableAWSServiceAccess"]);
    let [created, enabled] = aws.calls().try_into().expect("two calls");
    assert!(created.took_effect() && created.is_mutating());
    assert_eq!(
        (created.service, created.code()),
        (Service::CloudTrail, None)
    );
    assert_eq!(enabled.account, MEMBER_ACCOUNT);
    assert_eq!(
        (enabled.region.as_str(), enabled.code()),
        (REGION, Some("AccessDeniedException"))
    );
    assert_ne!(created.request_id, enabled.request_id);
    aws.forget_calls();
    assert!(aws.calls().is_empty());
}

#[tokio::test]
async fn a_call_takes_as_long_as_the_way_to_aws_is() {
    let aws = started().await;
    let latency = Duration::from_millis(20);
    aws.set_latency(latency);
    create(&aws).await.expect("an answer");
    let [call] = aws.calls().try_into().expect("one call");
    assert!(call.ended - call.began >= latency);
}

#[tokio::test]
async fn reads_are_not_mutating() {
    let aws = started().await;
    let target = "AWSOrganizationsV20161128.DescribeOrganization";
    call(&aws, "AKIDEXAMPLE", target, json!({}))
        .await
        .expect("an answer");
    assert_eq!(aws.calls().len(), 1);
    assert!(aws.mutating_calls().is_empty());
}

#[tokio::test]
async fn an_operation_is_only_found_at_its_own_service() {
    let aws = started().await;
    let target = "CloudTrail_20131101.EnableAWSServiceAccess";
    let (status, body) = call(&aws, "key", target, json!({}))
        .await
        .expect("an answer");
    assert_eq!(status, 400);
    assert!(body.contains("UnknownOperationException"), "{body}");
}

#[tokio::test]
async fn access_keys_lead_to_accounts() {
    let aws = started().await;
    aws.world(|world| {
        world
            .access_keys
            .insert("ASIAMEMBER".to_owned(), MEMBER_ACCOUNT.to_owned())
    });
    let target = "CloudTrail_20131101.ListTrails";
    for key in ["ASIAMEMBER", "444444444444", "AKIDEXAMPLE"] {
        call(&aws, key, target, json!({})).await.expect("an answer");
    }
    let accounts: Vec<String> = aws.calls().into_iter().map(|call| call.account).collect();
    assert_eq!(accounts, [MEMBER_ACCOUNT, "444444444444", "111111111111"]);
}

/// Lists trails with the first session's credentials.
async fn list_trails_in_session(aws: &Aws) -> (u16, String) {
    let (access_key, session) = aws.world(|world| {
        let (key, session) = world.role_sessions.first_key_value().expect("a session");
        (key.clone(), session.clone())
    });
    let request = signed(aws, &access_key, "cloudtrail")
        .header("X-Amz-Target", "CloudTrail_20131101.ListTrails")
        .header("X-Amz-Security-Token", session.session_token)
        .body(Full::new(Bytes::from_static(b"{}")))
        .expect("a request");
    sent(aws, request).await.expect("an answer")
}

#[tokio::test]
async fn a_role_is_assumed_in_forms_and_xml_and_calls_are_then_its_accounts() {
    let aws = with_role().await;
    let (status, body) = assume(&aws, "example-external-id")
        .await
        .expect("an answer");
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("<AssumeRoleResult>"), "{body}");
    assert!(body.contains("<AccessKeyId>ASIA"), "{body}");
    assert_eq!(list_trails_in_session(&aws).await.0, 200);
    let [assumed, listed] = aws.calls().try_into().expect("two calls");
    assert_eq!(
        (assumed.service, assumed.is_mutating()),
        (Service::Sts, false)
    );
    assert_eq!(assumed.account, SECURITY_ACCOUNT);
    assert_eq!(assumed.input["RoleArn"], ROLE);
    assert_eq!(assumed.input["ExternalId"], "example-external-id");
    assert_eq!(listed.account, MANAGEMENT_ACCOUNT);
    assert!(body.contains(&listed.access_key));
}

#[tokio::test]
async fn credentials_that_ran_out_are_refused() {
    let aws = with_role().await;
    assume(&aws, "example-external-id")
        .await
        .expect("an answer");
    aws.world(|world| {
        world.clock = Clock::Fixed;
        world.now = world.now.later_by(3_600);
    });
    let (status, body) = list_trails_in_session(&aws).await;
    assert_eq!(status, 400);
    assert!(body.contains("ExpiredTokenException"), "{body}");
    assert_eq!(aws.calls()[1].account, "");
}

#[tokio::test]
async fn errors_of_sts_are_xml_those_that_are_injected_too() {
    let aws = with_role().await;
    let (status, body) = assume(&aws, "wrong").await.expect("an answer");
    assert_eq!(status, 403);
    assert!(body.contains("<Code>AccessDenied</Code>"), "{body}");
    aws.inject("AssumeRole", 1, Fault::Throttle);
    let (status, body) = assume(&aws, "wrong").await.expect("an answer");
    assert_eq!(status, 400);
    assert!(body.contains("<Code>Throttling</Code>"), "{body}");
    assert_eq!(aws.calls()[1].code(), Some("Throttling"));
}

#[tokio::test]
async fn the_clock_is_the_systems_unless_the_test_keeps_it() {
    let aws = started().await;
    create(&aws).await.expect("an answer");
    let moved = aws.world(|world| {
        world.clock = Clock::Fixed;
        world.now
    });
    assert!(moved.seconds() > super::NOW);
    call(&aws, "key", "CloudTrail_20131101.ListTrails", json!({}))
        .await
        .expect("an answer");
    assert_eq!(aws.world(|world| world.now), moved);
}

#[tokio::test]
async fn errors_that_are_injected_keep_the_call_from_taking_effect() {
    let cases = [
        (
            Fault::error("ConflictException", "busy"),
            400,
            "ConflictException",
        ),
        (Fault::Throttle, 400, "ThrottlingException"),
        (Fault::Internal, 500, "InternalFailure"),
        (Fault::Garbage, 200, "<html>"),
    ];
    for (fault, status, text) in cases {
        let aws = started().await;
        aws.inject("CreateTrail", 1, fault.clone());
        let answer = create(&aws).await.expect("an answer");
        assert_eq!(answer.0, status);
        assert!(answer.1.contains(text), "{}", answer.1);
        let [call] = aws.calls().try_into().expect("one call");
        assert_eq!((call.fault, call.result), (Some(fault), None));
        assert!(aws.world(|world| world.trails.is_empty()));
        assert_eq!(
            create(&aws).await.expect("an answer").0,
            200,
            "only the first was to fail"
        );
    }
}

#[tokio::test]
async fn throttling_is_called_differently_by_organizations() {
    let aws = started().await;
    aws.inject("*", 1, Fault::Throttle);
    let target = "AWSOrganizationsV20161128.DescribeOrganization";
    let (_, body) = call(&aws, "key", target, json!({}))
        .await
        .expect("an answer");
    assert!(body.contains("TooManyRequestsException"), "{body}");
}

#[tokio::test]
async fn a_reset_has_no_effect_and_a_lost_response_has() {
    for (fault, trails) in [(Fault::Reset, 0), (Fault::LostResponse, 1)] {
        let aws = started().await;
        aws.inject("CreateTrail", 1, fault.clone());
        assert_eq!(create(&aws).await, None);
        assert_eq!(aws.world(|world| world.trails.len()), trails, "{fault:?}");
        assert_eq!(aws.calls()[0].took_effect(), trails == 1);
    }
}

#[tokio::test]
async fn a_call_that_hangs_is_not_answered_while_others_are() {
    let aws = started().await;
    let (arrived, arrival) = oneshot::channel();
    aws.before("CreateTrail", 1, |_| {
        arrived.send(()).expect("the test waits");
    });
    aws.inject("CreateTrail", 1, Fault::Hang);
    let caller = aws.clone();
    let hanging = tokio::spawn(async move { create(&caller).await });
    arrival.await.expect("the call arrives");
    call(&aws, "key", "CloudTrail_20131101.ListTrails", json!({}))
        .await
        .expect("an answer");
    assert!(!hanging.is_finished());
    hanging.abort();
    assert_eq!(aws.operations(), ["CreateTrail", "ListTrails"]);
    assert!(aws.world(|world| world.trails.is_empty()));
}

#[tokio::test]
async fn the_world_can_be_changed_exactly_between_two_calls() {
    let aws = started().await;
    aws.before("CreateTrail", 1, |world| {
        world.trails.push(Trail::organization("OrgTrail"));
    });
    let (_, body) = create(&aws).await.expect("an answer");
    assert!(body.contains("TrailAlreadyExistsException"), "{body}");
}

async fn s3_with_one_open_bucket(request: WholeRequest) -> Reply {
    let (status, body) = match (request.uri().path(), request.uri().query()) {
        ("/elsewhere", None) => (200, String::new()),
        ("/elsewhere", Some("policy")) => {
            let statement = json!({
                "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
            });
            (200, json!({ "Statement": [statement] }).to_string())
        }
        _ => (404, String::new()),
    };
    let mut response = hyper::Response::new(Bytes::from(body));
    *response.status_mut() = hyper::StatusCode::from_u16(status).expect("a status");
    Reply::Send(response)
}

#[tokio::test]
async fn buckets_can_be_those_of_an_s3() {
    let s3 = http::listen(0, s3_with_one_open_bucket)
        .await
        .expect("a port");
    let world = World::organization()
        .with_trusted_access(CLOUDTRAIL)
        .with_bucket("deleted-meanwhile", Bucket::open(REGION));
    let aws = Aws::start_at(0, world, S3::at(&s3.url()))
        .await
        .expect("a port");
    let target = "CloudTrail_20131101.CreateTrail";
    let input = |bucket: &str| json!({ "Name": "OrgTrail", "S3BucketName": bucket });
    let missing = call(&aws, "key", target, input("deleted-meanwhile"))
        .await
        .expect("an answer");
    assert!(
        missing.1.contains("S3BucketDoesNotExistException"),
        "{}",
        missing.1
    );
    assert_eq!(
        call(&aws, "key", target, input("elsewhere"))
            .await
            .expect("an answer")
            .0,
        200
    );
}

#[tokio::test]
async fn an_s3_that_is_out_of_order_is_not_taken_for_a_missing_bucket() {
    let s3 = http::listen(0, async |_| {
        let mut response = hyper::Response::new(Bytes::new());
        *response.status_mut() = hyper::StatusCode::SERVICE_UNAVAILABLE;
        Reply::Send(response)
    });
    let s3 = s3.await.expect("a port");
    let world = World::organization().with_trusted_access(CLOUDTRAIL);
    let aws = Aws::start_at(0, world, S3::at(&s3.url()))
        .await
        .expect("a port");
    let (status, body) = create(&aws).await.expect("an answer");
    assert_eq!(status, 500);
    assert!(body.contains("503"), "{body}");
    assert!(aws.world(|world| world.trails.is_empty()));
}
