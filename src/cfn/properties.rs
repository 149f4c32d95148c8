//! Properties: from JSON in which every scalar may be a text to typed values, strictly, with every
//! problem reported at once.
//!
//! Serde stops at the first problem and repeats the offending value, so this is its own small
//! reader. [`crate::properties!`] declares a set of properties once; the struct, the list of known
//! names and the reading follow from it. Messages name paths, never values.

use std::fmt;

use serde_json::Value;

use super::request::Object;

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

/// What is wrong with the properties of a request: clauses, in the order of the template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<String>);

impl Problems {
    /// Notes that the property at `path` is not as `rule` says.
    pub fn add(&mut self, path: &Path, rule: impl fmt::Display) {
        self.0.push(format!("{path} {rule}"));
    }

    fn unknown(&mut self, path: &Path, name: &str, known: &[&'static str]) {
        let path = path.property(name);
        self.0.push(match closest(name, known) {
            Some(meant) => format!("unknown property {path} (did you mean {meant}?)"),
            None => format!("unknown property {path}"),
        });
    }

    /// The value, if nothing is wrong.
    ///
    /// # Errors
    /// All that is.
    pub fn unless_any<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            Some(_) | None => Err(self),
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
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
}

/// Types that are read from a text by their own rules.
#[macro_export]
#[doc(hidden)]
macro_rules! text_property {
    ($($type:ty => $parse:expr),+ $(,)?) => {$(
        impl $crate::cfn::properties::Property for $type {
            fn read(
                value: &serde_json::Value,
                path: &$crate::cfn::properties::Path,
                problems: &mut $crate::cfn::properties::Problems,
            ) -> Option<Self> {
                let text = String::read(value, path, problems)?;
                match $parse(text.as_str()) {
                    Ok(value) => Some(value),
                    Err(rule) => {
                        problems.add(path, rule);
                        None
                    }
                }
            }
        }
    )+};
}

/// One of a few words, in their exact spelling.
///
/// # Errors
/// The rule, with all the words.
pub fn one_of<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    words
        .iter()
        .find(|(word, _)| *word == text)
        .map(|(_, value)| *value)
        .ok_or_else(|| {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            format!("must be {}", words.join(" or "))
        })
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

/// Declares a struct of properties and how it is read.
///
/// ```
/// orgtrail::properties! {
///     /// A bucket.
///     pub struct Bucket {
///         /// Its name.
///         required BucketName => name: String,
///         /// Keeps old versions.
///         optional Versioning => versioning: bool,
///     }
/// }
/// ```
///
/// Each property becomes a field, an optional one an `Option`. Reading notes everything that is
/// wrong, unknown properties included.
#[macro_export]
macro_rules! properties {
    (
        $(#[$meta:meta])*
        $visibility:vis struct $type:ident {
            $($(#[$field_meta:meta])* $kind:ident $name:ident => $field:ident: $value:ty),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        $visibility struct $type {
            $($(#[$field_meta])* $visibility $field: $crate::properties!(@type $kind $value)),+
        }

        impl $type {
            /// The names of the properties.
            $visibility const NAMES: &'static [&'static str] = &[$(stringify!($name)),+];
        }

        impl $crate::cfn::properties::Property for $type {
            fn read(
                value: &serde_json::Value,
                path: &$crate::cfn::properties::Path,
                problems: &mut $crate::cfn::properties::Problems,
            ) -> Option<Self> {
                let reader =
                    $crate::cfn::properties::Reader::new(value, path, Self::NAMES, problems)?;
                // All are read before any is looked at, so that every problem is noted.
                $(let $field = reader.$kind::<$value>(stringify!($name), problems);)+
                Some(Self { $($field: $field?),+ })
            }
        }
    };
    (@type required $value:ty) => { $value };
    (@type optional $value:ty) => { Option<$value> };
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
mod tests {
    use serde_json::json;

    use super::*;

    properties! {
        struct Outer {
            required TrailName => trail_name: String,
            optional IsLogging => is_logging: bool,
            optional Selectors => selectors: Vec<Inner>,
        }
    }

    properties! {
        struct Inner {
            required ReadWriteType => read_write_type: String,
        }
    }

    fn outer(value: &Value) -> Result<Outer, String> {
        let (outer, problems) = read(value.as_object().expect("an object"));
        problems
            .unless_any(outer)
            .map_err(|problems| problems.to_string())
    }

    #[test]
    fn scalars_may_be_texts_and_cloudformations_own_properties_are_no_ones_business() {
        let read = outer(&json!({
            "ServiceToken": "arn", "ServiceTimeout": "300",
            "TrailName": 14, "IsLogging": "FALSE", "Selectors": [{"ReadWriteType": "All"}],
        }));
        let selectors = vec![Inner {
            read_write_type: "All".to_owned(),
        }];
        let expected = Outer {
            trail_name: "14".to_owned(),
            is_logging: Some(false),
            selectors: Some(selectors),
        };
        assert_eq!(read, Ok(expected));
    }

    #[test]
    fn every_problem_is_reported_at_once_with_its_path_and_without_its_value() {
        let problems = outer(&json!({
            "Trailname": "s3cr3t", "IsLogging": "yes", "Zzz": 1,
            "Selectors": [{"ReadWriteType": {}}, "s3cr3t", {"ReadwriteTypes": "All"}],
        }))
        .expect_err("refused");
        for part in [
            "unknown property Trailname (did you mean TrailName?)",
            "unknown property Zzz;",
            "TrailName is required",
            "IsLogging must be true or false",
            "Selectors[0].ReadWriteType must be a text",
            "Selectors[1] must be an object",
            "unknown property Selectors[2].ReadwriteTypes (did you mean ReadWriteType?)",
            "Selectors[2].ReadWriteType is required",
        ] {
            assert!(problems.contains(part), "{part} is not in: {problems}");
        }
        assert!(!problems.contains("s3cr3t"), "{problems}");
    }

    #[test]
    fn an_unknown_property_is_enough_to_refuse() {
        let problems = outer(&json!({"TrailName": "org", "Zzz": 1})).expect_err("refused");
        assert_eq!(problems, "unknown property Zzz");
    }

    #[test]
    fn one_of_a_few_words_is_taken_in_its_exact_spelling() {
        let words = [("Keep", 1), ("Disable", 2)];
        assert_eq!(one_of("Keep", &words), Ok(1));
        assert_eq!(one_of("Disable", &words), Ok(2));
        let rule = "must be Keep or Disable".to_owned();
        assert_eq!(one_of("keep", &words), Err(rule));
    }

    #[test]
    fn a_flag_is_what_it_says_in_any_letter_case() {
        for (value, flag) in [
            (json!(true), true),
            (json!("true"), true),
            (json!("TRUE"), true),
            (json!(false), false),
            (json!("false"), false),
            (json!("False"), false),
        ] {
            let read = outer(&json!({"TrailName": "org", "IsLogging": value}));
            assert_eq!(
                read.map(|outer| outer.is_logging),
                Ok(Some(flag)),
                "{value}"
            );
        }
    }

    #[test]
    fn only_true_and_false_are_flags() {
        for value in [
            json!("yes"),
            json!("1"),
            json!(""),
            json!(1),
            json!("true "),
            json!([]),
        ] {
            assert!(
                outer(&json!({"TrailName": "org", "IsLogging": value})).is_err(),
                "{value}"
            );
        }
    }

    #[test]
    fn a_list_is_not_a_text_and_a_text_is_not_a_list() {
        let problems = outer(&json!({"TrailName": ["org"], "Selectors": "All"})).expect_err("no");
        assert_eq!(
            problems,
            "TrailName must be a text; Selectors must be a list"
        );
    }

    #[test]
    fn a_property_by_itself_is_read_whatever_is_wrong_with_the_others() {
        let properties = json!({"TrailName": "org", "IsLogging": "yes", "Zzz": 1});
        let properties = properties.as_object().expect("an object");
        assert_eq!(lenient(properties, "TrailName"), Some("org".to_owned()));
        assert_eq!(lenient::<bool>(properties, "IsLogging"), None);
        assert_eq!(lenient::<String>(properties, "S3BucketName"), None);
    }

    #[test]
    fn a_null_is_an_absent_property() {
        assert!(outer(&json!({"TrailName": "org", "IsLogging": null})).is_ok());
        assert!(outer(&json!({"TrailName": null})).is_err());
    }
}
