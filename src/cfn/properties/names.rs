//! The names of [`crate::domain::names`] as types of properties.

use super::Parsed;
use crate::domain::names::{AccountId, Region, ServicePrincipal, TrailArn, TrailName};
use crate::domain::string_rule::StringRule;

macro_rules! parsed {
    ($($type:ident: $parse:expr,)+) => {
        $(impl Parsed for $type {
            const RULES: &'static [StringRule] = Self::RULES;

            fn parsed(string: &str) -> Option<Self> {
                $parse(string)
            }
        })+
    };
}

parsed! {
    AccountId: |string| Self::parse(string).ok(),
    Region: |string| Self::parse(string).ok(),
    ServicePrincipal: |string| Self::parse(string).ok(),
    TrailArn: Self::parse,
    TrailName: |string| Self::parse(string).ok(),
}
