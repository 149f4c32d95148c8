//! The properties of `Custom::OrgTrailDelivery`.

use std::time::Duration;

use serde_json::Value;

use crate::cfn::properties::declaration::Shape;
use crate::cfn::properties::{self, Integer, Property};
use crate::cfn::request::Object;
use crate::domain::delivery::{Accounts, DesiredDelivery, Mode};
use crate::domain::names::{AccountId, Region, TrailArn};
use crate::domain::string_rule::StringRule;
use crate::resource::Failure;

crate::properties! {
    /// Makes a stack wait until an organization trail delivers log files to its bucket. It is a
    /// delivery gate: Create and Update succeed once the required log files are in the bucket. In
    /// the mode `Report` it does not wait, and its attributes contain the accounts without log
    /// files.
    pub struct OrgTrailDeliveryProperties {
        /// The ARN of the organization trail. Specify `!Ref` of a `Custom::OrgTrail`:
        /// CloudFormation then creates the delivery gate after the trail.
        required TrailArn => trail_arn: TrailArn [Replacement],
        /// The accounts that must have log files. `First` requires one log file of any account in
        /// any of the Regions. `All` requires a log file of every active account of the
        /// organization in each of the Regions. A list of account IDs requires a log file of each
        /// of these accounts in each of the Regions; each must be an active member of the
        /// organization. An account without activity has no log files, so specify `All` only if all
        /// accounts are in use.
        default("First") Accounts => accounts: Accounts [Items(1, None)],
        /// The Regions in which the accounts must have log files, for example, `eu-west-1` and
        /// `us-east-1`. With `Accounts: First` a log file in one of them is sufficient.
        optional Regions => regions: Vec<Region> [
            Items(1, None), DefaultIs("the home Region of the trail")
        ],
        /// The maximum age in days of the log files that count. A log file counts if the date and
        /// minute in its key are at most this old when CloudFormation sends the request, and not
        /// earlier than the time when the trail last started to log. Older log files are those of
        /// the past or of another trail.
        default("7") MaxAgeDays => max_age_days: Integer<1, 365>,
        /// The result if required log files are missing. `Gate` waits for them, and fails if they
        /// do not arrive in time or cannot arrive. `Report` checks once and succeeds, whatever the
        /// result is: the attribute `Problem` contains the reason why a gate would not succeed at
        /// once.
        default("Gate") Mode => mode: Mode,
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
    let OrgTrailDeliveryProperties { trail_arn: trail, accounts, regions, max_age_days, mode } =
        properties::read(properties)?;
    let regions = regions.unwrap_or_else(|| vec![trail.region().clone()]).into_iter().collect();
    let max_age = Duration::from_hours(24 * u64::from(max_age_days.0));
    Ok(DesiredDelivery { trail, accounts, regions, max_age, mode })
}
