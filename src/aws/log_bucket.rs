//! S3's one call: the listing of the log bucket, of which only keys are read, never objects.

use std::sync::{Arc, OnceLock};

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::list_objects_v2::builders::ListObjectsV2FluentBuilder;
use aws_sdk_s3::operation::list_objects_v2::{ListObjectsV2Error, ListObjectsV2Output};
use aws_types::region::Region;
use futures_util::stream::{Stream, TryStreamExt};

use super::Aws;
use super::call::{Deadline, call, pages};
use crate::domain::fault::Fault;
use crate::domain::names::AccountId;
use crate::domain::operation::Operation;

impl Aws {
    /// The log bucket, in whatever Region it is.
    pub fn log_bucket(&self, name: &str) -> LogBucket {
        LogBucket {
            nearest: Client::new(&self.log_bucket),
            configuration: self.log_bucket.clone(),
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
    configuration: SdkConfig,
    /// In the bucket's, once a refusal has named it; of listings that are refused at the same time
    /// the first one sets it for all.
    elsewhere: Arc<OnceLock<Client>>,
    name: String,
}

impl LogBucket {
    /// Makes a listing, by way of another Region where it has to be.
    async fn list(
        &self,
        build: impl Fn(ListObjectsV2FluentBuilder) -> ListObjectsV2FluentBuilder,
    ) -> Result<ListObjectsV2Output, SdkError<ListObjectsV2Error>> {
        let send = async |client: &Client| {
            let request = client.list_objects_v2().bucket(&self.name);
            build(request).send().await
        };
        if let Some(elsewhere) = self.elsewhere.get() {
            return send(elsewhere).await;
        }
        let refused = match send(&self.nearest).await {
            Ok(page) => return Ok(page),
            Err(refused) => refused,
        };
        let region = refused
            .raw_response()
            .and_then(|response| response.headers().get("x-amz-bucket-region"))
            .map(|region| Region::new(region.to_owned()))
            .filter(|region| self.configuration.region() != Some(region));
        let Some(region) = region else {
            return Err(refused);
        };
        let elsewhere = self.elsewhere.get_or_init(|| {
            let configuration = aws_sdk_s3::config::Builder::from(&self.configuration);
            Client::from_conf(configuration.region(region).build())
        });
        send(elsewhere).await
    }

    /// Whether there is an object whose key begins with `prefix`.
    ///
    /// # Errors
    /// Whatever kept AWS from answering.
    pub async fn has(&self, prefix: &str, deadline: Deadline) -> Result<bool, Fault> {
        let attempt = || self.list(|request| request.prefix(prefix).max_keys(1));
        let page = call(Operation::ListObjectsV2, deadline, attempt).await?;
        Ok(!page.contents().is_empty())
    }

    /// The accounts that have anything at all below `log_prefix`, page by page.
    pub fn accounts(
        &self,
        log_prefix: &str,
        deadline: Deadline,
    ) -> impl Stream<Item = Result<Vec<AccountId>, Fault>> + use<> {
        let (bucket, log_prefix) = (self.clone(), log_prefix.to_owned());
        pages(move |token| {
            let (bucket, log_prefix) = (bucket.clone(), log_prefix.clone());
            async move {
                let attempt = || {
                    bucket.list(|request| {
                        let request = request.prefix(&log_prefix).delimiter("/");
                        request.set_continuation_token(token.clone())
                    })
                };
                let page = call(Operation::ListObjectsV2, deadline, attempt).await?;
                let next = page.next_continuation_token.clone();
                Ok((accounts_of(&page, &log_prefix), next))
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
        deadline: Deadline,
    ) -> Result<Folders, Fault> {
        let pages = self.accounts(log_prefix, deadline).try_collect().await?;
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

fn accounts_of(page: &ListObjectsV2Output, log_prefix: &str) -> Vec<AccountId> {
    let folders = page.common_prefixes().iter();
    folders
        .filter_map(|folder| {
            let account = folder.prefix()?.strip_prefix(log_prefix)?;
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
