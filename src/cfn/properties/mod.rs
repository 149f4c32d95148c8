//! Properties of resources. Each is declared once, as data, for reading, checking and documentation.
//!
//! [`crate::properties!`] declares a struct. [`read`] checks the JSON of a request against the
//! declaration, collects all problems, and then converts the JSON. Serde would stop at the first
//! problem and repeat the value. CloudFormation sends scalars as strings.

pub mod declaration;

mod check;
mod problems;

use std::borrow::Cow;

use serde_json::Value;

pub use problems::Problems;

use super::request::Object;
use crate::domain::string_rule::Parsed;
use declaration::{ObjectShape, Shape, given};

/// The type of a property.
pub trait Property: Sized {
    /// The declared type of the values.
    const SHAPE: Shape;

    /// Converts a value. `None` if it does not have the shape.
    fn convert(value: &Value) -> Option<Self>;
}

/// A struct that is declared with [`crate::properties!`].
pub trait Properties: Property {
    /// The declaration.
    const OBJECT: ObjectShape;

    /// Converts an object. `None` if it breaks the declaration.
    fn convert_object(object: &Object) -> Option<Self>;
}

/// An integer from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Integer<const MIN: u16, const MAX: u16>(pub u16);

impl<T: Parsed> Property for T {
    const SHAPE: Shape = Shape::String(T::RULES);

    fn convert(value: &Value) -> Option<Self> {
        string(value)?.parse().ok()
    }
}

impl Property for String {
    const SHAPE: Shape = Shape::String(&[]);

    fn convert(value: &Value) -> Option<Self> {
        string(value).map(Cow::into_owned)
    }
}

impl Property for bool {
    const SHAPE: Shape = Shape::Boolean;

    fn convert(value: &Value) -> Option<Self> {
        boolean(value)
    }
}

impl<const MIN: u16, const MAX: u16> Property for Integer<MIN, MAX> {
    const SHAPE: Shape = Shape::Integer(MIN, MAX);

    fn convert(value: &Value) -> Option<Self> {
        integer(value).filter(|integer| (MIN..=MAX).contains(integer)).map(Self)
    }
}

impl<T: Property> Property for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);

    fn convert(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(T::convert).collect()
    }
}

/// Reads the properties of a resource.
///
/// # Errors
/// All problems of the properties.
pub fn read<T: Properties>(properties: &Object) -> Result<T, Problems> {
    read_with(properties, |_| {})
}

/// The same, with rules that the declarations cannot express. `check` adds the problems that it
/// finds.
///
/// # Errors
/// All problems of the properties.
pub fn read_with<T: Properties>(
    properties: &Object,
    check: impl FnOnce(&mut Problems),
) -> Result<T, Problems> {
    let mut problems = Problems::default();
    check::resource(&T::OBJECT, properties, &mut problems);
    check(&mut problems);
    match T::convert_object(properties) {
        Some(value) if problems.count() == 0 => Ok(value),
        Some(_) | None => Err(problems),
    }
}

/// Reads one property. `None` if it is missing or not valid. For Delete, which never fails for
/// properties, and for old properties, which may be of an older schema.
pub fn lenient<T: Property>(object: &Object, name: &str) -> Option<T> {
    T::convert(object.get(name)?)
}

fn string(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(string) => Some(string.into()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string().into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(string) if string.eq_ignore_ascii_case("true") => Some(true),
        Value::String(string) if string.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn integer(value: &Value) -> Option<u16> {
    let digits = string(value).filter(|string| string.bytes().all(|byte| byte.is_ascii_digit()));
    digits?.parse().ok()
}

fn is_blank(value: &Value) -> bool {
    let is_empty = |value: &Value| value.as_str() == Some("");
    match value {
        Value::Array(entries) => !entries.is_empty() && entries.iter().all(is_empty),
        value => is_empty(value),
    }
}

/// Reads one property that may be absent, which is then `Some(None)`. `None` if it is not valid.
pub fn optional<T: Property>(object: &Object, name: &str) -> Option<Option<T>> {
    match given(object, name) {
        Some(value) => T::convert(value).map(Some),
        None => Some(None),
    }
}

#[doc(hidden)]
pub fn or_default<T: Property>(object: &Object, name: &str, default: &str) -> Option<T> {
    match given(object, name) {
        Some(value) => T::convert(value),
        None => T::convert(&Value::from(default)),
    }
}

/// Declares the properties of a resource type, or of an object in its properties, as a struct.
///
/// ```
/// use orgtrail::cfn::properties::read;
/// use serde_json::json;
///
/// orgtrail::properties! {
///     /// A bucket.
///     pub struct Bucket {
///         /// The name of the bucket.
///         required BucketName => name: String [Replacement, Strings(&[Length(3, 63)])],
///         /// Keeps old versions of objects.
///         default("false") Versioning => versioning: bool,
///         /// The ARNs of the topics that S3 notifies of new objects.
///         optional Topics => topics: Vec<String> [Items(0, Some(5))],
///         /// The ARNs of the queues that S3 notifies of new objects.
///         optional Queues => queues: Vec<String> [Items(1, None), DefaultIs("no queues")],
///     } [Excludes("Topics", "Queues")]
/// }
///
/// let properties = json!({ "BucketName": "logs", "Topics": [""] });
/// let bucket: Bucket = read(properties.as_object().unwrap()).unwrap();
/// assert!(!bucket.versioning);
/// assert_eq!(bucket.topics, None);
/// ```
///
/// Each property becomes a field, which is an `Option` if the property is `optional`. The
/// documentation comments are the descriptions in the schemas and on the reference pages. The
/// brackets contain the rules: after a property [`declaration::Rule`] and [`StringRule`], at the end
/// [`declaration::Relation`] and [`declaration::Condition`].
///
/// [`StringRule`]: crate::domain::string_rule::StringRule
#[macro_export]
macro_rules! properties {
    (
        $(#[doc = $doc:literal])*
        $visibility:vis struct $type:ident {
            $(
                $(#[doc = $field_doc:literal])*
                $presence:ident $(($default:expr))? $name:ident => $field:ident: $value:ty
                    $([$($rule:expr),+ $(,)?])?
            ),+ $(,)?
        } $([$($relation:expr),+ $(,)?])?
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        $visibility struct $type {
            $($(#[doc = $field_doc])* $visibility $field: $crate::properties!(@type $presence $value)),+
        }

        impl $crate::cfn::properties::Properties for $type {
            const OBJECT: $crate::cfn::properties::declaration::ObjectShape = {
                #[allow(unused_imports, clippy::enum_glob_use)]
                use $crate::{
                    cfn::properties::declaration::{Condition::*, Relation::*, Rule::*},
                    domain::string_rule::StringRule::*,
                };
                $crate::cfn::properties::declaration::ObjectShape {
                    name: stringify!($type),
                    description: concat!($($doc, "\n"),*),
                    properties: &[$(
                        $crate::cfn::properties::declaration::Declaration {
                            name: stringify!($name),
                            description: concat!($($field_doc, "\n"),*),
                            presence: $crate::properties!(@presence $presence $($default)?),
                            shape: <$value as $crate::cfn::properties::Property>::SHAPE,
                            rules: &[$($($rule),+)?],
                        }
                    ),+],
                    relations: &[$($($relation),+)?],
                }
            };

            fn convert_object(object: &$crate::cfn::request::Object) -> Option<Self> {
                use $crate::cfn::properties;
                Some(Self {
                    $($field: $crate::properties!(
                        @convert $presence object, stringify!($name) $(, $default)?
                    )?),+
                })
            }
        }

        impl $crate::cfn::properties::Property for $type {
            const SHAPE: $crate::cfn::properties::declaration::Shape =
                $crate::cfn::properties::declaration::Shape::Object(
                    &<Self as $crate::cfn::properties::Properties>::OBJECT,
                );

            fn convert(value: &serde_json::Value) -> Option<Self> {
                <Self as $crate::cfn::properties::Properties>::convert_object(value.as_object()?)
            }
        }
    };
    (@type optional $value:ty) => { Option<$value> };
    (@type $presence:ident $value:ty) => { $value };
    (@presence required) => { $crate::cfn::properties::declaration::Presence::Required };
    (@presence optional) => { $crate::cfn::properties::declaration::Presence::Optional };
    (@presence default $default:expr) => {
        $crate::cfn::properties::declaration::Presence::Default($default)
    };
    (@convert required $($argument:expr),+) => { properties::lenient($($argument),+) };
    (@convert optional $($argument:expr),+) => { properties::optional($($argument),+) };
    (@convert default $($argument:expr),+) => { properties::or_default($($argument),+) };
}

#[cfg(test)]
mod tests;
