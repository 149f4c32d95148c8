//! The accounts: which are active members of the organization, and which have log files in the bucket.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

use futures_util::future::ready;
use futures_util::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};

use super::DeliveryCheck;
use crate::aws::log_bucket::Folders;
use crate::domain::delivery::{Accounts, Coverage, LogKeys, Standing};
use crate::domain::fault::Fault;
use crate::domain::names::AccountId;
use crate::domain::organization::Member;
use crate::domain::timestamp::Timestamp;
use crate::resource::{Failure, RequestContext};

/// The maximum number of concurrent listings.
const AT_ONCE: usize = 32;
/// The number of accounts on a page of ListAccounts. With so few accounts, listing all folders
/// would take more calls.
const ONE_PAGE: usize = 20;

/// The active accounts of the organization, listed in part.
pub(super) struct ActiveAccounts<'a> {
    known: Vec<AccountId>,
    /// The pages that are not read yet, if there may be any.
    rest: Option<BoxStream<'a, Result<Vec<AccountId>, Fault>>>,
}

impl<'a> ActiveAccounts<'a> {
    /// Lists the first accounts, as many as are checked without listing all folders.
    pub(super) async fn begin(context: &'a RequestContext<'a>) -> Result<Self, Fault> {
        let accounts = context.aws.accounts(context.deadline());
        let mut pages = accounts.map_ok(active).boxed();
        let mut known = Vec::new();
        while known.len() < ONE_PAGE {
            match pages.try_next().await? {
                Some(page) => known.extend(page),
                None => return Ok(Self { known, rest: None }),
            }
        }
        Ok(Self { known, rest: Some(pages) })
    }
}

fn active(page: Vec<Member>) -> Vec<AccountId> {
    page.into_iter().filter(|member| member.is_active).map(|member| member.id).collect()
}

/// The accounts of `listed` that are not active members of the organization. The accounts of the
/// organization are listed until all of them are found.
pub(super) async fn inactive(
    context: &RequestContext<'_>,
    listed: &BTreeSet<AccountId>,
) -> Result<BTreeMap<AccountId, Standing>, Fault> {
    let mut remaining: BTreeMap<AccountId, Standing> =
        listed.iter().map(|account| (*account, Standing::NotAMember)).collect();
    let mut unknown = remaining.len();
    let mut pages = pin!(context.aws.accounts(context.deadline()));
    while unknown > 0
        && let Some(page) = pages.try_next().await?
    {
        for Member { id, is_active } in
            page.into_iter().filter(|member| listed.contains(&member.id))
        {
            unknown -= 1;
            if is_active {
                remaining.remove(&id);
            } else {
                remaining.insert(id, Standing::Closed);
            }
        }
    }
    Ok(remaining)
}

/// The log files of a trail since a moment.
pub(super) struct Evidence<'a> {
    pub(super) check: &'a DeliveryCheck<'a>,
    pub(super) since: Timestamp,
}

impl Evidence<'_> {
    /// The coverage now. `before` is that of the previous check: its accounts are not checked
    /// again.
    pub(super) async fn coverage(
        &self,
        before: &Coverage,
        accounts: Option<ActiveAccounts<'_>>,
    ) -> Result<Coverage, Failure> {
        let coverage = match &self.check.desired.accounts {
            Accounts::First => self.first().await,
            Accounts::All | Accounts::Listed(_) if !before.none_yet => self.missing(before).await,
            Accounts::All => self.all(accounts).await,
            Accounts::Listed(listed) => self.listed(listed).await,
        };
        coverage.map_err(|fault| self.check.failure(&fault))
    }

    /// Any log file of any account in any of the Regions.
    async fn first(&self) -> Result<Coverage, Fault> {
        // Usually the management account has one: it contains the events of the deployment.
        let management = self.check.organization.management_account;
        let delivering =
            self.has_any_logs(management).await? || self.others_have_any_logs(management).await?;
        Ok(Coverage {
            delivering: usize::from(delivering),
            none_yet: !delivering,
            ..Coverage::default()
        })
    }

    async fn others_have_any_logs(&self, management: AccountId) -> Result<bool, Fault> {
        let DeliveryCheck { bucket, log_prefix, context, .. } = self.check;
        let pages = bucket.accounts(log_prefix, context.deadline());
        let accounts = pages.map_ok(known_accounts).try_flatten();
        accounts
            .try_filter(|account| ready(*account != management))
            .map_ok(|account| self.has_any_logs(account))
            .try_buffer_unordered(self.accounts_at_once())
            .try_any(ready)
            .await
    }

    /// All active accounts. In a large organization the folders of the bucket are listed while the
    /// next accounts are, because an account without a folder needs no other listing. After that,
    /// accounts are checked while the rest is listed.
    async fn all(&self, accounts: Option<ActiveAccounts<'_>>) -> Result<Coverage, Fault> {
        let ActiveAccounts { mut known, rest } = match accounts {
            Some(accounts) => accounts,
            None => ActiveAccounts::begin(self.check.context).await?,
        };
        let Some(mut rest) = rest else {
            return self.check_accounts(known_accounts(known), |_| true).await;
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
        let accounts = stream::select(known_accounts(known), rest);
        self.check_accounts(accounts, |account| folders.has(account)).await
    }

    /// The accounts that were missing at the previous check.
    async fn missing(&self, before: &Coverage) -> Result<Coverage, Fault> {
        let observed = self.listed(&before.missing).await?;
        Ok(Coverage { delivering: before.delivering + observed.delivering, ..observed })
    }

    async fn listed(&self, listed: &BTreeSet<AccountId>) -> Result<Coverage, Fault> {
        let accounts = known_accounts(listed.iter().copied());
        if listed.len() <= AT_ONCE {
            return self.check_accounts(accounts, |_| true).await;
        }
        let folders = self.folders().await?;
        self.check_accounts(accounts, |account| folders.has(account)).await
    }

    async fn folders(&self) -> Result<Folders, Fault> {
        let DeliveryCheck { bucket, log_prefix, context, .. } = self.check;
        bucket.all_accounts(log_prefix, context.deadline()).await
    }

    /// Checks each account that may have log files in all Regions. An account that delivers is only
    /// counted.
    async fn check_accounts(
        &self,
        accounts: impl Stream<Item = Result<AccountId, Fault>>,
        may_have_logs: impl Fn(AccountId) -> bool,
    ) -> Result<Coverage, Fault> {
        let may_have_logs = &may_have_logs;
        accounts
            .map_ok(|account| async move {
                let delivers =
                    may_have_logs(account) && self.has_logs(account).try_all(ready).await?;
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

    /// True if the account has log files in each of the Regions, in the order of the responses.
    fn has_logs(&self, account: AccountId) -> impl Stream<Item = Result<bool, Fault>> {
        let DeliveryCheck { bucket, log_prefix, context, desired, .. } = self.check;
        stream::iter(&desired.regions)
            .map(move |region| async move {
                let keys = LogKeys::new(log_prefix, account, region, self.since);
                bucket.has(&keys, context.deadline()).await
            })
            .buffer_unordered(AT_ONCE)
    }

    /// The number of accounts that are checked at the same time, each in all Regions.
    fn accounts_at_once(&self) -> usize {
        (AT_ONCE / self.check.desired.regions.len().max(1)).max(1)
    }
}

/// A stream of accounts that need no further call.
fn known_accounts(
    accounts: impl IntoIterator<Item = AccountId>,
) -> impl Stream<Item = Result<AccountId, Fault>> {
    stream::iter(accounts).map(Ok)
}
