//! Attributes: the values that `Fn::GetAtt` returns. Each is declared once, for the response, the
//! schemas and the reference pages.

use std::collections::BTreeMap;

/// Attributes by name, in a stable order. All values are strings.
pub type Attributes = BTreeMap<&'static str, String>;

/// Attributes that are declared with [`crate::attributes!`].
pub trait Declared {
    /// The name and the description of each.
    const DECLARED: &'static [(&'static str, &'static str)];
}

/// Declares the attributes of a resource as a struct of strings, so that each of them has a value.
///
/// ```
/// use orgtrail::cfn::attributes::Attributes;
///
/// orgtrail::attributes! {
///     /// The attributes of a bucket.
///     pub struct BucketAttributes {
///         /// The ARN of the bucket.
///         Arn => arn,
///     }
/// }
/// let attributes = Attributes::from(BucketAttributes { arn: "arn:aws:s3:::logs".to_owned() });
/// assert_eq!(attributes["Arn"], "arn:aws:s3:::logs");
/// ```
#[macro_export]
macro_rules! attributes {
    (
        $(#[doc = $doc:literal])*
        $visibility:vis struct $type:ident {
            $($(#[doc = $field_doc:literal])* $name:ident => $field:ident),+ $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        $visibility struct $type {
            $($(#[doc = $field_doc])* $visibility $field: String),+
        }

        impl From<$type> for $crate::cfn::attributes::Attributes {
            fn from(attributes: $type) -> Self {
                Self::from([$((stringify!($name), attributes.$field)),+])
            }
        }

        impl $crate::cfn::attributes::Declared for $type {
            const DECLARED: &'static [(&'static str, &'static str)] =
                &[$((stringify!($name), concat!($($field_doc, "\n"),*))),+];
        }
    };
}
