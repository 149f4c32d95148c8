//! The events that a trail logs.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{addressing, authority, read, text};
use crate::aws::{Caller, OperationResult, Trail, World, error::refuse};

/// The events that a trail logs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum EventSelectors {
    /// None were set: all management events.
    #[default]
    Default,
    /// One to five basic selectors.
    Basic(Vec<EventSelector>),
    /// Advanced selectors, as the request has them.
    Advanced(Vec<Value>),
}

/// A basic event selector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct EventSelector {
    /// `All`, `ReadOnly` or `WriteOnly`.
    pub read_write_type: String,
    /// True if management events are logged.
    pub include_management_events: bool,
    /// The data events that are logged, as the request has them.
    pub data_resources: Vec<Value>,
    /// Services whose management events are not logged.
    pub exclude_management_event_sources: Vec<String>,
}

impl Default for EventSelector {
    fn default() -> Self {
        Self {
            read_write_type: "All".to_owned(),
            include_management_events: true,
            data_resources: Vec::new(),
            exclude_management_event_sources: Vec::new(),
        }
    }
}

impl EventSelectors {
    /// One basic selector with this `ReadWriteType`.
    pub fn of_type(read_write_type: &str) -> Self {
        let read_write_type = read_write_type.to_owned();
        Self::Basic(vec![EventSelector { read_write_type, ..EventSelector::default() }])
    }

    /// True if read, respectively write, management events are logged.
    pub fn management_events(&self) -> (bool, bool) {
        match self {
            Self::Default => (true, true),
            Self::Basic(selectors) => {
                let managing = || selectors.iter().filter(|s| s.include_management_events);
                let logs = |other: &str| managing().any(|s| s.read_write_type != other);
                (logs("WriteOnly"), logs("ReadOnly"))
            }
            Self::Advanced(selectors) => {
                let logs = |read_only: &str| {
                    let managing = selectors.iter().filter(|s| is_of_category(s, "Management"));
                    let mut conditions = managing.map(|selector| equals(selector, "readOnly"));
                    conditions.any(|values| values.is_none_or(|v| v.contains(&read_only.into())))
                };
                (logs("true"), logs("false"))
            }
        }
    }

    /// True if any data events are logged.
    pub fn data_events(&self) -> bool {
        match self {
            Self::Default => false,
            Self::Basic(selectors) => selectors.iter().any(|s| !s.data_resources.is_empty()),
            Self::Advanced(selectors) => selectors.iter().any(|s| is_of_category(s, "Data")),
        }
    }
}

/// The values that an advanced selector requires of a field.
fn equals<'a>(selector: &'a Value, field: &str) -> Option<&'a Vec<Value>> {
    let fields = selector["FieldSelectors"].as_array()?.iter();
    fields.filter(|selector| selector["Field"] == field).find_map(|s| s["Equals"].as_array())
}

fn is_of_category(selector: &Value, category: &str) -> bool {
    equals(selector, "eventCategory").is_some_and(|values| values.contains(&category.into()))
}

/// Replaces whatever selectors of either kind there were.
pub(super) fn put(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let index = addressing::find_for_write(world, caller, text(input, "TrailName")?)?;
    let basic: Option<Vec<EventSelector>> = read(input, "EventSelectors")?;
    let selectors = match (basic, read(input, "AdvancedEventSelectors")?) {
        // Indistinguishable from a fresh trail's, so they are no custom selectors.
        (Some(basic), None) if basic == [EventSelector::default()] => EventSelectors::Default,
        (Some(basic), None) => EventSelectors::Basic(basic),
        (None, Some(advanced)) => EventSelectors::Advanced(advanced),
        _ => {
            let message = "Give either event selectors or advanced event selectors.";
            return refuse("InvalidEventSelectorsException", message);
        }
    };
    world.trails[index].event_selectors = selectors;
    Ok(described(&world.trails[index]))
}

pub(super) fn get(world: &mut World, caller: &Caller, input: &Value) -> OperationResult {
    let trail = text(input, "TrailName")?;
    authority::check_delegated_read(world, caller)?;
    let index = addressing::find_for_read(world, caller, trail)?;
    Ok(described(&world.trails[index]))
}

fn described(trail: &Trail) -> Value {
    let (member, selectors) = match &trail.event_selectors {
        EventSelectors::Default => ("EventSelectors", json!([EventSelector::default()])),
        EventSelectors::Basic(basic) => ("EventSelectors", json!(basic)),
        EventSelectors::Advanced(advanced) => ("AdvancedEventSelectors", json!(advanced)),
    };
    json!({ "TrailARN": trail.arn(), member: selectors })
}
