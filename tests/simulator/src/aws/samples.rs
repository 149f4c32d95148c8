//! A world to start tests from, and ways to vary it.

use super::{
    Account, AccountStatus, AssumableRole, Bucket, EventDataStore, FeatureSet, Key, LogGroup,
    Objects, Organization, Policy, Propagation, Role, Timestamp, Topic, Trail, World,
};

/// The organization of [`World::organization`].
pub const ORGANIZATION_ID: &str = "o-exampleorg1";
/// Its management account.
pub const MANAGEMENT_ACCOUNT: &str = "111111111111";
/// A member: owns the bucket and the key.
pub const SECURITY_ACCOUNT: &str = "222222222222";
/// A member that owns nothing.
pub const MEMBER_ACCOUNT: &str = "333333333333";
/// Another one.
pub const OTHER_MEMBER_ACCOUNT: &str = "444444444444";
/// Where everything is.
pub const REGION: &str = "us-east-1";
/// The log bucket, whose policy allows everything.
pub const BUCKET: &str = "org-logs-example";
/// The key in the security account.
pub const KEY_ARN: &str =
    "arn:aws:kms:us-east-1:222222222222:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
/// Its alias.
pub const KEY_ALIAS: &str = "alias/org-logs";
/// The topic in the management account.
pub const TOPIC_ARN: &str = "arn:aws:sns:us-east-1:111111111111:org-logs";
/// The log group in the management account, as CloudTrail wants it.
pub const LOG_GROUP_ARN: &str = "arn:aws:logs:us-east-1:111111111111:log-group:org-logs:*";
/// The role in the management account that writes to it.
pub const LOG_ROLE_ARN: &str = "arn:aws:iam::111111111111:role/OrgTrailToCloudWatchLogs";

/// When the accounts joined and whatever is there from the start happened: 2020-01-01.
const LONG_AGO: f64 = 1_577_836_800.0;

impl World {
    /// An organization with all features and four accounts, where everything that a trail can lean
    /// on exists and lets CloudTrail in, and where trusted access is off.
    pub fn organization() -> Self {
        let account = |id: &str, name: &str| sample_account(id, name, AccountStatus::Active);
        Self {
            now: Timestamp::from_seconds(LONG_AGO),
            default_account: MANAGEMENT_ACCOUNT.to_owned(),
            organization: Some(Organization {
                id: ORGANIZATION_ID.to_owned(),
                management_account: MANAGEMENT_ACCOUNT.to_owned(),
                feature_set: FeatureSet::All,
            }),
            accounts: [
                account(MANAGEMENT_ACCOUNT, "Management"),
                account(SECURITY_ACCOUNT, "Security"),
                account(MEMBER_ACCOUNT, "Workload"),
                account(OTHER_MEMBER_ACCOUNT, "Sandbox"),
            ]
            .into(),
            buckets: [(BUCKET.to_owned(), Bucket::open(REGION))].into(),
            keys: vec![Key {
                account: SECURITY_ACCOUNT.to_owned(),
                region: REGION.to_owned(),
                id: "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9".to_owned(),
                aliases: vec![KEY_ALIAS.to_owned()],
                policy: Policy::AllowsEverything,
                disabled: false,
            }],
            topics: vec![Topic {
                account: MANAGEMENT_ACCOUNT.to_owned(),
                region: REGION.to_owned(),
                name: "org-logs".to_owned(),
                policy: Policy::AllowsEverything,
            }],
            log_groups: vec![LogGroup {
                account: MANAGEMENT_ACCOUNT.to_owned(),
                region: REGION.to_owned(),
                name: "org-logs".to_owned(),
            }],
            roles: vec![Role {
                account: MANAGEMENT_ACCOUNT.to_owned(),
                name: "OrgTrailToCloudWatchLogs".to_owned(),
                trust: Policy::AllowsEverything,
                permissions: Policy::AllowsEverything,
            }],
            ..Self::default()
        }
    }

    /// After a change.
    pub fn with<R>(mut self, change: impl FnOnce(&mut Self) -> R) -> Self {
        change(&mut self);
        self
    }

    /// With trusted access for a service principal, since long ago.
    pub fn with_trusted_access(mut self, principal: &str) -> Self {
        self.trusted_access.insert(principal.to_owned(), Timestamp::from_seconds(LONG_AGO));
        self
    }

    /// With a trail, whatever the rules say about how it could have come to be.
    pub fn with_trail(mut self, trail: Trail) -> Self {
        self.trails.push(trail);
        self
    }

    /// With an event data store.
    pub fn with_event_data_store(mut self, store: EventDataStore) -> Self {
        self.event_data_stores.push(store);
        self
    }

    /// With an account registered as a service's delegated administrator, through Organizations:
    /// without service-linked roles.
    pub fn with_delegated_administrator(mut self, principal: &str, account: &str) -> Self {
        self.delegated_administrators
            .entry(principal.to_owned())
            .or_default()
            .insert(account.to_owned(), Timestamp::from_seconds(LONG_AGO));
        self
    }

    /// With a service-linked role in the management account.
    pub fn with_service_linked_role(mut self, principal: &str) -> Self {
        self.service_linked_roles.insert(principal.to_owned());
        self
    }

    /// With a role that can be assumed by those whom it trusts.
    pub fn with_assumable_role(mut self, role: AssumableRole) -> Self {
        self.assumable_roles.push(role);
        self
    }

    /// With another bucket, or another one in place of it.
    pub fn with_bucket(mut self, name: &str, bucket: Bucket) -> Self {
        self.buckets.insert(name.to_owned(), bucket);
        self
    }

    /// With another policy on [`BUCKET`].
    pub fn with_bucket_policy(self, policy: Policy) -> Self {
        let bucket = Bucket { policy, ..Bucket::open(REGION) };
        self.with_bucket(BUCKET, bucket)
    }

    /// With something in a bucket.
    pub fn with_objects(mut self, bucket: &str, objects: Objects) -> Self {
        self.objects.insert(bucket.to_owned(), objects);
        self
    }

    /// With another account in the organization.
    pub fn with_account(mut self, id: &str, status: AccountStatus) -> Self {
        let name = format!("Account {id}");
        let (id, account) = sample_account(id, &name, status);
        self.accounts.insert(id, account);
        self
    }

    /// With so many more active accounts that there are `count`.
    pub fn with_accounts_up_to(self, count: usize) -> Self {
        let more = count.saturating_sub(self.accounts.len());
        (1..=more).fold(self, |world, number| {
            let id = format!("{:012}", 500_000_000_000 + number);
            world.with_account(&id, AccountStatus::Active)
        })
    }

    /// With callers that lack the permission for an IAM action.
    pub fn denying(mut self, action: &str) -> Self {
        self.denied_actions.insert(action.to_owned());
        self
    }

    /// With refusals of IAM that end like this.
    pub fn denying_with(mut self, action: &str, denial: &str) -> Self {
        self.denial = Some(denial.to_owned());
        self.denying(action)
    }

    /// Without these operations in any Region.
    pub fn not_offering(mut self, operations: &[&str]) -> Self {
        self.not_offered.extend(operations.iter().copied().map(str::to_owned));
        self
    }

    /// With pages of at most so many entries or objects.
    pub fn with_page_size(mut self, entries: usize) -> Self {
        self.page_size = Some(entries);
        self
    }

    /// With things that are not seen at once.
    pub fn with_propagation(mut self, change: impl FnOnce(&mut Propagation)) -> Self {
        change(&mut self.propagation);
        self
    }

    /// Where callers without another identity belong to this account.
    pub fn called_by(mut self, account: &str) -> Self {
        account.clone_into(&mut self.default_account);
        self
    }

    /// With a clock that only the test moves.
    pub fn at(mut self, now: Timestamp) -> Self {
        self.clock = super::Clock::Fixed;
        self.now = now;
        self
    }

    /// Without an organization.
    pub fn without_organization(mut self) -> Self {
        self.organization = None;
        self.accounts.clear();
        self
    }

    /// With an organization that only shares a bill.
    pub fn consolidated_billing(mut self) -> Self {
        if let Some(organization) = &mut self.organization {
            organization.feature_set = FeatureSet::ConsolidatedBilling;
        }
        self
    }
}

impl Bucket {
    /// A bucket whose policy allows everything.
    pub fn open(region: &str) -> Self {
        Self {
            account: SECURITY_ACCOUNT.to_owned(),
            region: region.to_owned(),
            policy: Policy::AllowsEverything,
        }
    }
}

fn sample_account(id: &str, name: &str, status: AccountStatus) -> (String, Account) {
    let account = Account {
        name: name.to_owned(),
        email: format!("{}@example.com", name.to_lowercase().replace(' ', "-")),
        status,
        joined: Timestamp::from_seconds(LONG_AGO),
    };
    (id.to_owned(), account)
}
