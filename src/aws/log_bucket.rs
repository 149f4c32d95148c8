//! The listing of the log bucket, the only call to S3. The function reads keys, never objects.

use std::sync::{Arc, OnceLock};

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::list_objects_v2::builders::ListObjectsV2FluentBuilder;
use aws_sdk_s3::operation::list_objects_v2::{ListObjectsV2Error, ListObjectsV2Output};
use aws_types::region::Region as SdkRegion;
use futures_util::stream::{Stream, TryStreamExt};

use super::Aws;
use super::call::{Deadline, Target, call, pages};
use crate::domain::delivery::LogKeys;
use crate::domain::fault::Fault;
use crate::domain::names::{AccountId, Region};
use crate::domain::operation::Operation;

impl Aws {
    /// The log bucket, which may be in any Region.
    pub fn log_bucket(&self, name: &str) -> LogBucket {
        LogBucket {
            own_region: Client::new(&self.log_bucket.configuration),
            configuration: self.log_bucket.configuration.clone(),
            target: self.log_bucket.target(None),
            other_region: Arc::default(),
            name: name.to_owned(),
        }
    }
}

/// A bucket that is listed.
///
/// S3 lists a bucket only in the bucket's Region. That is usually the function's, so the first
/// requests go there. If S3 rejects one, its response names the right Region, and the request is
/// sent there.
#[derive(Debug, Clone)]
pub struct LogBucket {
    /// The client in the function's Region.
    own_region: Client,
    configuration: SdkConfig,
    target: Target,
    /// The client in the bucket's Region, once a response has named it. The first of several
    /// concurrent requests sets it.
    other_region: Arc<OnceLock<Client>>,
    name: String,
}

impl LogBucket {
    async fn list(
        &self,
        build: impl Fn(ListObjectsV2FluentBuilder) -> ListObjectsV2FluentBuilder,
    ) -> Result<ListObjectsV2Output, SdkError<ListObjectsV2Error>> {
        let send = async |client: &Client| {
            let request = client.list_objects_v2().bucket(&self.name);
            build(request).send().await
        };
        if let Some(client) = self.other_region.get() {
            return send(client).await;
        }
        let error = match send(&self.own_region).await {
            Ok(page) => return Ok(page),
            Err(error) => error,
        };
        let region = error
            .raw_response()
            .and_then(|response| response.headers().get("x-amz-bucket-region"))
            .and_then(|region| region.parse::<Region>().ok())
            .map(|region| SdkRegion::new(region.to_string()))
            .filter(|region| self.configuration.region() != Some(region));
        let Some(region) = region else {
            return Err(error);
        };
        let client = self.other_region.get_or_init(|| {
            let configuration = aws_sdk_s3::config::Builder::from(&self.configuration);
            Client::from_conf(configuration.region(region).build())
        });
        send(client).await
    }

    /// True if the bucket has a log file with one of these keys. They sort by time, so the next key
    /// is sufficient, unless it is that of another object.
    pub async fn has(&self, keys: &LogKeys, deadline: Deadline) -> Result<bool, Fault> {
        const NEXT_PAGES: i32 = 100;
        let (mut after, mut size) = (keys.start_after.clone(), 1);
        loop {
            let send = || {
                self.list(|request| request.prefix(&keys.prefix).start_after(&after).max_keys(size))
            };
            let page = call(&self.target, Operation::ListObjectsV2, deadline, send).await;
            let page = page.map_err(|fault| self.located(fault))?;
            let mut listed = page.contents().iter().filter_map(|object| object.key());
            let last = page.contents().last().and_then(|object| object.key());
            match last {
                _ if listed.any(|key| keys.include(key)) => return Ok(true),
                Some(last) if page.is_truncated() == Some(true) => last.clone_into(&mut after),
                Some(_) | None => return Ok(false),
            }
            size = NEXT_PAGES;
        }
    }

    /// The fault with the Region that the request was sent to.
    fn located(&self, fault: Fault) -> Fault {
        let client = self.other_region.get().unwrap_or(&self.own_region);
        let region = client.config().region();
        let region = region.and_then(|region| region.as_ref().parse::<Region>().ok());
        Fault { region, ..fault }
    }

    /// The accounts that have any object below `log_prefix`, page by page.
    pub fn accounts(
        &self,
        log_prefix: &str,
        deadline: Deadline,
    ) -> impl Stream<Item = Result<Vec<AccountId>, Fault>> + use<> {
        let (bucket, log_prefix) = (self.clone(), log_prefix.to_owned());
        pages(move |token| {
            let (bucket, log_prefix) = (bucket.clone(), log_prefix.clone());
            async move {
                let send = || {
                    bucket.list(|request| {
                        let request = request.prefix(&log_prefix).delimiter("/");
                        request.set_continuation_token(token.clone())
                    })
                };
                let page = call(&bucket.target, Operation::ListObjectsV2, deadline, send).await;
                let page = page.map_err(|fault| bucket.located(fault))?;
                let next = page.next_continuation_token.clone();
                Ok((accounts_of(&page, &log_prefix), next))
            }
        })
    }

    /// All of [`Self::accounts`].
    pub async fn all_accounts(
        &self,
        log_prefix: &str,
        deadline: Deadline,
    ) -> Result<Folders, Fault> {
        let pages = self.accounts(log_prefix, deadline).try_collect().await?;
        Ok(Folders::of(pages))
    }
}

/// The accounts that have a folder in the bucket: 8 bytes for each of up to 50,000 accounts.
#[derive(Debug)]
pub struct Folders {
    /// Sorted. The pages are kept, because one list would take up to three times the memory while
    /// it grows.
    pages: Vec<Vec<AccountId>>,
}

impl Folders {
    /// S3 lists keys in order, so the pages do not overlap.
    fn of(mut pages: Vec<Vec<AccountId>>) -> Self {
        for page in &mut pages {
            page.sort_unstable();
        }
        pages.sort_unstable();
        Self { pages }
    }

    /// True if `account` has a folder.
    pub fn has(&self, account: AccountId) -> bool {
        let page = self.pages.partition_point(|page| page.last() < Some(&account));
        let page = self.pages.get(page);
        page.is_some_and(|page| page.binary_search(&account).is_ok())
    }
}

fn accounts_of(page: &ListObjectsV2Output, log_prefix: &str) -> Vec<AccountId> {
    let folders = page.common_prefixes().iter();
    let accounts = folders.filter_map(|folder| {
        let account = folder.prefix()?.strip_prefix(log_prefix)?;
        account.trim_end_matches('/').parse().ok()
    });
    accounts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: usize) -> AccountId {
        format!("{number:012}").parse().expect("an id")
    }

    #[test]
    fn folders_are_found_on_every_page() {
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
