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
    /// Evidence that an organization trail delivers: a gate that succeeds once log files are in the
    /// trail's bucket.
    pub struct OrgTrailDeliveryProperties {
        /// The ARN of the trail: `Ref` of a `Custom::OrgTrail`.
        required TrailArn => trail_arn: TrailArn [Replacement],
        /// The accounts that must have log files. `First`: one file of any account in any of the
        /// Regions. `All`: files of every active account of the organization, in each of the Regions.
        /// A list of account ids: files of each of these accounts, in each of the Regions. An account
        /// without any activity has no log files.
        default("First") Accounts => accounts: Accounts [Items(1, None)],
        /// The Regions that must have log files.
        optional Regions => regions: Vec<Region> [
            Items(1, None), DefaultIs("the trail's home Region")
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

/// The evidence that the properties demand of a gate.
///
/// # Errors
/// Everything that is wrong with them.
pub fn desired(properties: &Object) -> Result<DesiredDelivery, Failure> {
    let OrgTrailDeliveryProperties {
        trail_arn: trail,
        accounts,
        regions,
    } = properties::read(properties)?;
    let regions = regions.unwrap_or_else(|| vec![trail.region().clone()]);
    Ok(DesiredDelivery {
        accounts,
        regions: regions.into_iter().collect(),
        trail,
    })
}
