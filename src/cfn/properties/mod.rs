//! Properties: from JSON in which every scalar may be a text to typed values, strictly, with every
//! problem reported at once.
//!
//! Serde stops at the first problem and repeats the offending value, so this is its own small
//! reader. [`crate::properties!`] declares a set of properties once; the struct, the list of known
//! names and the reading follow from it, and so do the schemas and the reference pages, by what
//! `cfn::schema` knows of every type. Messages name paths, never values.

mod declare;

use std::fmt;

use serde_json::Value;

use super::request::Object;
#[cfg(feature = "schema")]
use super::schema::{Form, Text};

/// Where in the properties something is, such as `EventSelectors[0].DataResources`.
#[derive(Debug, Clone, Default)]
pub struct Path(String);

impl Path {
    /// A property of what is here.
    #[must_use]
    pub fn property(&self, name: &str) -> Self {
        if self.0.is_empty() {
            Self(name.to_owned())
        } else {
            Self(format!("{}.{name}", self.0))
        }
    }

    /// An entry of the list here.
    #[must_use]
    pub fn entry(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The most problems that are noted: an answer of 4,096 bytes has no room for as many, and a request
/// may have tens of thousands.
const MOST_PROBLEMS: usize = 256;

/// What is wrong with the properties of a request: clauses, in the order of the template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    noted: Vec<String>,
    /// How many there are besides.
    more: usize,
}

impl Problems {
    /// Notes that the property at `path` is not as `rule` says.
    pub fn add(&mut self, path: &Path, rule: impl fmt::Display) {
        self.note(|| format!("{path} {rule}"));
    }

    fn unknown(&mut self, path: &Path, name: &str, known: &[&'static str]) {
        self.note(|| {
            let path = path.property(name);
            match closest(name, known) {
                Some(meant) => format!("unknown property {path} (did you mean {meant}?)"),
                None => format!("unknown property {path}"),
            }
        });
    }

    fn note(&mut self, problem: impl FnOnce() -> String) {
        if self.noted.len() < MOST_PROBLEMS {
            self.noted.push(problem());
        } else {
            self.more += 1;
        }
    }

    /// The value, if nothing is wrong.
    ///
    /// # Errors
    /// All that is.
    pub fn unless_any<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.noted.is_empty() => Ok(value),
            Some(_) | None => Err(self),
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.noted.join("; "))?;
        match self.more {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// The known name that a misspelt one was probably meant to be.
fn closest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let written = name.to_lowercase();
    known
        .iter()
        .map(|known| {
            (
                strsim::jaro_winkler(&written, &known.to_lowercase()),
                *known,
            )
        })
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}

/// A type that a property's value can be read as.
pub trait Property: Sized {
    /// The value, or `None` after noting what is wrong with it.
    fn read(value: &Value, path: &Path, problems: &mut Problems) -> Option<Self>;

    /// What a value must look like to be read.
    #[cfg(feature = "schema")]
    fn form() -> Form;
}

impl Property for String {
    fn read(value: &Value, path: &Path, problems: &mut Problems) -> Option<Self> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                problems.add(path, "must be a text");
                None
            }
        }
    }

    #[cfg(feature = "schema")]
    fn form() -> Form {
        Form::Text(Text::default())
    }
}

impl Property for bool {
    fn read(value: &Value, path: &Path, problems: &mut Problems) -> Option<Self> {
        let flag = match value {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        };
        if flag.is_none() {
            problems.add(path, "must be true or false");
        }
        flag
    }

    #[cfg(feature = "schema")]
    fn form() -> Form {
        Form::Flag
    }
}

impl<T: Property> Property for Vec<T> {
    fn read(value: &Value, path: &Path, problems: &mut Problems) -> Option<Self> {
        let Value::Array(entries) = value else {
            problems.add(path, "must be a list");
            return None;
        };
        // Collected before the verdict, so that every entry has its problems noted.
        let entries: Vec<Option<T>> = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| T::read(entry, &path.entry(index), problems))
            .collect();
        entries.into_iter().collect()
    }

    #[cfg(feature = "schema")]
    fn form() -> Form {
        Form::list_of(T::form())
    }
}

/// What CloudFormation puts into every custom resource's properties.
pub const RESERVED: [&str; 2] = ["ServiceToken", "ServiceTimeout"];

/// The properties of one object, each taken out once; what is left over at the end is unknown.
#[derive(Debug)]
pub struct Reader<'a> {
    object: &'a Object,
    path: &'a Path,
}

impl<'a> Reader<'a> {
    /// A reader for the object that `value` must be, none of whose properties has another name than
    /// `known`.
    pub fn new(
        value: &'a Value,
        path: &'a Path,
        known: &[&'static str],
        problems: &mut Problems,
    ) -> Option<Self> {
        let Value::Object(object) = value else {
            problems.add(path, "must be an object");
            return None;
        };
        for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
            problems.unknown(path, name, known);
        }
        Some(Self { object, path })
    }

    /// A property that must be there. The outer option is `None` after a problem was noted.
    pub fn required<T: Property>(&self, name: &str, problems: &mut Problems) -> Option<T> {
        let path = self.path.property(name);
        let Some(value) = self.given(name) else {
            problems.add(&path, "is required");
            return None;
        };
        T::read(value, &path, problems)
    }

    /// A property that may be absent: `Some(None)`. `None` after a problem was noted.
    pub fn optional<T: Property>(&self, name: &str, problems: &mut Problems) -> Option<Option<T>> {
        match self.given(name) {
            Some(value) => T::read(value, &self.path.property(name), problems).map(Some),
            None => Some(None),
        }
    }

    fn given(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }
}

/// One property by itself, leniently: `None` where it is missing or wrong. For Delete, which never
/// fails for properties, and for old properties, which may be of another schema.
pub fn lenient<T: Property>(object: &Object, name: &str) -> Option<T> {
    T::read(
        object.get(name)?,
        &Path::default(),
        &mut Problems::default(),
    )
}

/// Reads the properties of a whole resource: like any object, without CloudFormation's own two.
///
/// # Errors
/// Everything that is wrong with them.
pub fn read<T: Property>(properties: &Object) -> (Option<T>, Problems) {
    let mut problems = Problems::default();
    let own: Object = properties
        .iter()
        .filter(|(name, _)| !RESERVED.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let value = T::read(&Value::Object(own), &Path::default(), &mut problems);
    (value, problems)
}

#[cfg(test)]
mod tests;
