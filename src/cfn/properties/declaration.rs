//! The declarations of properties, as data.
//!
//! [`super::check`] enforces them. `docs/generator` prints them into the schemas and the reference
//! pages. A new kind of rule is a new variant here, which does not compile until all of these places
//! handle it.

use std::fmt;

use serde_json::Value;

use super::{boolean, is_blank, string};
use crate::cfn::request::Object;
use crate::domain::string_rule::StringRule;

/// The properties of a resource type or of an object in its properties.
#[derive(Debug, Clone, Copy)]
pub struct ObjectShape {
    /// The name of the type.
    pub name: &'static str,
    /// The description of the type.
    pub description: &'static str,
    /// In the order of their declaration.
    pub properties: &'static [Declaration],
    /// The rules that concern several properties.
    pub relations: &'static [Relation],
}

/// A property.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// The name of the property.
    pub name: &'static str,
    /// The description of the property.
    pub description: &'static str,
    /// True if a template must specify it.
    pub presence: Presence,
    /// The type of its value.
    pub shape: Shape,
    /// The rules besides those of the type.
    pub rules: &'static [Rule],
}

impl Declaration {
    /// The value, if the template specifies one. In a property that may be absent, an empty string
    /// or a list of empty strings counts as no value, because parameters have such defaults.
    pub(super) fn given<'a>(&self, object: &'a Object) -> Option<&'a Value> {
        match self.presence {
            Presence::Required => object.get(self.name).filter(|value| !value.is_null()),
            Presence::Optional | Presence::Default(_) => given(object, self.name),
        }
    }
}

/// The value of a property that may be absent.
pub(super) fn given<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null() && !is_blank(value))
}

/// True if a template must specify a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The property is required.
    Required,
    /// The property may be absent.
    Optional,
    /// The property may be absent. Its default is this string, the form of CloudFormation's scalars.
    Default(&'static str),
}

/// The type of a value.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// `true` or `false`, as a boolean or as a string in any letter case.
    Boolean,
    /// An integer between a minimum and a maximum, as a number or as a string.
    Integer(u16, u16),
    /// A string that meets these rules.
    String(&'static [StringRule]),
    /// A list of values of one type.
    List(&'static Shape),
    /// An object with properties.
    Object(&'static ObjectShape),
    /// A string that meets the rules, or a list.
    StringOrList(&'static [StringRule], &'static Shape),
}

/// A rule for a property, or a fact about it.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// A change of the property replaces the resource.
    Replacement,
    /// The default in words, if it is not a constant.
    DefaultIs(&'static str),
    /// Rules for the string, or for each string in the list.
    Strings(&'static [StringRule]),
    /// The minimum and the maximum number of entries.
    Items(usize, Option<usize>),
    /// Each object in the list has another value of this property.
    Unique(&'static str),
    /// Each entry of the list differs from the others.
    Distinct,
    /// The boolean must be true.
    True,
    /// A reason or a remedy that is added to a message about the rules before it.
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
            Self::Unique(_) | Self::Distinct => f.write_str("is given twice"),
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

/// A rule that concerns several properties of an object.
#[derive(Debug, Clone, Copy)]
pub enum Relation {
    /// The two properties exclude each other.
    Excludes(&'static str, &'static str),
    /// The first property requires the second.
    Needs(&'static str, &'static str),
    /// The first condition requires the second. The other fields are the property that a message
    /// names, if it does not name the object itself, and the rule in words.
    When(Condition, Condition, Option<&'static str>, &'static str),
    /// If the condition holds, each string in the list meets the rules.
    StringsWhen(Condition, &'static str, &'static [StringRule]),
}

/// A condition on an object.
#[derive(Debug, Clone, Copy)]
pub enum Condition {
    /// It always holds.
    Always,
    /// The boolean is false.
    IsFalse(&'static str),
    /// The string has this value.
    Is(&'static str, &'static str),
    /// The property is given.
    IsGiven(&'static str),
    /// The list has an entry.
    HasEntries(&'static str),
    /// The list has this string.
    Contains(&'static str, &'static str),
    /// An object in the list meets the condition.
    AnyEntry(&'static str, &'static Condition),
    /// One of the conditions holds.
    AnyOf(&'static [Condition]),
    /// All conditions hold.
    AllOf(&'static [Condition]),
    /// The condition does not hold.
    Not(&'static Condition),
}

impl Condition {
    pub(super) fn holds(&self, object: &Object) -> bool {
        let entries = |list: &str| given(object, list).and_then(Value::as_array);
        match self {
            Self::Always => true,
            Self::IsFalse(name) => given(object, name).and_then(boolean) == Some(false),
            Self::Is(name, value) => {
                given(object, name).and_then(string).is_some_and(|s| s == *value)
            }
            Self::IsGiven(name) => given(object, name).is_some(),
            Self::HasEntries(list) => entries(list).is_some_and(|entries| !entries.is_empty()),
            Self::Contains(list, value) => {
                entries(list).into_iter().flatten().filter_map(string).any(|entry| entry == *value)
            }
            Self::AnyEntry(list, condition) => {
                let objects = entries(list).into_iter().flatten();
                objects.filter_map(Value::as_object).any(|entry| condition.holds(entry))
            }
            Self::AnyOf(conditions) => conditions.iter().any(|condition| condition.holds(object)),
            Self::AllOf(conditions) => conditions.iter().all(|condition| condition.holds(object)),
            Self::Not(condition) => !condition.holds(object),
        }
    }
}
