//! The organization itself.

use serde::Deserialize;

use super::Aws;
use super::call::{Patience, unreadable};
use super::json::input;
use crate::core::arn::AccountId;
use crate::core::fault::Fault;
use crate::core::operation::Operation;
use crate::core::organization::Organization;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    organization: Option<Described>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    id: Option<String>,
    master_account_id: Option<String>,
}

impl Aws {
    /// The organization that the caller belongs to. Every member account may ask.
    ///
    /// # Errors
    /// Whatever kept AWS from answering; that there is no organization among it.
    pub async fn organization(&self, patience: Patience) -> Result<Organization, Fault> {
        const OPERATION: Operation = Operation::DescribeOrganization;
        let client = self.organizations();
        let answer: Answer = client.ask(OPERATION, &input([]), patience).await?;
        let described = answer.organization.and_then(|described| {
            Some(Organization {
                id: described.id?,
                management_account: AccountId::parse(&described.master_account_id?).ok()?,
            })
        });
        described.ok_or_else(|| unreadable(OPERATION))
    }
}
