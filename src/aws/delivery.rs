//! The calls that prove delivery: the trail's status, the organization's accounts, and the listing of
//! the log bucket, of which only prefixes are read, never objects.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::{Arc, OnceLock};

use aws_config::SdkConfig;
use aws_sdk_organizations::types::{Account, AccountState, AccountStatus};
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::list_objects_v2::builders::ListObjectsV2FluentBuilder;
use aws_sdk_s3::operation::list_objects_v2::{ListObjectsV2Error, ListObjectsV2Output};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_types::region::Region as SdkRegion;
use futures_util::stream::{Stream, TryStreamExt};

use super::Aws;
use super::call::{Patience, call, pages};
use super::trail::Trails;
use crate::core::arn::{AccountId, TrailArn};
use crate::core::delivery::{DeliveryError, Destination, Status};
use crate::core::fault::Fault;
use crate::core::operation::Operation;

/// Why there is no listing.
type Refused = SdkError<ListObjectsV2Error, HttpResponse>;

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

    /// The log bucket, in whatever Region it is.
    pub fn log_bucket(&self, name: &str) -> LogBucket {
        LogBucket {
            client: aws_sdk_s3::Client::new(&self.log_bucket),
            elsewhere: Arc::default(),
            config: self.log_bucket.clone(),
            name: name.to_owned(),
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
///
/// A bucket is listed in its own Region only. Usually that is the function's, so the first listings
/// are asked for there; where S3 refuses one, it names the Region, and it is asked for again in that.
#[derive(Debug, Clone)]
pub struct LogBucket {
    /// In the function's Region.
    client: Client,
    /// In the bucket's, once a refusal has named it; of listings that are refused at the same time
    /// the first one sets it for all.
    elsewhere: Arc<OnceLock<Client>>,
    config: SdkConfig,
    name: String,
}

impl LogBucket {
    /// A listing, by way of another Region where it has to be.
    async fn list(
        &self,
        ask: impl Fn(ListObjectsV2FluentBuilder) -> ListObjectsV2FluentBuilder,
    ) -> Result<ListObjectsV2Output, Refused> {
        let list = |client: &Client| ask(client.list_objects_v2().bucket(&self.name)).send();
        let client = self.elsewhere.get().unwrap_or(&self.client);
        let listed = list(client).await;
        let named = listed.as_ref().err().and_then(region_of_bucket);
        let asked = client.config().region().map(AsRef::as_ref);
        match named {
            Some(region) if Some(region) != asked => {
                let elsewhere = self.elsewhere.get_or_init(|| self.client_in(region));
                list(elsewhere).await
            }
            Some(_) | None => listed,
        }
    }

    fn client_in(&self, region: &str) -> Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config);
        let config = config.region(SdkRegion::new(region.to_owned()));
        Client::from_conf(config.build())
    }

    /// Whether there is an object whose key begins with `prefix`.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn has(&self, prefix: &str, patience: Patience) -> Result<bool, Fault> {
        let attempt = || self.list(|request| request.prefix(prefix).max_keys(1));
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
                    bucket.list(|request| {
                        let request = request.prefix(&log_prefix).delimiter("/");
                        request.set_continuation_token(page.clone())
                    })
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

/// The Region that S3 names in a header of its refusal.
fn region_of_bucket(refused: &Refused) -> Option<&str> {
    refused.raw_response()?.headers().get("x-amz-bucket-region")
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
