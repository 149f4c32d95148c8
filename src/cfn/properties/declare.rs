//! How properties are declared: once, for reading, for the schemas and for the reference pages.
//!
//! What stands in brackets is for the last two: methods of the types in `cfn::schema`. It
//! is compiled with the feature `schema` only, and repeats what the reading says in Rust;
//! `tests/schemas` proves that the two agree.

/// Types that are read from a text by their own rules.
///
/// In brackets: methods of `Text` in `cfn::schema`, such as `[length(3..=128)]`.
#[macro_export]
#[doc(hidden)]
macro_rules! text_property {
    ($($type:ty $([$($fact:ident($($argument:expr),*)),+])? => $parse:expr),+ $(,)?) => {$(
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

            #[cfg(feature = "schema")]
            fn form() -> $crate::cfn::schema::Form {
                $crate::cfn::schema::Form::Text(
                    $crate::cfn::schema::Text::default()$($(.$fact($($argument),*))+)?
                )
            }
        }
    )+};
}

/// Types of which each value is a word, in its exact spelling. `else` adds to the message.
#[macro_export]
#[doc(hidden)]
macro_rules! word_property {
    ($($type:ty: $($word:literal => $value:expr),+ $(, else $hint:literal)?;)+) => {$(
        $crate::text_property! {
            $type [words(&[$($word),+])] => |text: &str| match text {
                $($word => Ok($value),)+
                _ => {
                    let words = [$($word),+].join(" or ");
                    Err(format!("must be {words}{}", concat!($($hint)?)))
                }
            },
        }
    )+};
}

/// Declares a struct of properties and how it is read.
///
/// ```
/// orgtrail::properties! {
///     /// A bucket.
///     pub struct Bucket {
///         /// Its name.
///         required BucketName => name: String [replacement()],
///         /// Keeps old versions.
///         optional Versioning => versioning: bool [default(false)],
///         /// Whom to tell of new objects.
///         optional Topics => topics: Vec<String> [items(0..=5)],
///     } [not_both("Versioning", "Topics")]
/// }
/// ```
///
/// Each property becomes a field, an optional one an `Option`. Reading notes everything that is
/// wrong, unknown properties included. The documentation comments are what editors and reference
/// pages show. In brackets: methods of `PropertyForm`, and at the end of `ObjectForm`, in
/// `cfn::schema`.
#[macro_export]
macro_rules! properties {
    (
        $(#[doc = $doc:literal])*
        $visibility:vis struct $type:ident {
            $(
                $(#[doc = $field_doc:literal])*
                $kind:ident $name:ident => $field:ident: $value:ty
                    $([$($fact:ident($($argument:expr),*)),+])?
            ),+ $(,)?
        } $([$($rule:ident($($term:expr),*)),+ $(,)?])?
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        $visibility struct $type {
            $($(#[doc = $field_doc])* $visibility $field: $crate::properties!(@type $kind $value)),+
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

            #[cfg(feature = "schema")]
            fn form() -> $crate::cfn::schema::Form {
                use $crate::cfn::schema::{Form, ObjectForm, PropertyForm};
                let properties = vec![$(
                    PropertyForm::$kind::<$value>(stringify!($name), concat!($($field_doc, "\n"),*))
                        $($(.$fact($($argument),*))+)?
                ),+];
                Form::Object(
                    ObjectForm::new(stringify!($type), concat!($($doc, "\n"),*), properties)
                        $($(.$rule($($term),*))+)?
                )
            }
        }
    };
    (@type required $value:ty) => { $value };
    (@type optional $value:ty) => { Option<$value> };
}
