//! What properties look like from outside: the forms of their values and the rules between them, as
//! far as a schema can say them.
//!
//! Declared beside the reading ([`crate::properties!`], [`crate::text_property!`]) and made into
//! `schemas/` and `docs/reference/` by `docs/generator`. Only with the feature `schema`: nothing of
//! this is in the function.

use std::ops::{Bound, RangeBounds};

use serde_json::Value;

use super::attributes::Declared;
use super::properties::Property;

/// A resource type, as its users see it.
#[derive(Debug, Clone)]
pub struct TypeForm {
    /// `Custom::...`.
    pub type_name: &'static str,
    /// Its properties, less CloudFormation's own.
    pub properties: ObjectForm,
    /// What `Fn::GetAtt` takes, with a description each.
    pub attributes: Vec<(&'static str, &'static str)>,
    /// The properties or attributes that tell one such resource from another.
    pub identifier: &'static [&'static str],
}

impl TypeForm {
    /// A type with the properties `P` and the attributes `A`.
    ///
    /// # Panics
    /// If `P` is not an object.
    pub fn new<P: Property, A: Declared>(
        type_name: &'static str,
        identifier: &'static [&'static str],
    ) -> Self {
        let Form::Object(properties) = P::form() else {
            panic!("the properties of {type_name} are not an object");
        };
        let attributes = A::DECLARED.iter();
        Self {
            type_name,
            properties,
            attributes: attributes
                .map(|(name, description)| (*name, description.trim()))
                .collect(),
            identifier,
        }
    }
}

/// What a value must look like.
#[derive(Debug, Clone)]
pub enum Form {
    /// True or false, or a text that says so in any letter case.
    Flag,
    /// A flag that must be true.
    True,
    /// A text.
    Text(Text),
    /// A list.
    List(ListForm),
    /// An object with properties of its own.
    Object(ObjectForm),
    /// Any of several forms.
    Either(Vec<Self>),
}

impl Form {
    /// A list of such values, of any length.
    pub fn list_of(entry: Self) -> Self {
        Self::List(ListForm {
            entry: Box::new(entry),
            items: Limits::NONE,
            unique: None,
        })
    }
}

/// From how many to how many, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Not fewer.
    pub least: usize,
    /// Not more.
    pub most: Option<usize>,
}

impl Limits {
    const NONE: Self = Self {
        least: 0,
        most: None,
    };

    fn of(range: &impl RangeBounds<usize>) -> Self {
        Self {
            least: match range.start_bound() {
                Bound::Included(least) => *least,
                Bound::Excluded(below) => below + 1,
                Bound::Unbounded => 0,
            },
            most: match range.end_bound() {
                Bound::Included(most) => Some(*most),
                Bound::Excluded(above) => above.checked_sub(1),
                Bound::Unbounded => None,
            },
        }
    }
}

/// The rules of a text.
#[derive(Debug, Clone)]
pub struct Text {
    /// The words that it may be, where they are few.
    pub words: &'static [&'static str],
    /// How many characters.
    pub length: Limits,
    /// A regular expression that it matches, in what ECMA 262, Java, Python and Rust share.
    pub pattern: Option<String>,
    /// One that it does not match.
    pub never: Option<String>,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            words: &[],
            length: Limits::NONE,
            pattern: None,
            never: None,
        }
    }
}

impl Text {
    /// It is one of these words.
    #[must_use]
    pub fn words(self, words: &'static [&'static str]) -> Self {
        Self { words, ..self }
    }

    /// It has so many characters.
    #[must_use]
    pub fn length(self, range: impl RangeBounds<usize>) -> Self {
        Self {
            length: Limits::of(&range),
            ..self
        }
    }

    /// It matches this regular expression.
    #[must_use]
    pub fn pattern(self, pattern: impl Into<String>) -> Self {
        Self {
            pattern: Some(pattern.into()),
            ..self
        }
    }

    /// It does not match this one.
    #[must_use]
    pub fn never(self, pattern: impl Into<String>) -> Self {
        Self {
            never: Some(pattern.into()),
            ..self
        }
    }
}

/// A list.
#[derive(Debug, Clone)]
pub struct ListForm {
    /// What each entry looks like.
    pub entry: Box<Form>,
    /// How many entries.
    pub items: Limits,
    /// The property in which no two entries are the same.
    pub unique: Option<&'static str>,
}

/// A property.
#[derive(Debug, Clone)]
pub struct PropertyForm {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// Whether a change of it makes another resource.
    pub replacement: bool,
    /// What it is where it is left out, if that is a value.
    pub default: Option<Value>,
    /// What it is where it is left out, in words.
    pub otherwise: Option<&'static str>,
    /// What its value looks like.
    pub form: Form,
}

impl PropertyForm {
    /// A property that must be there.
    pub fn required<T: Property>(name: &'static str, description: &'static str) -> Self {
        Self {
            required: true,
            ..Self::optional::<T>(name, description)
        }
    }

    /// A property that may be left out.
    pub fn optional<T: Property>(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            description: description.trim(),
            required: false,
            replacement: false,
            default: None,
            otherwise: None,
            form: T::form(),
        }
    }

    /// A change of it makes another resource.
    #[must_use]
    pub fn replacement(self) -> Self {
        Self {
            replacement: true,
            ..self
        }
    }

    /// Left out, it is this value.
    #[must_use]
    pub fn default(self, value: impl Into<Value>) -> Self {
        Self {
            default: Some(value.into()),
            ..self
        }
    }

    /// Left out, it is what these words say.
    #[must_use]
    pub fn otherwise(self, words: &'static str) -> Self {
        Self {
            otherwise: Some(words),
            ..self
        }
    }

    /// A flag, and it must be true.
    #[must_use]
    pub fn only_true(self) -> Self {
        Self {
            form: Form::True,
            ..self
        }
    }

    /// A list with so many entries.
    ///
    /// # Panics
    /// If it is no list.
    #[must_use]
    pub fn items(self, range: impl RangeBounds<usize>) -> Self {
        self.list(|list| list.items = Limits::of(&range))
    }

    /// A list of objects no two of which have the same value in this property.
    ///
    /// # Panics
    /// If it is no list.
    #[must_use]
    pub fn unique(self, property: &'static str) -> Self {
        self.list(|list| list.unique = Some(property))
    }

    fn list(mut self, change: impl FnOnce(&mut ListForm)) -> Self {
        let Form::List(list) = &mut self.form else {
            panic!("{} is not a list", self.name);
        };
        change(list);
        self
    }
}

/// An object.
#[derive(Debug, Clone)]
pub struct ObjectForm {
    /// The name of its type.
    pub name: &'static str,
    /// What it is.
    pub description: &'static str,
    /// Its properties, in the order of their declaration.
    pub properties: Vec<PropertyForm>,
    /// What holds between them.
    pub rules: Vec<Rule>,
}

/// What holds between properties of one object.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// Both or neither; an empty text counts as none.
    BothOrNeither(&'static str, &'static str),
    /// Not both.
    NotBoth(&'static str, &'static str),
    /// The first flag may be false only where the second one is.
    FalseOnlyWithFalse(&'static str, &'static str),
    /// Where the flag is false, the list has an entry whose own list is not empty.
    FalseNeedsEntry {
        /// The flag.
        flag: &'static str,
        /// The list.
        list: &'static str,
        /// The list in its entry.
        of: &'static str,
    },
    /// At least one of the lists has an entry.
    AnyFilled(&'static [&'static str]),
}

impl ObjectForm {
    /// An object without rules.
    pub fn new(
        name: &'static str,
        description: &'static str,
        properties: Vec<PropertyForm>,
    ) -> Self {
        Self {
            name,
            description: description.trim(),
            properties,
            rules: Vec::new(),
        }
    }

    /// Both or neither; an empty text counts as none.
    #[must_use]
    pub fn both_or_neither(self, one: &'static str, other: &'static str) -> Self {
        self.rule(Rule::BothOrNeither(one, other))
    }

    /// Not both.
    #[must_use]
    pub fn not_both(self, one: &'static str, other: &'static str) -> Self {
        self.rule(Rule::NotBoth(one, other))
    }

    /// `flag` may be false only where `other` is.
    #[must_use]
    pub fn false_only_with_false(self, flag: &'static str, other: &'static str) -> Self {
        self.rule(Rule::FalseOnlyWithFalse(flag, other))
    }

    /// Where `flag` is false, `list` has an entry in which the list `of` is not empty.
    #[must_use]
    pub fn false_needs_entry(
        self,
        flag: &'static str,
        list: &'static str,
        of: &'static str,
    ) -> Self {
        self.rule(Rule::FalseNeedsEntry { flag, list, of })
    }

    /// At least one of the lists has an entry.
    #[must_use]
    pub fn any_filled(self, lists: &'static [&'static str]) -> Self {
        self.rule(Rule::AnyFilled(lists))
    }

    fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }
}
