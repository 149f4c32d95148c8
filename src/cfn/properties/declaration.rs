//! What is declared about properties, as data.
//!
//! The reader ([`super::check`]) enforces it, and `docs/generator` prints it into the schemas and
//! the reference pages. A new kind of rule is a new variant here; the compiler then asks for it in
//! all of these places.

use std::fmt;

use serde_json::Value;

use super::{boolean, is_blank};
use crate::cfn::request::Object;
use crate::domain::string_rule::StringRule;

/// The properties of a resource type or of an object in its properties.
#[derive(Debug, Clone, Copy)]
pub struct ObjectShape {
    /// The name of its type.
    pub name: &'static str,
    /// What it is.
    pub description: &'static str,
    /// In the order of their declaration.
    pub properties: &'static [Declaration],
    /// The rules for more than one property.
    pub relations: &'static [Relation],
}

/// A property.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub description: &'static str,
    /// Whether a template must give it.
    pub presence: Presence,
    /// The type of its value.
    pub shape: Shape,
    /// Its own rules, besides those of its type.
    pub rules: &'static [Rule],
}

impl Declaration {
    /// The value, if the property is given. An empty string, or a list that contains only empty
    /// strings, counts as not given if the property may be absent: parameters have such defaults.
    pub(super) fn given<'a>(&self, object: &'a Object) -> Option<&'a Value> {
        match self.presence {
            Presence::Required => object.get(self.name).filter(|value| !value.is_null()),
            Presence::Optional | Presence::Default(_) => given(object, self.name),
        }
    }
}

/// The value of a property that may be absent.
pub(super) fn given<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object
        .get(name)
        .filter(|value| !value.is_null() && !is_blank(value))
}

/// Whether a template must give a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must be given.
    Required,
    /// It may be absent.
    Optional,
    /// It may be absent and then has this value, written as CloudFormation sends scalars: a string.
    Default(&'static str),
}

/// The type of a value.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// `true` or `false`, as a boolean or as a string in any letter case.
    Boolean,
    /// A whole number that is not negative, as a number or as a string.
    Integer,
    /// A string that keeps these rules.
    String(&'static [StringRule]),
    /// A list of values of one type.
    List(&'static Shape),
    /// An object with properties of its own.
    Object(&'static ObjectShape),
    /// A string that keeps the rules, or a list.
    StringOrList(&'static [StringRule], &'static Shape),
}

/// A rule for one property, or a fact about it.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// A change of the property replaces the resource.
    Replacement,
    /// The default, in words, where it is not a constant.
    DefaultIs(&'static str),
    /// Rules for the string, or for each string in the list.
    Strings(&'static [StringRule]),
    /// The least and the greatest number of entries of the list.
    Items(usize, Option<usize>),
    /// No two objects in the list have the same value of this property.
    Unique(&'static str),
    /// The least and the greatest number.
    Range(u64, u64),
    /// The boolean must be true.
    True,
    /// A reason or a way out, which a message about the rules before it adds.
    Hint(&'static str),
}

/// The rule as a clause that follows the name of the property.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replacement | Self::DefaultIs(_) | Self::Strings(_) | Self::Hint(_) => Ok(()),
            Self::Items(min, None) => write!(f, "must have at least {}", entries(*min)),
            Self::Items(0, Some(max)) => write!(f, "must have at most {}", entries(*max)),
            Self::Items(min, Some(max)) => write!(f, "must have {min} to {}", entries(*max)),
            Self::Unique(_) => f.write_str("is given twice"),
            Self::Range(min, max) => write!(f, "must be a whole number from {min} to {max}"),
            Self::True => f.write_str("must be true"),
        }
    }
}

fn entries(count: usize) -> String {
    match count {
        1 => "1 entry".to_owned(),
        count => format!("{count} entries"),
    }
}

/// A rule for more than one property of an object.
#[derive(Debug, Clone, Copy)]
pub enum Relation {
    /// The two cannot be given together.
    Excludes(&'static str, &'static str),
    /// Where the first is given, the second must be given too.
    Needs(&'static str, &'static str),
    /// Where the first condition holds, the second must hold too. Then the property that a message
    /// names, if it is not the object itself, and the rule in words.
    When(Condition, Condition, Option<&'static str>, &'static str),
}

/// A condition on an object.
#[derive(Debug, Clone, Copy)]
pub enum Condition {
    /// It always holds.
    Always,
    /// The boolean is given and false.
    IsFalse(&'static str),
    /// The list is given and has an entry.
    HasEntries(&'static str),
    /// An object in the list meets the condition.
    AnyEntry(&'static str, &'static Condition),
    /// One of the conditions holds.
    AnyOf(&'static [Condition]),
}

impl Condition {
    pub(super) fn holds(&self, object: &Object) -> bool {
        let entries = |list: &str| given(object, list).and_then(Value::as_array);
        match self {
            Self::Always => true,
            Self::IsFalse(name) => given(object, name).and_then(boolean) == Some(false),
            Self::HasEntries(list) => entries(list).is_some_and(|entries| !entries.is_empty()),
            Self::AnyEntry(list, condition) => entries(list)
                .into_iter()
                .flatten()
                .filter_map(Value::as_object)
                .any(|entry| condition.holds(entry)),
            Self::AnyOf(conditions) => conditions.iter().any(|condition| condition.holds(object)),
        }
    }
}
