//! What buckets hold: keys in order, of which a listing needs no more than the next one.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use serde::{Deserialize, Serialize};

use crate::aws::{Account, AccountStatus};

/// The objects of a bucket, as far as a listing shows them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Objects {
    /// Keys, one by one.
    pub keys: BTreeSet<String>,
    /// Keys by the rule that makes them, where there are too many to keep.
    pub organization_logs: Vec<OrganizationLogs>,
}

/// A log file of every active account in every one of some Regions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrganizationLogs {
    /// The trail's `S3KeyPrefix`.
    pub key_prefix: Option<String>,
    /// The organization's id.
    pub organization: String,
    /// The Regions.
    pub regions: BTreeSet<String>,
    /// Accounts that have none.
    pub except: BTreeSet<String>,
}

impl Objects {
    /// These keys.
    pub fn of_keys<K: Into<String>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self {
            keys: keys.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// The logs of an organization.
    #[must_use]
    pub fn of_organization(logs: OrganizationLogs) -> Self {
        Self {
            organization_logs: vec![logs],
            ..Self::default()
        }
    }

    /// The first key from `from` on, in the order of S3, which is that of the keys' bytes.
    pub(super) fn first(
        &self,
        accounts: &BTreeMap<String, Account>,
        from: Bound<&str>,
    ) -> Option<String> {
        let kept = self.keys.range::<str, _>((from, Bound::Unbounded)).next();
        let made = self
            .organization_logs
            .iter()
            .filter_map(|logs| logs.first(accounts, from));
        made.chain(kept.cloned()).min()
    }
}

impl OrganizationLogs {
    /// The logs of all accounts in some Regions.
    #[must_use]
    pub fn new(organization: &str, regions: &[&str]) -> Self {
        Self {
            organization: organization.to_owned(),
            regions: regions.iter().map(|&region| region.to_owned()).collect(),
            ..Self::default()
        }
    }

    /// The same without those of an account.
    #[must_use]
    pub fn except(mut self, account: &str) -> Self {
        self.except.insert(account.to_owned());
        self
    }

    fn first(&self, accounts: &BTreeMap<String, Account>, from: Bound<&str>) -> Option<String> {
        let head = log_prefix(self.key_prefix.as_deref(), Some(&self.organization));
        let (Bound::Included(start) | Bound::Excluded(start)) = from else {
            return self.first_of(accounts, "", from);
        };
        match start.strip_prefix(&head) {
            Some(rest) => {
                let account = rest.split_once('/').map_or(rest, |(account, _)| account);
                self.first_of(accounts, account, from)
            }
            None if *start < *head => self.first_of(accounts, "", from),
            None => None,
        }
    }

    /// The first key from `from` on, of accounts that are not before `account`.
    fn first_of(
        &self,
        accounts: &BTreeMap<String, Account>,
        account: &str,
        from: Bound<&str>,
    ) -> Option<String> {
        let is_next = |key: &String| match from {
            Bound::Included(start) => key.as_str() >= start,
            Bound::Excluded(start) => key.as_str() > start,
            Bound::Unbounded => true,
        };
        let delivering = accounts
            .range::<str, _>((Bound::Included(account), Bound::Unbounded))
            .filter(|(id, account)| {
                account.status == AccountStatus::Active && !self.except.contains(*id)
            });
        let first_of_account = |(id, _): (&String, _)| {
            let key = |region: &String| {
                let organization = Some(self.organization.as_str());
                log_file(self.key_prefix.as_deref(), organization, id, region)
            };
            self.regions.iter().map(key).filter(is_next).min()
        };
        delivering.into_iter().find_map(first_of_account)
    }
}

/// `[prefix/]AWSLogs/[<organization>/]`.
fn log_prefix(key_prefix: Option<&str>, organization: Option<&str>) -> String {
    let folder = |name: Option<&str>| name.map(|name| format!("{name}/")).unwrap_or_default();
    format!("{}AWSLogs/{}", folder(key_prefix), folder(organization))
}

/// The key of a log file, as CloudTrail names them: with an organization's id if the trail is an
/// organization's.
#[must_use]
pub fn log_file(
    key_prefix: Option<&str>,
    organization: Option<&str>,
    account: &str,
    region: &str,
) -> String {
    let head = log_prefix(key_prefix, organization);
    format!(
        "{head}{account}/CloudTrail/{region}/2026/11/23/\
         {account}_CloudTrail_{region}_20261123T1145Z_Mx8pQw2ZrT5vKb1n.json.gz"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::World;

    fn all(objects: &Objects, world: &World) -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        let from = |seen: &Vec<String>| match seen.last() {
            Some(last) => objects.first(&world.accounts, Bound::Excluded(last)),
            None => objects.first(&world.accounts, Bound::Unbounded),
        };
        while let Some(next) = from(&seen) {
            seen.push(next);
        }
        seen
    }

    #[test]
    fn an_organizations_logs_are_made_in_order_and_without_the_exceptions() {
        let world = World::organization().with_account("555555555555", AccountStatus::Suspended);
        let logs = OrganizationLogs::new("o-x", &["us-east-1", "eu-west-1"]).except("333333333333");
        let seen = all(&Objects::of_organization(logs), &world);
        assert_eq!(seen.len(), 6);
        assert!(seen.is_sorted());
        assert!(seen[0].starts_with("AWSLogs/o-x/111111111111/CloudTrail/eu-west-1/"));
        assert!(seen[5].starts_with("AWSLogs/o-x/444444444444/CloudTrail/us-east-1/"));
        assert!(!seen.iter().any(|key| key.contains("333333333333")));
    }

    #[test]
    fn kept_and_made_keys_are_one_order() {
        let world = World::organization();
        let logs = OrganizationLogs::new("o-x", &["us-east-1"]);
        let mut objects = Objects::of_organization(logs);
        let digest = "AWSLogs/o-x/222222222222/CloudTrail-Digest/us-east-1/digest.json.gz";
        for key in ["AWSLogs/", digest, "elsewhere"] {
            objects.keys.insert(key.to_owned());
        }
        let seen = all(&objects, &world);
        assert_eq!(seen.len(), 7);
        assert!(seen.is_sorted());
        assert_eq!((seen[0].as_str(), seen[2].as_str()), ("AWSLogs/", digest));
    }

    #[test]
    fn the_search_can_begin_anywhere() {
        let world = World::organization();
        let logs = OrganizationLogs::new("o-x", &["us-east-1"]);
        let objects = Objects::of_organization(logs);
        let first = |from| objects.first(&world.accounts, from);
        let second = Some(log_file(None, Some("o-x"), "222222222222", "us-east-1"));
        assert_eq!(first(Bound::Included("AWSLogs/o-x/2")), second);
        assert_eq!(
            first(Bound::Included(second.as_deref().unwrap_or_default())),
            second
        );
        assert_eq!(first(Bound::Excluded("AWSLogs/o-x/111111111111/D")), second);
        assert_eq!(first(Bound::Included("AWSLogs/o-y")), None);
        assert_eq!(first(Bound::Included("AWSLogs/o-x/9")), None);
    }
}
