//! What becomes of an answer of AWS, any answer: a call ends, and where it failed, the reason says
//! what was tried, in what AWS said and without what nobody may know.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::TryStreamExt;
use orgtrail::aws::call::Patience;
use orgtrail::aws::role::Role;
use orgtrail::aws::trail::Trails;
use orgtrail::aws::{Aws, Roles};
use orgtrail::cfn::request::Echo;
use orgtrail::cfn::response::Response;
use orgtrail::core::arn::{AccountId, TrailArn};
use orgtrail::core::cure::{Scene, explain};
use orgtrail::core::delegated_administrator::RegistrationStep;
use orgtrail::core::fault::{Cause, Fault};
use orgtrail::core::operation::Operation;
use orgtrail::core::organization::Organization;
use orgtrail::core::trail::settings::{CloudWatchLogs, Configuration, Selectors};
use orgtrail::core::trail::step::{Change, TrailStep};
use orgtrail::core::trusted_access::{CLOUDTRAIL, TrustedAccessStep};
use tokio::time::Instant;

use super::response::check_body;
use super::scripted_aws::{Answer, SECRET_KEY, SESSION_TOKEN, ScriptedAws, parts};

const STACK: &str = "arn:aws:cloudformation:eu-west-1:111111111111:stack/audit/9f6e-uuid";
const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org";

/// Takes a script of answers, and calls the operation that its first answer is for.
pub fn check(data: &[u8]) {
    let Ok(script) = str::from_utf8(data) else {
        return;
    };
    let answers: Vec<Answer> = parts(script).filter_map(Answer::parse).collect();
    let named = |operation: &&Operation| {
        answers
            .first()
            .is_some_and(|first| first.operation == operation.name())
    };
    let Some(operation) = Operation::ALL
        .iter()
        .copied()
        .find(|operation| named(&operation))
    else {
        return;
    };
    let aws = ScriptedAws::new(answers);
    let client = aws.client();
    fastrand::seed(0);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let result = runtime.expect("a runtime").block_on(async {
        let patience = Patience::until(Instant::now() + Duration::from_secs(30));
        let started = Instant::now();
        let result = Box::pin(call(&client, operation, patience)).await;
        assert!(
            started.elapsed() < Duration::from_secs(31),
            "{operation} goes on"
        );
        result
    });
    // Not always this operation: an event data store is asked for only where one is listed.
    assert!(!aws.calls().is_empty(), "{operation} was not called");
    if let Err(fault) = result {
        check_fault(&fault, script);
    }
}

fn check_fault(fault: &Fault, script: &str) {
    let configuration = configuration();
    let organization = Organization {
        id: "o-exampleorg1".to_owned(),
        management_account: AccountId::parse("111111111111").expect("an id"),
    };
    let trail = TrailArn::parse(TRAIL).expect("an ARN");
    let whole = Scene {
        trail: Some(&trail),
        trail_name: Some(trail.name()),
        organization: Some(&organization),
        configuration: Some(&configuration),
        service_principal: Some(CLOUDTRAIL),
        account: AccountId::parse("222222222222").ok(),
    };
    for scene in [whole, Scene::default()] {
        let reason = explain(fault, &scene);
        assert!(reason.contains(fault.operation.name()), "{reason}");
        if let Cause::Refused { code, message, .. } = &fault.cause {
            assert!(reason.contains(code.as_str()), "{code} is not in: {reason}");
            assert!(
                reason.contains(message.as_str()),
                "{message} is not in: {reason}"
            );
            assert!(
                !code.trim().is_empty(),
                "a refusal without a code: {reason}"
            );
        }
        if let Cause::RoleNotAssumed { code, .. } = &fault.cause {
            assert!(
                code.as_ref().is_none_or(|code| !code.trim().is_empty()),
                "{reason}"
            );
        }
        for secret in [SECRET_KEY, SESSION_TOKEN] {
            assert!(
                !reason.contains(secret) || script.contains(secret),
                "{reason}"
            );
        }
        let echo = Echo::default();
        let answer = Response::failed(&echo, TRAIL, &reason).fitting();
        check_body(answer.to_json().as_bytes(), &echo);
    }
}

fn configuration() -> Configuration {
    Configuration {
        organization: true,
        bucket: "org-logs".to_owned(),
        key_prefix: Some("audit".to_owned()),
        kms_key: Some("alias/logs".to_owned()),
        sns_topic: Some("trail-topic".to_owned()),
        cloud_watch_logs: Some(CloudWatchLogs {
            log_group_arn: "arn:aws:logs:eu-west-1:111111111111:log-group:trail:*".to_owned(),
            role_arn: "arn:aws:iam::111111111111:role/trail-to-logs".to_owned(),
        }),
        multi_region: true,
        global_service_events: true,
        log_file_validation: true,
        recursive_logging: true,
    }
}

/// Makes one call, by the function that makes it.
async fn call(aws: &Aws, operation: Operation, patience: Patience) -> Result<(), Fault> {
    let arn = &TrailArn::parse(TRAIL).expect("an ARN");
    let trails = Trails::new(aws, arn.region());
    match operation {
        Operation::AddTags
        | Operation::CreateTrail
        | Operation::DeleteTrail
        | Operation::PutEventConfiguration
        | Operation::PutEventSelectors
        | Operation::PutInsightSelectors
        | Operation::RemoveTags
        | Operation::StartLogging
        | Operation::StopLogging
        | Operation::UpdateTrail => {
            let step = steps()
                .into_iter()
                .find(|step| step.operation() == operation);
            let step = step.expect("a step for each operation that changes a trail");
            trails.execute(arn, &step, patience).await.map(drop)
        }
        Operation::DeregisterDelegatedAdministrator
        | Operation::DeregisterOrganizationDelegatedAdmin
        | Operation::RegisterDelegatedAdministrator
        | Operation::RegisterOrganizationDelegatedAdmin => {
            let step = REGISTRATION_STEPS
                .into_iter()
                .find(|step| step.operation() == operation);
            let step = step.expect("a step for each operation that changes a registration");
            aws.change_registration(arn.region(), CLOUDTRAIL, arn.account(), step, patience)
                .await
        }
        Operation::GetEventConfiguration
        | Operation::GetEventSelectors
        | Operation::GetInsightSelectors
        | Operation::GetTrail
        | Operation::GetTrailStatus => trails.observe(arn, patience).await.map(drop),
        Operation::ListTags => trails.tags(arn, patience).await.map(drop),
        Operation::ListTrails => trails.all(patience).await.map(drop),
        Operation::GetEventDataStore | Operation::ListEventDataStores => {
            let regions = vec![arn.region().clone()];
            aws.organization_event_data_stores(regions, patience)
                .await
                .map(drop)
        }
        Operation::DescribeOrganization => aws.organization(patience).await.map(drop),
        Operation::AssumeRole => {
            let aws = in_the_management_account(aws);
            aws.organization(patience).await.map(drop)
        }
        Operation::DisableAWSServiceAccess => {
            aws.switch_trusted_access(CLOUDTRAIL, TrustedAccessStep::Disable, patience)
                .await
        }
        Operation::EnableAWSServiceAccess => {
            aws.switch_trusted_access(CLOUDTRAIL, TrustedAccessStep::Enable, patience)
                .await
        }
        Operation::ListAWSServiceAccessForOrganization => {
            aws.trusted_access(CLOUDTRAIL, patience).await.map(drop)
        }
        Operation::ListAccounts => aws.active_accounts(patience).try_concat().await.map(drop),
        Operation::ListDelegatedAdministrators => aws
            .delegated_administrators(CLOUDTRAIL, patience)
            .await
            .map(drop),
        Operation::ListObjectsV2 => {
            let bucket = aws.log_bucket("org-logs");
            bucket
                .has("AWSLogs/o-exampleorg1/", patience)
                .await
                .map(drop)
        }
    }
}

const REGISTRATION_STEPS: [RegistrationStep; 4] = [
    RegistrationStep::DeregisterWithOrganizations,
    RegistrationStep::DeregisterWithCloudTrail,
    RegistrationStep::RegisterWithOrganizations,
    RegistrationStep::RegisterWithCloudTrail,
];

/// A step of each kind.
fn steps() -> [TrailStep; 10] {
    let tags = || BTreeMap::from([("team".to_owned(), "security".to_owned())]);
    [
        TrailStep::Create {
            configuration: configuration(),
            tags: tags(),
        },
        TrailStep::Update(Change {
            bucket: Some("other-logs".to_owned()),
            ..Change::default()
        }),
        TrailStep::PutSelectors(Selectors::default()),
        TrailStep::PutInsights(BTreeSet::new()),
        TrailStep::PutAggregation(None),
        TrailStep::Tag(tags()),
        TrailStep::Untag(tags().into_keys().collect()),
        TrailStep::StartLogging,
        TrailStep::StopLogging,
        TrailStep::Delete,
    ]
}

/// The same with a role, which STS is asked for before the first call that needs it.
fn in_the_management_account(aws: &Aws) -> Aws {
    let management = Some(Role {
        variable: "MANAGEMENT_ROLE_ARN",
        arn: "arn:aws:iam::111111111111:role/orgtrail".to_owned(),
        external_id: None,
    });
    let roles = Roles {
        management,
        log_bucket: None,
    };
    aws.clone().assuming(roles).for_stack(STACK)
}
