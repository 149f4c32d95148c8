//! The plan of a Create or an Update, as data that can be printed before anything changes.

use std::fmt;

use super::operation::Operation;

/// The steps of a Create or an Update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Nothing would change. A delivery gate would succeed at once.
    pub in_sync: bool,
    /// The steps in order.
    pub steps: Vec<PlannedStep>,
}

impl Plan {
    /// The plan of these steps. Without steps, nothing would change.
    pub fn new(steps: Vec<PlannedStep>) -> Self {
        Self { in_sync: steps.is_empty(), steps }
    }

    /// The same plan for a resource that replaces the one with the physical ID `replaced`.
    ///
    /// If the replacement needs no call, because AWS has it already, its only step is the operation
    /// that `found` it.
    #[must_use]
    pub fn replacing(mut self, replaced: Option<String>, found: PlannedStep) -> Self {
        if replaced.is_none() {
            return self;
        }
        if self.steps.is_empty() {
            self.steps.push(found);
        }
        if let Some(first) = self.steps.first_mut() {
            first.replaces = replaced;
        }
        Self { in_sync: false, ..self }
    }
}

/// A call that a Create or an Update would make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedStep {
    /// The API operation.
    pub operation: Operation,
    /// The ARN, the account ID, the service principal or the location in S3 that the call acts on.
    pub resource: String,
    /// The settings that the call changes.
    pub changes: Vec<Change>,
    /// The physical ID that the resource has before it is replaced.
    pub replaces: Option<String>,
}

impl PlannedStep {
    /// A call that changes no settings.
    pub fn new(operation: Operation, resource: impl Into<String>) -> Self {
        Self { operation, resource: resource.into(), changes: Vec::new(), replaces: None }
    }
}

/// A setting that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The parameter of the API, or `Tags.` and the key of a tag.
    pub name: String,
    /// The old value, or an empty string.
    pub old: String,
    /// The new value, or an empty string.
    pub new: String,
}

impl Change {
    /// The change of a setting. `None` if both values are equal.
    pub fn of(name: impl Into<String>, old: String, new: String) -> Option<Self> {
        (old != new).then(|| Self { name: name.into(), old, new })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, old, new } = self;
        write!(f, "{name}: {} -> {}", shown(old), shown(new))
    }
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "(none)" } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step() -> PlannedStep {
        PlannedStep::new(Operation::GetTrail, "trail")
    }

    #[test]
    fn a_replacement_names_the_old_id() {
        let replaced = || Some("old".to_owned());
        let in_sync = Plan::new(Vec::new());
        assert_eq!(in_sync.clone().replacing(None, step()), in_sync);
        let found = in_sync.replacing(replaced(), step());
        let first = PlannedStep { replaces: replaced(), ..step() };
        assert_eq!(found, Plan { in_sync: false, steps: vec![first.clone()] });
        let created = Plan::new(vec![step(), step()]).replacing(replaced(), step());
        assert_eq!(created, Plan { in_sync: false, steps: vec![first, step()] });
    }

    #[test]
    fn a_change_prints_both_values() {
        let change = |old: &str, new: &str| {
            Change::of("Name", old.to_owned(), new.to_owned()).map(|change| change.to_string())
        };
        assert_eq!(change("", "a").as_deref(), Some("Name: (none) -> a"));
        assert_eq!(change("a", "b").as_deref(), Some("Name: a -> b"));
        assert_eq!(change("a", "a"), None);
    }
}
