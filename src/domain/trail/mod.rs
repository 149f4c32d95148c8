//! An organization trail: its desired state, its observed state, and the steps between them.
//!
//! [`settings`] has the types of both states, [`plan`] the decisions, and [`step`] the steps of a plan.

pub mod plan;
pub mod settings;
pub mod step;

use std::collections::BTreeSet;

use strum::{EnumString, VariantNames};

use super::delegated_administrator::Administrator;
use super::names::{AccountId, Region, TrailArn, TrailName};
use super::owner::Tags;
use super::string_rule::{Parsed, StringRule};
use super::timestamp::Timestamp;
use settings::{Recording, Settings};

/// The desired state of a trail, with all defaults applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredTrail {
    /// The name. Name and home Region identify the trail.
    pub name: TrailName,
    /// The Region in which the trail is created and changed.
    pub home_region: Region,
    /// The settings of CreateTrail and UpdateTrail.
    pub settings: Settings,
    /// The events that the trail logs.
    pub recording: Recording,
    /// The tags in the template.
    pub tags: Tags,
    /// The keys of tags that the template no longer has.
    pub dropped_tags: BTreeSet<String>,
    /// The behavior of Create if another owner has a trail with this name.
    pub existing: ExistingTrail,
}

/// The behavior of Create if a trail with the name exists that this resource does not own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, VariantNames)]
pub enum ExistingTrail {
    /// Fail without changing it.
    Fail,
    /// Adopt it. Delete then releases it instead of deleting it.
    Adopt,
}

impl Parsed for ExistingTrail {
    const RULES: &'static [StringRule] = &[StringRule::OneOf(Self::VARIANTS)];
}

/// True if CloudTrail shows a trail to an account, so that "not found" means that the trail does not
/// exist. `administrators` are CloudTrail's delegated administrators.
pub fn is_visible_to(
    arn: &TrailArn,
    account: Option<AccountId>,
    administrators: &[Administrator],
) -> bool {
    account.is_some_and(|account| {
        account == arn.account()
            || administrators.iter().any(|listed| listed.account == Some(account))
    })
}

/// It is unknown whether a trail exists, because CloudTrail does not show it to the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the trail {arn} is not visible from {}, so it is unknown whether it exists. CloudTrail shows it \
     only to the management account {} and to CloudTrail's delegated administrators. Run the function \
     in the account {1} or in that of a delegated administrator, or set MANAGEMENT_ROLE_ARN to a role \
     in the account {1}",
    caller.map_or("an unknown account".to_owned(), |caller| format!("the account {caller}")),
    arn.account(),
)]
pub struct NotVisible {
    /// The trail.
    pub arn: Box<TrailArn>,
    /// The account that the calls are made from, if it is known.
    pub caller: Option<AccountId>,
}

/// The observed state of a trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedTrail {
    /// The ARN as CloudTrail returned it. It is the physical ID.
    pub arn: TrailArn,
    /// The settings that GetTrail returns. The KMS key and the topic are ARNs.
    pub settings: Settings,
    /// The events that the trail logs.
    pub recording: Recording,
    /// All tags, including those that others added.
    pub tags: Tags,
    /// The alias that refers to the KMS key, from the tags ([`super::owner::kms_alias_tag`]), or the
    /// name that CloudTrail just received for it.
    pub kms_alias: Option<String>,
    /// When the trail last started logging. `None` if it never has.
    pub started_logging: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_and_administrators_see_a_trail() {
        let account = |id: &str| id.parse::<AccountId>().expect("an account");
        let arn = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org".parse().expect("an ARN");
        let administrator = |id| Administrator {
            account: Some(account(id)),
            account_arn: String::new(),
            since: None,
        };
        let administrators = ["222222222222", "333333333333"].map(administrator);
        for (caller, visible) in [
            (Some("111111111111"), true),
            (Some("333333333333"), true),
            (Some("444444444444"), false),
            (None, false),
        ] {
            let caller = caller.map(account);
            assert_eq!(is_visible_to(&arn, caller, &administrators), visible, "{caller:?}");
        }
    }
}
