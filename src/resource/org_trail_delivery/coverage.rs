//! Whose logs are in the bucket.

use std::collections::BTreeSet;
use std::pin::pin;

use futures_util::future::ready;
use futures_util::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};

use super::DeliveryCheck;
use crate::aws::log_bucket::Folders;
use crate::domain::delivery::{Accounts, Coverage, region_prefix};
use crate::domain::fault::Fault;
use crate::domain::names::AccountId;
use crate::resource::{Failure, RequestContext};

/// How many listings are under way at a time.
const AT_ONCE: usize = 32;
/// How many accounts ListAccounts gives at a time. With no more than that their folders are not worth
/// a listing.
const ONE_PAGE: usize = 20;

/// The active accounts of the organization, as far as they are listed yet.
pub(super) struct ActiveAccounts<'a> {
    known: Vec<AccountId>,
    /// The pages that there may be besides.
    rest: Option<BoxStream<'a, Result<Vec<AccountId>, Fault>>>,
}

impl<'a> ActiveAccounts<'a> {
    /// Lists as many as are worth looking for without anything else.
    pub(super) async fn begin(context: &'a RequestContext<'a>) -> Result<Self, Fault> {
        let mut pages = context.aws.active_accounts(context.deadline()).boxed();
        let mut known = Vec::new();
        while known.len() < ONE_PAGE {
            match pages.try_next().await? {
                Some(page) => known.extend(page),
                None => return Ok(Self { known, rest: None }),
            }
        }
        let rest = Some(pages);
        Ok(Self { known, rest })
    }
}

impl DeliveryCheck<'_> {
    /// Who delivers. `before`: what the last look saw; what is there stays there.
    pub(super) async fn look(
        &self,
        before: &Coverage,
        accounts: Option<ActiveAccounts<'_>>,
    ) -> Result<Coverage, Failure> {
        let looked = match &self.desired.accounts {
            Accounts::First => self.look_for_first().await,
            Accounts::All | Accounts::Listed(_) if !before.none_yet => {
                self.look_for_missing(before).await
            }
            Accounts::All => self.look_for_all(accounts).await,
            Accounts::Listed(listed) => self.look_for_listed(listed).await,
        };
        looked.map_err(|fault| self.failure(&fault))
    }

    /// A log file of any account in any of the Regions.
    async fn look_for_first(&self) -> Result<Coverage, Fault> {
        // The account that the trail was made in: its log has that in it.
        let management = self.organization.management_account;
        let delivering =
            self.has_any_logs(management).await? || self.others_have_any_logs(management).await?;
        Ok(Coverage {
            delivering: usize::from(delivering),
            none_yet: !delivering,
            ..Coverage::default()
        })
    }

    async fn others_have_any_logs(&self, management: AccountId) -> Result<bool, Fault> {
        let pages = self
            .bucket
            .accounts(&self.log_prefix, self.context.deadline());
        let accounts = pages
            .map_ok(|page| stream::iter(page).map(Ok))
            .try_flatten();
        accounts
            .try_filter(|account| ready(*account != management))
            .map_ok(|account| self.has_any_logs(account))
            .try_buffer_unordered(self.accounts_at_once())
            .try_any(ready)
            .await
    }

    /// Every active account. Of many accounts most are told apart by the bucket's folders, which are
    /// listed beside the next pages of accounts. From then on each page is looked for while the next
    /// is read.
    async fn look_for_all(&self, accounts: Option<ActiveAccounts<'_>>) -> Result<Coverage, Fault> {
        let ActiveAccounts { mut known, rest } = match accounts {
            Some(accounts) => accounts,
            None => ActiveAccounts::begin(self.context).await?,
        };
        let Some(mut rest) = rest else {
            return self.check(known_accounts(known), |_| true).await;
        };
        let mut folders = pin!(self.folders());
        let folders = loop {
            tokio::select! {
                biased;
                folders = &mut folders => break folders?,
                Some(page) = rest.next() => known.extend(page?),
            }
        };
        let rest = rest.map_ok(known_accounts).try_flatten();
        // By turns: while those who are known already are looked for, reading goes on as well.
        let accounts = stream::select(known_accounts(known), rest);
        self.check(accounts, |account| folders.has(account)).await
    }

    async fn look_for_missing(&self, before: &Coverage) -> Result<Coverage, Fault> {
        let observed = self.look_for_listed(&before.missing).await?;
        Ok(Coverage {
            delivering: before.delivering + observed.delivering,
            ..observed
        })
    }

    async fn look_for_listed(&self, listed: &BTreeSet<AccountId>) -> Result<Coverage, Fault> {
        let accounts = known_accounts(listed.iter().copied());
        if listed.len() <= AT_ONCE {
            return self.check(accounts, |_| true).await;
        }
        let folders = self.folders().await?;
        self.check(accounts, |account| folders.has(account)).await
    }

    async fn folders(&self) -> Result<Folders, Fault> {
        let deadline = self.context.deadline();
        self.bucket.all_accounts(&self.log_prefix, deadline).await
    }

    /// Looks into the Regions of each account that may be there. Those who deliver are counted, and
    /// only the others are kept.
    async fn check(
        &self,
        accounts: impl Stream<Item = Result<AccountId, Fault>>,
        may_be_there: impl Fn(AccountId) -> bool,
    ) -> Result<Coverage, Fault> {
        let may_be_there = &may_be_there;
        accounts
            .map_ok(|account| async move {
                let delivers =
                    may_be_there(account) && self.has_logs(account).try_all(ready).await?;
                Ok((account, delivers))
            })
            .try_buffer_unordered(self.accounts_at_once())
            .try_fold(Coverage::default(), |mut coverage, (account, delivers)| {
                if delivers {
                    coverage.delivering += 1;
                } else {
                    coverage.missing.insert(account);
                }
                ready(Ok(coverage))
            })
            .await
    }

    async fn has_any_logs(&self, account: AccountId) -> Result<bool, Fault> {
        self.has_logs(account).try_any(ready).await
    }

    /// For each of the Regions, as the answers come, whether the account has logs of it.
    fn has_logs(&self, account: AccountId) -> impl Stream<Item = Result<bool, Fault>> {
        stream::iter(&self.desired.regions)
            .map(move |region| async move {
                let prefix = region_prefix(&self.log_prefix, account, region);
                self.bucket.has(&prefix, self.context.deadline()).await
            })
            .buffer_unordered(AT_ONCE)
    }

    /// How many accounts are looked for at a time, each in all of the Regions.
    fn accounts_at_once(&self) -> usize {
        (AT_ONCE / self.desired.regions.len().max(1)).max(1)
    }
}

/// Accounts that need not be asked for.
fn known_accounts(
    accounts: impl IntoIterator<Item = AccountId>,
) -> impl Stream<Item = Result<AccountId, Fault>> {
    stream::iter(accounts).map(Ok)
}
