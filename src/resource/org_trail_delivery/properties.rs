//! The properties of `Custom::OrgTrailDelivery`: their names, their forms, their rules.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cfn::properties::{self, Path, Problems, Property};
use crate::cfn::request::Object;
#[cfg(feature = "schema")]
use crate::cfn::schema::{Form, Limits, ListForm, Text};
use crate::core::arn::{AccountId, Region, TrailArn};
use crate::core::delivery::{Accounts, Wanted};
use crate::resource::Failure;
#[cfg(feature = "schema")]
use crate::resource::pattern;

crate::properties! {
    /// Proof that an organization trail delivers: a gate that opens once log files are in the
    /// trail's bucket.
    pub struct OrgTrailDeliveryProperties {
        /// The ARN of the trail: `Ref` of a `Custom::OrgTrail`.
        required TrailArn => trail_arn: TrailArn [replacement()],
        /// Whose log files are waited for. `First`: one file of any account in any of the Regions.
        /// `All`: files of every active account of the organization, in each of the Regions. A list
        /// of account ids: files of these accounts, likewise. An account without any activity has
        /// no log files.
        optional Accounts => accounts: Accounts [default("First")],
        /// The Regions whose log files are waited for.
        optional Regions => regions: Vec<Region> [
            items(1..), otherwise("the trail's home Region")
        ],
    }
}

crate::text_property! {
    TrailArn [
        pattern(format!(
            "^arn:[^:]+:cloudtrail:{}:[0-9]{{12}}:trail/{}$",
            pattern::REGION, pattern::TRAIL_NAME,
        )),
        never(format!(":trail/(.{{1,2}}|.{{129,}}|{})$", pattern::IPV4))
    ] => |text| TrailArn::parse(text).ok_or("must be the ARN of a trail"),
}

impl Property for Accounts {
    fn read(value: &Value, path: &Path, problems: &mut Problems) -> Option<Self> {
        match value {
            Value::String(text) if text == "First" => Some(Self::First),
            Value::String(text) if text == "All" => Some(Self::All),
            Value::Array(_) => {
                let listed: BTreeSet<_> = Vec::<AccountId>::read(value, path, problems)?
                    .into_iter()
                    .collect();
                if listed.is_empty() {
                    problems.add(path, "must have an entry");
                }
                Some(Self::Listed(listed))
            }
            _ => {
                problems.add(path, "must be First or All or a list of account ids");
                None
            }
        }
    }

    #[cfg(feature = "schema")]
    fn form() -> Form {
        let listed = ListForm {
            entry: Box::new(AccountId::form()),
            items: Limits {
                least: 1,
                most: None,
            },
            unique: None,
        };
        Form::Either(vec![
            Form::Text(Text::default().words(&["First", "All"])),
            Form::List(listed),
        ])
    }
}

/// What the properties want of a gate.
///
/// # Errors
/// Everything that is wrong with them.
pub fn wanted(properties: &Object) -> Result<Wanted, Failure> {
    let (properties, mut problems) = properties::read(properties);
    let wanted = properties.map(|properties: OrgTrailDeliveryProperties| {
        let OrgTrailDeliveryProperties {
            trail_arn: trail,
            accounts,
            regions,
        } = properties;
        if regions.as_ref().is_some_and(Vec::is_empty) {
            problems.add(&Path::default().property("Regions"), "must have an entry");
        }
        let home = || vec![trail.region().clone()];
        Wanted {
            accounts: accounts.unwrap_or(Accounts::First),
            regions: regions.unwrap_or_else(home).into_iter().collect(),
            trail,
        }
    });
    Ok(problems.unless_any(wanted)?)
}
