//! The objects in buckets: keys in order. A listing reads only the next one of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use serde::{Deserialize, Serialize};

use crate::aws::{Account, AccountStatus, Timestamp};

/// The objects of a bucket, as far as a listing shows them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Objects {
    /// Keys, one by one.
    pub keys: BTreeSet<String>,
    /// Keys by the rule that makes them, where there are too many to keep.
    pub organization_logs: Vec<OrganizationLogs>,
}

/// A log file of every active account in each of some Regions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct OrganizationLogs {
    /// The trail's `S3KeyPrefix`.
    pub key_prefix: Option<String>,
    /// The organization's ID.
    pub organization: String,
    /// The Regions.
    pub regions: BTreeSet<String>,
    /// Accounts that have none.
    pub except: BTreeSet<String>,
    /// When CloudTrail made them.
    pub at: Timestamp,
}

impl Objects {
    /// These keys.
    pub fn of_keys<K: Into<String>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self { keys: keys.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// The logs of an organization.
    #[must_use]
    pub fn of_organization(logs: OrganizationLogs) -> Self {
        Self { organization_logs: vec![logs], ..Self::default() }
    }

    /// The first key after `after` that begins with `prefix`, in the order of S3, which is that of
    /// the keys' bytes.
    pub(super) fn first(
        &self,
        accounts: &BTreeMap<String, Account>,
        prefix: &str,
        after: &str,
    ) -> Option<String> {
        let mut later = self.keys.range::<str, _>((Bound::Excluded(after), Bound::Unbounded));
        let kept = later.find(|key| key.starts_with(prefix)).cloned();
        let made = self.organization_logs.iter();
        made.filter_map(|logs| logs.first(accounts, prefix, after)).chain(kept).min()
    }
}

impl OrganizationLogs {
    /// The logs of all accounts in some Regions, of this minute.
    pub fn new(organization: &str, regions: &[&str], at: Timestamp) -> Self {
        Self {
            at,
            organization: organization.to_owned(),
            regions: regions.iter().map(|&region| region.to_owned()).collect(),
            ..Self::default()
        }
    }

    /// The same without those of an account.
    pub fn except(mut self, account: &str) -> Self {
        self.except.insert(account.to_owned());
        self
    }

    /// Looks only at the accounts that `prefix` and `after` leave: there may be very many.
    fn first(
        &self,
        accounts: &BTreeMap<String, Account>,
        prefix: &str,
        after: &str,
    ) -> Option<String> {
        let (key_prefix, organization) = (self.key_prefix.as_deref(), Some(&*self.organization));
        let head = log_prefix(key_prefix, organization);
        let account_in = |key: &'_ str| -> String {
            let rest = key.strip_prefix(&head).unwrap_or_default();
            rest.split('/').next().unwrap_or_default().to_owned()
        };
        let start = account_in(prefix).max(account_in(after));
        accounts
            .range(start..)
            .take_while(|(id, _)| {
                let folder = format!("{head}{id}/");
                folder.starts_with(prefix) || prefix.starts_with(&folder)
            })
            .filter(|(id, account)| {
                account.status == AccountStatus::Active && !self.except.contains(*id)
            })
            .find_map(|(id, _)| {
                let key = |region| log_file(key_prefix, organization, id, region, self.at);
                let keys = self.regions.iter().map(|region| key(region));
                keys.filter(|key| key.as_str() > after && key.starts_with(prefix)).min()
            })
    }
}

/// `[prefix/]AWSLogs/[<organization>/]`.
fn log_prefix(key_prefix: Option<&str>, organization: Option<&str>) -> String {
    let folder = |name: Option<&str>| name.map(|name| format!("{name}/")).unwrap_or_default();
    format!("{}AWSLogs/{}", folder(key_prefix), folder(organization))
}

/// The key of a log file of a minute, as CloudTrail names them: with an organization's ID if the trail
/// is an organization's.
#[must_use]
pub fn log_file(
    key_prefix: Option<&str>,
    organization: Option<&str>,
    account: &str,
    region: &str,
    at: Timestamp,
) -> String {
    let head = log_prefix(key_prefix, organization);
    let (date, minute) = at.in_keys();
    format!(
        "{head}{account}/CloudTrail/{region}/{date}/\
         {account}_CloudTrail_{region}_{minute}_Mx8pQw2ZrT5vKb1n.json.gz"
    )
}
