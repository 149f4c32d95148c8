//! The organization.

use super::names::AccountId;

/// The organization that the caller belongs to, as DescribeOrganization returns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// `o-` and 10 to 32 letters and digits.
    pub id: String,
    /// The account that owns every organization trail, even if a delegated administrator creates it.
    pub management_account: AccountId,
}
