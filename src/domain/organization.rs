//! The organization that everything happens in.

use super::names::AccountId;

/// What Organizations says of the organization that the caller belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// `o-` and 10 to 32 letters and digits.
    pub id: String,
    /// The account that owns every organization trail, whoever creates it.
    pub management_account: AccountId,
}
