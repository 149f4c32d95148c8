//! What the function asks of AWS, as one type, so that it can be asked of both.

use std::collections::BTreeSet;

use orgtrail::core::arn::{AccountId, TrailName};
use orgtrail::core::delegated_administrator::RegistrationStep;
use orgtrail::core::fault::Fault;
use orgtrail::core::trail::settings::{CloudWatchLogs, Configuration};
use orgtrail::core::trail::step::TrailStep;
use orgtrail::core::trusted_access::TrustedAccessStep;

use crate::oracle::Sdk;
use crate::ours::Function;
use crate::scene::configuration;
use crate::wire::Wire;

/// The service that trusted access and administrators are for.
pub const SERVICE: &str = "cloudtrail.amazonaws.com";

/// What is asked: mostly one call, sometimes some that belong together.
#[derive(Debug, Clone)]
pub enum Call {
    /// Every change of a trail.
    Step(TrailStep),
    /// GetTrail, by name.
    Find(TrailName),
    /// GetTrail, by ARN, and all that there is to say of the trail besides.
    Observe,
    /// GetTrailStatus, for deliveries.
    Status,
    /// ListTrails.
    Trails,
    /// ListEventDataStores, and GetEventDataStore for each.
    Stores,
    /// DescribeOrganization.
    Organization,
    /// ListAccounts.
    Accounts,
    /// ListAWSServiceAccessForOrganization, until this service is found.
    TrustedAccess(&'static str),
    /// EnableAWSServiceAccess and its opposite.
    Switch(TrustedAccessStep),
    /// ListDelegatedAdministrators.
    Administrators,
    /// A change of the administrators.
    Registration(RegistrationStep),
}

impl Call {
    /// What function and SDK understand of it when they make it over `wire`.
    pub fn understood(&self, wire: &Wire) -> [Result<String, Fault>; 2] {
        let configuration = configuration();
        [
            Function::new(&configuration, wire).make(self),
            Sdk::new(&configuration, wire).make(self),
        ]
    }
}

/// The account that is an administrator, or is to be.
pub fn administrator() -> AccountId {
    AccountId::parse("333333333333").expect("an account id")
}

/// A configuration in which everything is said.
pub fn full() -> Configuration {
    let text = |text: &str| Some(text.to_owned());
    Configuration {
        organization: true,
        bucket: "org-logs".to_owned(),
        key_prefix: text("präfix/\"1\""),
        kms_key: text("alias/logs"),
        sns_topic: text("topic"),
        cloud_watch_logs: Some(CloudWatchLogs {
            log_group_arn: "arn:aws:logs:eu-west-1:111111111111:log-group:trail:*".to_owned(),
            role_arn: "arn:aws:iam::111111111111:role/logs".to_owned(),
        }),
        multi_region: true,
        global_service_events: true,
        log_file_validation: true,
        recursive_logging: false,
    }
}

/// One in which as little is said as can be.
pub fn minimal() -> Configuration {
    Configuration {
        organization: false,
        bucket: "org-logs".to_owned(),
        key_prefix: None,
        kms_key: None,
        sns_topic: None,
        cloud_watch_logs: None,
        multi_region: false,
        global_service_events: false,
        log_file_validation: false,
        recursive_logging: true,
    }
}

/// Texts.
pub fn texts<T: FromIterator<String>>(texts: &[&str]) -> T {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Every call that only looks.
pub fn looks() -> Vec<Call> {
    vec![
        Call::Find(TrailName::parse("org").expect("a name")),
        Call::Observe,
        Call::Status,
        Call::Trails,
        Call::Stores,
        Call::Organization,
        Call::Accounts,
        Call::TrustedAccess(SERVICE),
        Call::TrustedAccess("absent.amazonaws.com"),
        Call::Administrators,
    ]
}

/// Every call that changes something and has no input but what it is about.
pub fn switches() -> Vec<Call> {
    let untag = TrailStep::Untag(BTreeSet::from(["team".to_owned()]));
    let trail = [
        TrailStep::StartLogging,
        TrailStep::StopLogging,
        TrailStep::Delete,
        untag,
    ];
    let access = [TrustedAccessStep::Enable, TrustedAccessStep::Disable];
    let registrations = [
        RegistrationStep::RegisterWithCloudTrail,
        RegistrationStep::RegisterWithOrganizations,
        RegistrationStep::DeregisterWithCloudTrail,
        RegistrationStep::DeregisterWithOrganizations,
    ];
    let trail = trail.into_iter().map(Call::Step);
    let access = access.into_iter().map(Call::Switch);
    let registrations = registrations.into_iter().map(Call::Registration);
    trail.chain(access).chain(registrations).collect()
}
