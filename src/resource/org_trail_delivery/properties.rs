//! The properties of `Custom::OrgTrailDelivery`.

use serde_json::Value;

use crate::cfn::properties::declaration::Shape;
use crate::cfn::properties::{self, Property};
use crate::cfn::request::Object;
use crate::domain::delivery::{Accounts, DesiredDelivery};
use crate::domain::names::{AccountId, Region, TrailArn};
use crate::domain::string_rule::StringRule;
use crate::resource::Failure;

crate::properties! {
    /// Makes a stack wait until an organization trail has delivered log files to its bucket. It is
    /// a delivery gate: Create and Update succeed once the required log files are in the bucket.
    pub struct OrgTrailDeliveryProperties {
        /// The ARN of the organization trail. Specify `!Ref` of a `Custom::OrgTrail`:
        /// CloudFormation then creates the delivery gate after the trail.
        required TrailArn => trail_arn: TrailArn [Replacement],
        /// The accounts that must have log files. `First` requires one log file of any account in
        /// any of the Regions. `All` requires a log file of every active account of the
        /// organization in each of the Regions. A list of account IDs requires a log file of each
        /// of these accounts in each of the Regions. An account without activity has no log files,
        /// so specify `All` only if all accounts are in use.
        default("First") Accounts => accounts: Accounts [Items(1, None)],
        /// The Regions in which the accounts must have log files, for example, `eu-west-1` and
        /// `us-east-1`. With `Accounts: First` a log file in one of them is sufficient.
        optional Regions => regions: Vec<Region> [
            Items(1, None), DefaultIs("the home Region of the trail")
        ],
    }
}

impl Property for Accounts {
    const SHAPE: Shape = Shape::StringOrList(
        &[StringRule::OneOf(&["First", "All"])],
        &<AccountId as Property>::SHAPE,
    );

    fn convert(value: &Value) -> Option<Self> {
        match value.as_str() {
            Some("First") => Some(Self::First),
            Some("All") => Some(Self::All),
            Some(_) => None,
            None => {
                let accounts = Vec::convert(value)?;
                Some(Self::Listed(accounts.into_iter().collect()))
            }
        }
    }
}

/// The log files that the properties require. An error lists all problems of the properties.
pub fn desired(properties: &Object) -> Result<DesiredDelivery, Failure> {
    let OrgTrailDeliveryProperties { trail_arn: trail, accounts, regions } =
        properties::read(properties)?;
    let regions = regions.unwrap_or_else(|| vec![trail.region().clone()]);
    Ok(DesiredDelivery { accounts, regions: regions.into_iter().collect(), trail })
}
