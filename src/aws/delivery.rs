//! The calls that prove delivery: the trail's status, the organization's accounts, and the listing of
//! the log bucket, of which only prefixes are read, never objects.

use std::collections::HashSet;
use std::pin::pin;

use aws_sdk_organizations::types::{Account, AccountState, AccountStatus};
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_types::region::Region as SdkRegion;
use futures_util::stream::{Stream, TryStreamExt};

use super::Aws;
use super::call::{Patience, call, pages};
use super::trail::Trails;
use crate::core::arn::{AccountId, TrailArn};
use crate::core::delivery::{DeliveryError, Destination, Status};
use crate::core::fault::Fault;
use crate::core::operation::Operation;

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
            latest_delivery: status.latest_delivery_time.map(|time| time.secs()),
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
        let client = self.organizations();
        let operation = Operation::ListAccounts;
        pages(move |page| {
            let client = client.clone();
            async move {
                let attempt = || client.list_accounts().set_next_token(page.clone()).send();
                let answer = call(operation, patience, attempt).await?;
                let accounts = answer.accounts.unwrap_or_default().into_iter();
                let active = accounts.filter(is_active);
                let ids =
                    active.filter_map(|account| AccountId::parse(account.id.as_deref()?).ok());
                Ok((ids.collect(), answer.next_token))
            }
        })
    }

    /// The log bucket, in whatever Region it is. `log_prefix` is what may be listed of it.
    pub async fn log_bucket(&self, name: &str, log_prefix: &str, patience: Patience) -> LogBucket {
        let bucket = LogBucket {
            client: aws_sdk_s3::Client::new(&self.log_bucket),
            name: name.to_owned(),
        };
        match bucket.other_region(log_prefix, patience).await {
            Some(region) => {
                let config = aws_sdk_s3::config::Builder::from(&self.log_bucket);
                let config = config.region(SdkRegion::new(region)).build();
                LogBucket {
                    client: aws_sdk_s3::Client::from_conf(config),
                    ..bucket
                }
            }
            None => bucket,
        }
    }
}

/// Organizations replaces `Status` by `State`; either says it.
fn is_active(account: &Account) -> bool {
    let state = account.state.as_ref().map(AccountState::as_str);
    let status = account.status.as_ref().map(AccountStatus::as_str);
    state.or(status) == Some("ACTIVE")
}

/// A bucket as far as its listing goes.
#[derive(Debug, Clone)]
pub struct LogBucket {
    client: aws_sdk_s3::Client,
    name: String,
}

impl LogBucket {
    /// The bucket's Region, where S3 says that it is not the client's: a bucket is listed in its
    /// own Region only, and S3 names it in a header of the refusal.
    async fn other_region(&self, log_prefix: &str, patience: Patience) -> Option<String> {
        let request = self.client.list_objects_v2().bucket(&self.name);
        let request = request.prefix(log_prefix).max_keys(1);
        let listed = tokio::time::timeout_at(patience.until, request.send()).await;
        let refused = listed.ok()?.err()?;
        let answer = refused.raw_response()?;
        answer
            .headers()
            .get("x-amz-bucket-region")
            .map(str::to_owned)
    }

    /// Whether there is an object whose key begins with `prefix`.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn has(&self, prefix: &str, patience: Patience) -> Result<bool, Fault> {
        let attempt = || {
            let request = self.client.list_objects_v2().bucket(&self.name);
            request.prefix(prefix).max_keys(1).send()
        };
        let answer = call(Operation::ListObjectsV2, patience, attempt).await?;
        Ok(answer.contents.is_some_and(|objects| !objects.is_empty()))
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
                let attempt = || {
                    let request = bucket.client.list_objects_v2().bucket(&bucket.name);
                    let request = request.prefix(&log_prefix).delimiter("/");
                    request.set_continuation_token(page.clone()).send()
                };
                let answer = call(Operation::ListObjectsV2, patience, attempt).await?;
                let next = answer.next_continuation_token.clone();
                Ok((accounts_of(&answer, &log_prefix), next))
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
    ) -> Result<HashSet<AccountId>, Fault> {
        let mut pages = pin!(self.accounts(log_prefix, patience));
        let mut all = HashSet::new();
        while let Some(page) = pages.try_next().await? {
            all.extend(page);
        }
        Ok(all)
    }
}

fn accounts_of(answer: &ListObjectsV2Output, log_prefix: &str) -> Vec<AccountId> {
    let prefixes = answer.common_prefixes().iter();
    prefixes
        .filter_map(|common| {
            let folder = common.prefix()?.strip_prefix(log_prefix)?;
            AccountId::parse(folder.trim_end_matches('/')).ok()
        })
        .collect()
}
