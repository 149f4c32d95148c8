//! Whose logs are in the bucket.

use std::collections::BTreeSet;

use futures_util::future::ready;
use futures_util::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};

use super::Gate;
use crate::core::arn::AccountId;
use crate::core::delivery::{Accounts, Tally, region_prefix};
use crate::core::fault::Fault;
use crate::resource::{Failure, Work};

/// How many listings are under way at a time.
const AT_ONCE: usize = 32;
/// How many accounts ListAccounts gives at a time. With no more than that their folders are not worth
/// a listing.
const ONE_PAGE: usize = 20;

/// The active accounts of the organization, as far as they are listed yet.
pub(super) struct Roll<'a> {
    known: BTreeSet<AccountId>,
    /// The pages that there may be besides.
    rest: Option<BoxStream<'a, Result<Vec<AccountId>, Fault>>>,
}

impl<'a> Roll<'a> {
    /// Lists as many as are worth looking for without anything else.
    pub(super) async fn begin(work: &'a Work<'a>) -> Result<Self, Fault> {
        let mut pages = work.aws.active_accounts(work.patience()).boxed();
        let mut known = BTreeSet::new();
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

impl Gate<'_> {
    /// Who delivers. `before`: what the last look saw; what is there stays there.
    pub(super) async fn look(
        &self,
        before: Tally,
        roll: Option<Roll<'_>>,
    ) -> Result<Tally, Failure> {
        let looked = match &self.wanted.accounts {
            Accounts::First => self.look_for_first().await,
            Accounts::All | Accounts::Listed(_) if !before.none_yet => {
                self.look_for_missing(before).await
            }
            Accounts::All => self.look_for_all(roll).await,
            Accounts::Listed(listed) => {
                let tally = Tally {
                    missing: listed.clone(),
                    ..Tally::default()
                };
                self.look_for_missing(tally).await
            }
        };
        looked.map_err(|fault| self.failure(&fault))
    }

    /// A log file of any account in any of the Regions.
    async fn look_for_first(&self) -> Result<Tally, Fault> {
        // The account that the trail was made in: its log has that in it.
        let management = self.organization.management_account;
        let delivering =
            self.has_any_logs(management).await? || self.others_have_any_logs(management).await?;
        Ok(Tally {
            delivering: usize::from(delivering),
            none_yet: !delivering,
            ..Tally::default()
        })
    }

    async fn others_have_any_logs(&self, management: AccountId) -> Result<bool, Fault> {
        let pages = self.bucket.accounts(&self.log_prefix, self.work.patience());
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

    /// Every active account.
    async fn look_for_all(&self, roll: Option<Roll<'_>>) -> Result<Tally, Fault> {
        let Roll { known, rest } = match roll {
            Some(roll) => roll,
            None => Roll::begin(self.work).await?,
        };
        let mut tally = Tally {
            missing: known,
            ..Tally::default()
        };
        let Some(mut rest) = rest else {
            return self.check(tally, |_| true).await;
        };
        // Of many accounts most are told apart by the bucket's folders, which are listed beside the
        // rest of the accounts.
        let all = async {
            while let Some(page) = rest.try_next().await? {
                tally.missing.extend(page);
            }
            Ok(())
        };
        let folders = self
            .bucket
            .all_accounts(&self.log_prefix, self.work.patience());
        let ((), present) = tokio::try_join!(all, folders)?;
        self.check(tally, |account| present.contains(&account))
            .await
    }

    async fn look_for_missing(&self, before: Tally) -> Result<Tally, Fault> {
        if before.missing.len() <= AT_ONCE {
            return self.check(before, |_| true).await;
        }
        let patience = self.work.patience();
        let present = self.bucket.all_accounts(&self.log_prefix, patience).await?;
        self.check(before, |account| present.contains(&account))
            .await
    }

    /// Looks into the Regions of each missing account that may be there.
    async fn check(
        &self,
        before: Tally,
        may_be_there: impl Fn(AccountId) -> bool,
    ) -> Result<Tally, Fault> {
        let candidates = before
            .missing
            .iter()
            .copied()
            .filter(|id| may_be_there(*id));
        let found: Vec<AccountId> = stream::iter(candidates)
            .map(|account| async move {
                let everywhere = self.has_logs(account).try_all(ready).await?;
                Ok(everywhere.then_some(account))
            })
            .buffer_unordered(self.accounts_at_once())
            .try_filter_map(|found| ready(Ok(found)))
            .try_collect()
            .await?;
        let Tally {
            delivering,
            mut missing,
            none_yet,
        } = before;
        for account in &found {
            missing.remove(account);
        }
        Ok(Tally {
            delivering: delivering + found.len(),
            missing,
            none_yet,
        })
    }

    async fn has_any_logs(&self, account: AccountId) -> Result<bool, Fault> {
        self.has_logs(account).try_any(ready).await
    }

    /// For each of the Regions, as the answers come, whether the account has logs of it.
    fn has_logs(&self, account: AccountId) -> impl Stream<Item = Result<bool, Fault>> {
        stream::iter(&self.wanted.regions)
            .map(move |region| async move {
                let prefix = region_prefix(&self.log_prefix, account, region);
                self.bucket.has(&prefix, self.work.patience()).await
            })
            .buffer_unordered(AT_ONCE)
    }

    /// How many accounts are looked for at a time, each in all of the Regions.
    fn accounts_at_once(&self) -> usize {
        (AT_ONCE / self.wanted.regions.len().max(1)).max(1)
    }
}
