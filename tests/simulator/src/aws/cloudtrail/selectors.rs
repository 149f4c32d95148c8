//! The events that a trail logs.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{addressing, authority, read, text};
use crate::aws::{Answer, Caller, ServiceError, Trail, World, error::refuse};

const DATA_RESOURCES: usize = 250;
const CONDITION_VALUES: usize = 500;
const BASIC_DATA_TYPES: [&str; 3] =
    ["AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table"];
const EXCLUDABLE_SOURCES: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];
const ONLY_EQUALS: [&str; 3] = ["readOnly", "eventCategory", "resources.type"];

/// The events that a trail logs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum EventSelectors {
    /// None were set: all management events.
    #[default]
    Default,
    /// One to five basic selectors.
    Basic(Vec<EventSelector>),
    /// Advanced selectors.
    Advanced(Vec<AdvancedEventSelector>),
}

/// A basic event selector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct EventSelector {
    /// `All`, `ReadOnly` or `WriteOnly`.
    pub read_write_type: String,
    /// True if management events are logged.
    pub include_management_events: bool,
    /// The data events that are logged.
    pub data_resources: Vec<DataResource>,
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

/// Resources whose data events a basic selector logs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct DataResource {
    /// For example, `AWS::S3::Object`.
    #[serde(rename = "Type")]
    pub resource_type: String,
    /// ARN prefixes.
    pub values: Vec<String>,
}

/// An advanced event selector.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct AdvancedEventSelector {
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// All of them must match.
    pub field_selectors: Vec<FieldSelector>,
}

/// A condition on one field of an event.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[allow(missing_docs)] // the operators say themselves what they do
pub struct FieldSelector {
    pub field: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub equals: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub starts_with: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ends_with: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_equals: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_starts_with: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_ends_with: Vec<String>,
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
                let managing = || selectors.iter().filter(|s| s.is_of_category("Management"));
                let logs = |read_only: &str| {
                    managing()
                        .any(|s| s.field("readOnly").is_none_or(|field| field.has_equal(read_only)))
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
            Self::Advanced(selectors) => selectors.iter().any(|s| s.is_of_category("Data")),
        }
    }
}

impl AdvancedEventSelector {
    fn field(&self, field: &str) -> Option<&FieldSelector> {
        self.field_selectors.iter().find(|selector| selector.field == field)
    }

    fn is_of_category(&self, category: &str) -> bool {
        self.field("eventCategory").is_some_and(|field| field.has_equal(category))
    }
}

impl FieldSelector {
    fn has_equal(&self, wanted: &str) -> bool {
        self.equals.iter().any(|value| value == wanted)
    }

    /// The values of every operator, `Equals` first.
    fn operators(&self) -> [&[String]; 6] {
        [
            &self.equals,
            &self.starts_with,
            &self.ends_with,
            &self.not_equals,
            &self.not_starts_with,
            &self.not_ends_with,
        ]
    }
}

/// Replaces whatever selectors of either kind there were.
pub(super) fn put(world: &mut World, caller: &Caller, input: &Value) -> Answer {
    let index = addressing::find_for_write(world, caller, text(input, "TrailName")?)?;
    let basic: Option<Vec<EventSelector>> = read(input, "EventSelectors")?;
    let advanced: Option<Vec<AdvancedEventSelector>> = read(input, "AdvancedEventSelectors")?;
    let selectors = match (basic, advanced) {
        (Some(basic), None) => {
            check_basic(&basic)?;
            // Indistinguishable from a fresh trail's, so they are no custom selectors.
            if basic == [EventSelector::default()] {
                EventSelectors::Default
            } else {
                EventSelectors::Basic(basic)
            }
        }
        (None, Some(advanced)) => {
            check_advanced(&advanced)?;
            EventSelectors::Advanced(advanced)
        }
        _ => return invalid("Give either event selectors or advanced event selectors."),
    };
    world.trails[index].event_selectors = selectors;
    Ok(described(&world.trails[index]))
}

pub(super) fn get(world: &mut World, caller: &Caller, input: &Value) -> Answer {
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

fn check_basic(selectors: &[EventSelector]) -> Result<(), ServiceError> {
    if !(1..=5).contains(&selectors.len()) {
        return invalid("The number of event selectors must be between 1 to 5.");
    }
    for selector in selectors {
        check_basic_selector(selector)?;
    }
    let resources = selectors.iter().flat_map(|selector| &selector.data_resources);
    if resources.flat_map(|resource| &resource.values).count() > DATA_RESOURCES {
        return invalid("A trail can have at most 250 data resources.");
    }
    Ok(())
}

fn check_basic_selector(selector: &EventSelector) -> Result<(), ServiceError> {
    if !["All", "ReadOnly", "WriteOnly"].contains(&selector.read_write_type.as_str()) {
        return invalid("ReadWriteType must be All, ReadOnly or WriteOnly.");
    }
    if !selector.include_management_events && selector.data_resources.is_empty() {
        return invalid("A selector without management events must have data resources.");
    }
    let mut excluded = selector.exclude_management_event_sources.iter();
    if !excluded.all(|source| EXCLUDABLE_SOURCES.contains(&source.as_str())) {
        return invalid("Only kms.amazonaws.com and rdsdata.amazonaws.com can be excluded.");
    }
    for DataResource { resource_type, values } in &selector.data_resources {
        if !BASIC_DATA_TYPES.contains(&resource_type.as_str()) {
            return invalid("Data resources of this type need advanced event selectors.");
        }
        let plausible = |value: &String| value.starts_with("arn:") && !value.ends_with('*');
        if values.is_empty() || !values.iter().all(plausible) {
            return invalid(
                "Data resources must be ARNs, or beginnings of them without wildcards.",
            );
        }
    }
    Ok(())
}

fn check_advanced(selectors: &[AdvancedEventSelector]) -> Result<(), ServiceError> {
    if selectors.is_empty() {
        return invalid("The list of advanced event selectors is empty.");
    }
    for selector in selectors {
        check_advanced_selector(selector)?;
    }
    let fields = selectors.iter().flat_map(|selector| &selector.field_selectors);
    if fields.flat_map(FieldSelector::operators).flatten().count() > CONDITION_VALUES {
        return invalid("A trail can have at most 500 values in its advanced event selectors.");
    }
    Ok(())
}

fn check_advanced_selector(selector: &AdvancedEventSelector) -> Result<(), ServiceError> {
    if selector.name.as_ref().is_some_and(|name| name.chars().count() > 1000) {
        return invalid("The name of a selector has at most 1000 characters.");
    }
    // Stated nowhere, and left out in no documented example.
    if selector.field("eventCategory").is_none() {
        return invalid("A selector must have a field selector for eventCategory.");
    }
    for field in &selector.field_selectors {
        let mut values = field.operators().into_iter().flatten();
        if values.clone().next().is_none() {
            return invalid("A field selector must have an operator with a value.");
        }
        if !values.all(|value| (1..=2048).contains(&value.chars().count())) {
            return invalid("Values of field selectors have 1 to 2048 characters.");
        }
        let others = field.operators()[1..].concat();
        if ONLY_EQUALS.contains(&field.field.as_str()) && !others.is_empty() {
            return invalid("readOnly, eventCategory and resources.type take only Equals.");
        }
    }
    Ok(())
}

fn invalid<T>(message: &str) -> Result<T, ServiceError> {
    refuse("InvalidEventSelectorsException", message)
}
