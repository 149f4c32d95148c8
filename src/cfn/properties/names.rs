//! The names of [`crate::domain::names`] as properties.

use super::Parsed;
use crate::domain::names::{AccountId, Region, ServicePrincipal, TrailArn, TrailName};
use crate::domain::string_rule::StringRule;

impl Parsed for AccountId {
    const RULES: &'static [StringRule] = Self::RULES;

    fn parsed(string: &str) -> Option<Self> {
        Self::parse(string).ok()
    }
}

impl Parsed for Region {
    const RULES: &'static [StringRule] = Self::RULES;

    fn parsed(string: &str) -> Option<Self> {
        Self::parse(string).ok()
    }
}

impl Parsed for ServicePrincipal {
    const RULES: &'static [StringRule] = Self::RULES;

    fn parsed(string: &str) -> Option<Self> {
        Self::parse(string).ok()
    }
}

impl Parsed for TrailArn {
    const RULES: &'static [StringRule] = Self::RULES;

    fn parsed(string: &str) -> Option<Self> {
        Self::parse(string)
    }
}

impl Parsed for TrailName {
    const RULES: &'static [StringRule] = Self::RULES;

    fn parsed(string: &str) -> Option<Self> {
        Self::parse(string).ok()
    }
}
