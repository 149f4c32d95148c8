//! The organization and its accounts.

use super::names::AccountId;

/// The organization that the caller belongs to, as DescribeOrganization returns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// `o-` and 10 to 32 letters and digits.
    pub id: String,
    /// The account that owns every organization trail, even if a delegated administrator creates it.
    pub management_account: AccountId,
}

/// An account of the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Its ID.
    pub id: AccountId,
    /// True if it is in use. A closed account stays in the organization for up to 90 days.
    pub is_active: bool,
}
