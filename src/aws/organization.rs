//! The organization itself.

use super::Aws;
use super::call::{Patience, call, unreadable};
use crate::core::arn::AccountId;
use crate::core::fault::Fault;
use crate::core::operation::Operation;
use crate::core::organization::Organization;

impl Aws {
    /// The organization that the caller belongs to. Every member account may ask.
    ///
    /// # Errors
    /// Whatever kept AWS from answering; that there is no organization among it.
    pub async fn organization(&self, patience: Patience) -> Result<Organization, Fault> {
        const OPERATION: Operation = Operation::DescribeOrganization;
        let client = self.organizations();
        let answer = call(OPERATION, patience, || {
            client.describe_organization().send()
        })
        .await?;
        let organization = answer.organization.ok_or_else(|| unreadable(OPERATION))?;
        let account = organization
            .master_account_id
            .as_deref()
            .map(AccountId::parse);
        match (organization.id, account) {
            (Some(id), Some(Ok(management_account))) => Ok(Organization {
                id,
                management_account,
            }),
            _ => Err(unreadable(OPERATION)),
        }
    }
}
