//! The whole simulated AWS as plain data: without I/O and without a clock.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    AssumableRole, Bucket, CLOUDTRAIL, Delivery, EventDataStore, Key, LogGroup, Objects,
    OperationResult, Role, RoleSession, Service, Timestamp, Topic, Trail, arn::partition_of,
    cloudtrail, error::refuse, organizations, permissions, policy, s3, sts,
};

/// Everything that CloudTrail, Organizations, STS and S3 know, and what surrounds them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct World {
    /// Who sets `now`.
    pub clock: Clock,
    /// When the next call happens.
    pub now: Timestamp,
    /// The account of callers whose access key says nothing.
    pub default_account: String,
    /// The role ARNs of callers by their account, where a policy names the role.
    pub principals: BTreeMap<String, String>,
    /// IAM roles that callers may be allowed to assume.
    pub assumable_roles: Vec<AssumableRole>,
    /// The sessions that STS has issued credentials for, by access key ID.
    pub role_sessions: BTreeMap<String, RoleSession>,
    /// The organization, if there is one.
    pub organization: Option<Organization>,
    /// The organization's accounts, the management account among them.
    pub accounts: BTreeMap<String, Account>,
    /// When trusted access was enabled, by service principal.
    pub trusted_access: BTreeMap<String, Timestamp>,
    /// The number of listings that still omit principals that were just enabled.
    pub unlisted_trusted_access: BTreeMap<String, u32>,
    /// When accounts were registered as delegated administrators, by service principal and account.
    pub delegated_administrators: BTreeMap<String, BTreeMap<String, Timestamp>>,
    /// Trails, each once.
    pub trails: Vec<Trail>,
    /// The deliveries of trails that are created later, by their names.
    pub deliveries_of_new_trails: BTreeMap<String, Vec<Delivery>>,
    /// CloudTrail Lake event data stores.
    pub event_data_stores: Vec<EventDataStore>,
    /// Buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// The objects in buckets, by the buckets' names.
    pub objects: BTreeMap<String, Objects>,
    /// KMS keys.
    pub keys: Vec<Key>,
    /// SNS topics.
    pub topics: Vec<Topic>,
    /// CloudWatch Logs log groups.
    pub log_groups: Vec<LogGroup>,
    /// IAM roles for CloudTrail to assume.
    pub roles: Vec<Role>,
    /// Service principals whose service-linked role exists in the management account.
    pub service_linked_roles: BTreeSet<String>,
    /// IAM actions that callers may not take; wildcards as in IAM.
    pub denied_actions: BTreeSet<String>,
    /// The end of IAM's refusals of them, with `{action}` for the action; that no identity-based policy
    /// allows it, without it.
    pub denial: Option<String>,
    /// Operations that no Region offers.
    pub not_offered: BTreeSet<String>,
    /// Regions that the accounts have not enabled.
    pub disabled_regions: BTreeSet<String>,
    /// The changes that calls do not see yet.
    pub propagation: Propagation,
    /// The most entries that a page has, of a list of objects too; AWS' sizes without it.
    pub page_size: Option<usize>,
}

/// Who sets [`World::now`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Clock {
    /// The server, from the system's clock, before every call.
    #[default]
    System,
    /// Only the test.
    Fixed,
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// `o-` and 10 to 32 letters and digits.
    pub id: String,
    /// The account that pays and decides.
    pub management_account: String,
    /// The features of Organizations that are enabled.
    #[serde(default)]
    pub feature_set: FeatureSet,
}

/// The feature set of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum FeatureSet {
    /// All features.
    #[default]
    All,
    /// Only one bill for all.
    ConsolidatedBilling,
}

/// An account of the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// A name for people.
    pub name: String,
    /// The root user's address.
    pub email: String,
    /// The state of the account.
    #[serde(default)]
    pub status: AccountStatus,
    /// When it joined the organization.
    #[serde(default)]
    pub joined: Timestamp,
}

/// The state of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum AccountStatus {
    /// It is in use.
    #[default]
    Active,
    /// It is being closed.
    PendingClosure,
    /// It was closed.
    Suspended,
}

/// The number of calls that do not see each change. They are counted in calls, because time would
/// make tests slow and unsteady.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Propagation {
    /// CloudTrail's checks of enabled trusted access.
    pub trusted_access: u32,
    /// Organizations' own listings of each principal that is enabled.
    pub trusted_access_listing: u32,
    /// CloudTrail's checks of a sufficient bucket policy.
    pub bucket_policy: u32,
    /// CloudTrail's checks of a sufficient key policy.
    pub key_policy: u32,
    /// CloudTrail's checks of a sufficient topic policy.
    pub topic_policy: u32,
    /// CloudTrail's attempts to assume a role that trusts it.
    pub log_role: u32,
    /// CloudTrail's attempts to write to a log group with a sufficient role.
    pub log_group: u32,
    /// Reads of each trail that is created.
    pub new_trail: u32,
    /// STS' checks of the trust policies of roles that callers may assume.
    pub assumable_role: u32,
}

/// Counts one check of something that has changed; true while the change is not seen.
pub(super) fn still_unseen(looks: &mut u32) -> bool {
    let unseen = *looks > 0;
    *looks = looks.saturating_sub(1);
    unseen
}

/// The principal and the Region of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account of the credentials.
    pub account: String,
    /// The ARN of the role of the credentials.
    pub principal_arn: String,
    /// The Region that the request is signed for.
    pub region: String,
}

impl Caller {
    /// A caller in `account`, with the role `OrgTrail`, calling in `region`.
    pub fn new(account: &str, region: &str) -> Self {
        let partition = partition_of(region);
        let role = format!("arn:{partition}:iam::{account}:role/OrgTrail");
        Self::with_role(account, &role, region)
    }

    /// A caller with a role of `account`, calling in `region`.
    pub fn with_role(account: &str, role: &str, region: &str) -> Self {
        let [account, principal_arn, region] = [account, role, region].map(str::to_owned);
        Self { account, principal_arn, region }
    }
}

impl World {
    /// Carries out one operation of any service: no two have an operation of the same name.
    ///
    /// # Errors
    /// The error that the service would return.
    pub fn call(&mut self, caller: &Caller, operation: &str, input: &Value) -> OperationResult {
        let service = if organizations::operation(operation).is_some() {
            Service::Organizations
        } else if sts::operation(operation).is_some() {
            Service::Sts
        } else if s3::operation(operation).is_some() {
            Service::S3
        } else {
            Service::CloudTrail
        };
        self.call_to(service, caller, operation, input)
    }

    /// Carries out one operation of `service`.
    pub(super) fn call_to(
        &mut self,
        service: Service,
        caller: &Caller,
        operation: &str,
        input: &Value,
    ) -> OperationResult {
        let carry_out = match service {
            Service::CloudTrail => cloudtrail::operation(operation),
            Service::Organizations => organizations::operation(operation),
            Service::Sts => sts::operation(operation),
            Service::S3 => s3::operation(operation),
        };
        let Some(carry_out) = carry_out else {
            let message = format!("the simulator has no operation {operation}");
            return refuse("UnknownOperationException", message);
        };
        if self.disabled_regions.contains(&caller.region) && service == Service::CloudTrail {
            let message = "The security token included in the request is invalid.";
            return refuse("UnrecognizedClientException", message);
        }
        permissions::check(self, caller, service, operation, input)?;
        if self.not_offered.contains(operation) {
            let message = format!("{operation} is not supported in {}.", caller.region);
            return refuse("UnsupportedOperationException", message);
        }
        carry_out(self, caller, input)
    }

    /// The trail with this ARN.
    pub fn trail(&self, arn: &str) -> Option<&Trail> {
        self.trails.iter().find(|trail| trail.arn() == arn)
    }

    /// The trail with this ARN, to change.
    pub fn trail_mut(&mut self, arn: &str) -> Option<&mut Trail> {
        self.trails.iter_mut().find(|trail| trail.arn() == arn)
    }

    /// The management account; the default account where there is no organization.
    pub fn management_account(&self) -> &str {
        self.organization.as_ref().map_or(&self.default_account, |org| &org.management_account)
    }

    /// The organization, if `account` is in it.
    pub fn organization_of(&self, account: &str) -> Option<&Organization> {
        self.organization
            .as_ref()
            .filter(|org| org.management_account == account || self.accounts.contains_key(account))
    }

    /// True if `account` manages the organization.
    pub fn is_management_account(&self, account: &str) -> bool {
        self.organization.as_ref().is_some_and(|org| org.management_account == account)
    }

    /// True if `account` is CloudTrail's delegated administrator.
    pub fn is_delegated_administrator(&self, account: &str) -> bool {
        self.organization_of(account).is_some()
            && self
                .delegated_administrators
                .get(CLOUDTRAIL)
                .is_some_and(|registered| registered.contains_key(account))
    }

    /// The condition keys of each call of a caller, which a policy can require.
    pub(super) fn context_of(&self, caller: &Caller) -> BTreeMap<&'static str, String> {
        let organization = self.organization_of(&caller.account);
        let organization = organization.map(|organization| organization.id.clone());
        let mut context = BTreeMap::from([
            ("aws:PrincipalArn", caller.principal_arn.clone()),
            ("aws:PrincipalAccount", caller.account.clone()),
            ("aws:SecureTransport", "true".to_owned()),
        ]);
        context.extend(organization.map(|id| ("aws:PrincipalOrgID", id)));
        context
    }

    /// True if callers lack the permission for an IAM action.
    pub fn denies(&self, action: &str) -> bool {
        let action = action.to_lowercase();
        self.denied_actions
            .iter()
            .any(|denied| policy::matches_wildcards(&denied.to_lowercase(), &action))
    }
}
