//! A world to start tests from, and ways to vary it.

use serde_json::json;

use super::{
    Account, AccountStatus, AssumableRole, Bucket, CLOUDTRAIL, EventDataStore, FeatureSet, Key,
    LogGroup, Objects, Organization, Policy, Propagation, Role, Timestamp, Topic, Trail, World,
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
/// The log bucket, whose policy suffices for every trail of the management account.
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

const TRAILS: &str = "arn:aws:cloudtrail:*:111111111111:trail/*";

impl World {
    /// An organization with all features and four accounts, where everything that a trail can lean
    /// on exists and lets CloudTrail in, and where trusted access is off.
    #[must_use]
    pub fn organization() -> Self {
        let account = |id: &str, name: &str| sample_account(id, name, AccountStatus::Active);
        Self {
            now: Timestamp::from_seconds(LONG_AGO),
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
            buckets: [(BUCKET.to_owned(), sample_bucket())].into(),
            keys: vec![sample_key()],
            topics: vec![sample_topic()],
            log_groups: vec![LogGroup {
                account: MANAGEMENT_ACCOUNT.to_owned(),
                region: REGION.to_owned(),
                name: "org-logs".to_owned(),
            }],
            roles: vec![sample_role()],
            ..Self::default()
        }
    }

    /// With trusted access for a service principal, since long ago.
    #[must_use]
    pub fn with_trusted_access(mut self, principal: &str) -> Self {
        self.trusted_access
            .insert(principal.to_owned(), Timestamp::from_seconds(LONG_AGO));
        self
    }

    /// With a trail, whatever the rules say about how it could have come to be.
    #[must_use]
    pub fn with_trail(mut self, trail: Trail) -> Self {
        self.trails.push(trail);
        self
    }

    /// With an event data store.
    #[must_use]
    pub fn with_event_data_store(mut self, store: EventDataStore) -> Self {
        self.event_data_stores.push(store);
        self
    }

    /// With an account registered as a service's delegated administrator, through Organizations:
    /// without service-linked roles.
    #[must_use]
    pub fn with_delegated_administrator(mut self, principal: &str, account: &str) -> Self {
        self.delegated_administrators
            .entry(principal.to_owned())
            .or_default()
            .insert(account.to_owned(), Timestamp::from_seconds(LONG_AGO));
        self
    }

    /// With a service-linked role in the management account.
    #[must_use]
    pub fn with_service_linked_role(mut self, principal: &str) -> Self {
        self.service_linked_roles.insert(principal.to_owned());
        self
    }

    /// With a role that can be assumed by those whom it trusts.
    #[must_use]
    pub fn with_assumable_role(mut self, role: AssumableRole) -> Self {
        self.assumable_roles.push(role);
        self
    }

    /// With another bucket, or another one in place of it.
    #[must_use]
    pub fn with_bucket(mut self, name: &str, bucket: Bucket) -> Self {
        self.buckets.insert(name.to_owned(), bucket);
        self
    }

    /// With another policy on [`BUCKET`].
    #[must_use]
    pub fn with_bucket_policy(self, policy: Policy) -> Self {
        self.with_bucket(
            BUCKET,
            Bucket {
                policy,
                ..sample_bucket()
            },
        )
    }

    /// With something in a bucket.
    #[must_use]
    pub fn with_objects(mut self, bucket: &str, objects: Objects) -> Self {
        self.objects.insert(bucket.to_owned(), objects);
        self
    }

    /// With another account in the organization.
    #[must_use]
    pub fn with_account(mut self, id: &str, status: AccountStatus) -> Self {
        let name = format!("Account {id}");
        let (id, account) = sample_account(id, &name, status);
        self.accounts.insert(id, account);
        self
    }

    /// With so many more active accounts that there are `count`.
    #[must_use]
    pub fn with_accounts_up_to(self, count: usize) -> Self {
        let more = count.saturating_sub(self.accounts.len());
        (1..=more).fold(self, |world, number| {
            let id = format!("{:012}", 500_000_000_000 + number);
            world.with_account(&id, AccountStatus::Active)
        })
    }

    /// With pages of at most so many objects.
    #[must_use]
    pub fn with_object_page_size(mut self, entries: usize) -> Self {
        self.object_page_size = entries;
        self
    }

    /// With callers that lack the permission for an IAM action.
    #[must_use]
    pub fn denying(mut self, action: &str) -> Self {
        self.denied_actions.insert(action.to_owned());
        self
    }

    /// With pages of at most so many entries.
    #[must_use]
    pub fn with_page_size(mut self, entries: usize) -> Self {
        self.page_size = entries;
        self
    }

    /// With things that are not seen at once.
    #[must_use]
    pub fn with_propagation(mut self, change: impl FnOnce(&mut Propagation)) -> Self {
        change(&mut self.propagation);
        self
    }

    /// With a clock that only the test moves.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.clock = super::Clock::Fixed;
        self.now = now;
        self
    }

    /// Without an organization.
    #[must_use]
    pub fn without_organization(mut self) -> Self {
        self.organization = None;
        self.accounts.clear();
        self
    }

    /// With an organization that only shares a bill.
    #[must_use]
    pub fn consolidated_billing(mut self) -> Self {
        if let Some(organization) = &mut self.organization {
            organization.feature_set = FeatureSet::ConsolidatedBilling;
        }
        self
    }
}

impl Bucket {
    /// A bucket that lets CloudTrail in whatever it asks for.
    #[must_use]
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

fn sample_bucket() -> Bucket {
    let statement = |action: &str, resource: &str| {
        json!({
            "Effect": "Allow",
            "Principal": { "Service": CLOUDTRAIL },
            "Action": action,
            "Resource": resource,
            "Condition": { "ArnLike": { "aws:SourceArn": TRAILS } },
        })
    };
    let policy = Policy::Document(json!({
        "Version": "2012-10-17",
        "Statement": [
            statement("s3:GetBucketAcl", "arn:aws:s3:::org-logs-example"),
            statement("s3:PutObject", "arn:aws:s3:::org-logs-example/*AWSLogs/111111111111/*"),
            statement("s3:PutObject", "arn:aws:s3:::org-logs-example/*AWSLogs/o-exampleorg1/*"),
        ],
    }));
    Bucket {
        account: SECURITY_ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        policy,
    }
}

fn sample_key() -> Key {
    let policy = Policy::Document(json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": { "Service": CLOUDTRAIL },
                "Action": "kms:GenerateDataKey*",
                "Resource": "*",
                "Condition": {
                    "ArnLike": { "aws:SourceArn": TRAILS },
                    "StringLike": { "kms:EncryptionContext:aws:cloudtrail:arn": TRAILS },
                },
            },
            {
                "Effect": "Allow",
                "Principal": { "Service": CLOUDTRAIL },
                "Action": ["kms:DescribeKey", "kms:Decrypt"],
                "Resource": "*",
            },
        ],
    }));
    Key {
        account: SECURITY_ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        id: "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9".to_owned(),
        aliases: vec![KEY_ALIAS.to_owned()],
        policy,
        disabled: false,
    }
}

fn sample_topic() -> Topic {
    let policy = Policy::Document(json!({ "Statement": {
        "Effect": "Allow",
        "Principal": { "Service": CLOUDTRAIL },
        "Action": "SNS:Publish",
        "Resource": TOPIC_ARN,
        "Condition": { "ArnLike": { "aws:SourceArn": TRAILS } },
    } }));
    Topic {
        account: MANAGEMENT_ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        name: "org-logs".to_owned(),
        policy,
    }
}

fn sample_role() -> Role {
    let streams = "arn:aws:logs:us-east-1:111111111111:log-group:org-logs:log-stream:";
    Role {
        account: MANAGEMENT_ACCOUNT.to_owned(),
        name: "OrgTrailToCloudWatchLogs".to_owned(),
        trust: Policy::Document(json!({ "Statement": {
            "Effect": "Allow",
            "Principal": { "Service": CLOUDTRAIL },
            "Action": "sts:AssumeRole",
        } })),
        permissions: Policy::Document(json!({ "Statement": {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [
                format!("{streams}111111111111_CloudTrail_us-east-1*"),
                format!("{streams}o-exampleorg1_*"),
            ],
        } })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_survives_the_journey_through_json() {
        let world = World::organization()
            .with_trusted_access(CLOUDTRAIL)
            .with_trail(Trail::organization("OrgTrail").with_tag("Team", "security"))
            .denying("iam:*")
            .with_propagation(|p| p.new_trail = 2);
        let text = serde_json::to_string(&world).expect("JSON");
        let back: World = serde_json::from_str(&text).expect("a world");
        assert_eq!(back, world);
    }

    #[test]
    fn a_seed_with_a_misspelt_member_is_refused() {
        let refused = serde_json::from_str::<World>(r#"{ "trialz": [] }"#);
        assert!(refused.expect_err("refused").to_string().contains("trialz"));
    }
}
