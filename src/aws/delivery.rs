//! The calls that prove delivery: the trail's status, the organization's accounts, and the listing of
//! the log bucket, of which only prefixes are read, never objects.

use std::sync::{Arc, OnceLock};

use futures_util::stream::{Stream, TryStreamExt};
use serde::Deserialize;

use super::Aws;
use super::call::{Patience, call, pages};
use super::client::{Answered, Client, Failed};
use super::json::input;
use super::listing::{Listing, Question, Refused};
use super::trail::Trails;
use super::trail::answers::Timestamp;
use crate::core::arn::{AccountId, TrailArn};
use crate::core::delivery::{DeliveryError, Destination, Status};
use crate::core::fault::Fault;
use crate::core::operation::{Operation, Service};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccountsPage {
    accounts: Option<Vec<Account>>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    id: Option<String>,
    state: Option<String>,
    status: Option<String>,
}

impl Account {
    /// Organizations replaces `Status` by `State`; either says it.
    fn is_active(&self) -> bool {
        self.state
            .as_ref()
            .or(self.status.as_ref())
            .is_some_and(|state| state == "ACTIVE")
    }
}

impl Trails {
    /// What CloudTrail reports of a trail's deliveries; `None` where there is no such trail.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn status(
        &self,
        arn: &TrailArn,
        patience: Patience,
    ) -> Result<Option<Status>, Fault> {
        let Some(status) = self.raw_status(arn, patience).await? else {
            return Ok(None);
        };
        let errors = [
            (Destination::Bucket, status.latest_delivery_error),
            (Destination::Topic, status.latest_notification_error),
            (
                Destination::LogGroup,
                status.latest_cloud_watch_logs_delivery_error,
            ),
        ];
        let error = errors
            .into_iter()
            .filter_map(|(destination, code)| Some((destination, code?)))
            .find(|(_, code)| !code.is_empty())
            .map(|(destination, code)| DeliveryError { destination, code });
        Ok(Some(Status {
            latest_delivery: status.latest_delivery_time.map(Timestamp::seconds),
            error,
        }))
    }
}

impl Aws {
    /// The active accounts of the organization, page by page.
    pub fn active_accounts(
        &self,
        patience: Patience,
    ) -> impl Stream<Item = Result<Vec<AccountId>, Fault>> {
        self.organizations().list(
            Operation::ListAccounts,
            input([]),
            patience,
            |page: AccountsPage| {
                let accounts = page.accounts.unwrap_or_default().into_iter();
                let active = accounts.filter(Account::is_active);
                let ids = active.filter_map(|account| AccountId::parse(&account.id?).ok());
                (ids.collect(), page.next_token)
            },
        )
    }

    /// The log bucket, in whatever Region it is.
    pub fn log_bucket(&self, name: &str) -> LogBucket {
        LogBucket {
            nearest: self.client(Service::S3, &self.log_bucket),
            elsewhere: Arc::default(),
            name: name.to_owned(),
        }
    }
}

/// A bucket as far as its listing goes.
///
/// A bucket is listed in its own Region only. Usually that is the function's, so the first listings
/// are asked for there; where S3 refuses one, it names the Region, and it is asked for again in that.
#[derive(Debug, Clone)]
pub struct LogBucket {
    /// In the function's Region.
    nearest: Client,
    /// In the bucket's, once a refusal has named it; of listings that are refused at the same time
    /// the first one sets it for all.
    elsewhere: Arc<OnceLock<Client>>,
    name: String,
}

impl LogBucket {
    /// A listing, by way of another Region where it has to be.
    async fn list(&self, question: &Question<'_>) -> Result<Answered<Listing>, Failed> {
        let client = self.elsewhere.get().unwrap_or(&self.nearest);
        let Refused { failed, region } = match client.list_objects(&self.name, question).await {
            Ok(listing) => return Ok(listing),
            Err(refused) => refused,
        };
        if region.is_none() || region == client.region {
            return Err(failed);
        }
        let elsewhere = self.elsewhere.get_or_init(|| Client {
            region,
            ..self.nearest.clone()
        });
        let listed = elsewhere.list_objects(&self.name, question).await;
        listed.map_err(|refused| refused.failed)
    }

    /// Whether there is an object whose key begins with `prefix`.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn has(&self, prefix: &str, patience: Patience) -> Result<bool, Fault> {
        let question = Question {
            prefix,
            first: true,
            ..Question::default()
        };
        let attempt = || self.list(&question);
        let answer = call(Operation::ListObjectsV2, patience, attempt).await?;
        Ok(answer.has_objects)
    }

    /// The accounts that have anything at all below `log_prefix`, page by page.
    pub fn accounts(
        &self,
        log_prefix: &str,
        patience: Patience,
    ) -> impl Stream<Item = Result<Vec<AccountId>, Fault>> + use<> {
        let (bucket, log_prefix) = (self.clone(), log_prefix.to_owned());
        pages(move |page| {
            let (bucket, log_prefix) = (bucket.clone(), log_prefix.clone());
            async move {
                let question = Question {
                    prefix: &log_prefix,
                    folders: true,
                    token: page.as_deref(),
                    ..Question::default()
                };
                let attempt = || bucket.list(&question);
                let answer = call(Operation::ListObjectsV2, patience, attempt).await?;
                Ok((accounts_of(&answer, &log_prefix), answer.next))
            }
        })
    }

    /// All of [`Self::accounts`].
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn all_accounts(
        &self,
        log_prefix: &str,
        patience: Patience,
    ) -> Result<Folders, Fault> {
        let pages = self.accounts(log_prefix, patience).try_collect().await?;
        Ok(Folders::of(pages))
    }
}

/// The accounts that have a folder in the bucket: 8 bytes for each, of which there may be 50,000.
#[derive(Debug)]
pub struct Folders {
    /// In order, each and all. They stay the pages that they came in: one long list would take up to
    /// three times as much while it grows.
    pages: Vec<Vec<AccountId>>,
}

impl Folders {
    /// The accounts of a listing's pages. S3 lists in order, so no two pages overlap.
    fn of(mut pages: Vec<Vec<AccountId>>) -> Self {
        for page in &mut pages {
            page.sort_unstable();
        }
        pages.sort_unstable();
        Self { pages }
    }

    /// Whether the account has one.
    pub fn has(&self, account: AccountId) -> bool {
        let page = self
            .pages
            .partition_point(|page| page.last() < Some(&account));
        let page = self.pages.get(page);
        page.is_some_and(|page| page.binary_search(&account).is_ok())
    }
}

fn accounts_of(answer: &Listing, log_prefix: &str) -> Vec<AccountId> {
    let folders = answer.folders.iter();
    folders
        .filter_map(|folder| {
            let account = folder.strip_prefix(log_prefix)?;
            AccountId::parse(account.trim_end_matches('/')).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: usize) -> AccountId {
        AccountId::parse(&format!("{number:012}")).expect("an id")
    }

    #[test]
    fn folders_are_found_on_whatever_page_they_are() {
        let pages = [&[7, 9][..], &[], &[2, 1, 4], &[12]];
        let listed = |number: &usize| pages.iter().any(|page| page.contains(number));
        let of = pages.map(|page| page.iter().copied().map(account).collect());
        let folders = Folders::of(of.into());
        for number in 0..14 {
            assert_eq!(folders.has(account(number)), listed(&number), "{number}");
        }
        assert!(!Folders::of(Vec::new()).has(account(1)));
    }
}
