//! Attributes: the values that `Fn::GetAtt` returns.
//!
//! The attributes of a resource type are the variants of an enum. A variant has the name of the
//! attribute, and its documentation comment is the description in the schema and on the reference page.

use std::collections::BTreeMap;

use strum::{EnumMessage, VariantArray};

/// Attributes by name, in a stable order. All values are strings.
pub type Attributes = BTreeMap<&'static str, String>;

/// The attributes of a resource type.
pub trait Attribute: VariantArray + EnumMessage + Into<&'static str> + Copy {}

impl<T: VariantArray + EnumMessage + Into<&'static str> + Copy> Attribute for T {}

/// All attributes with the values that `value` returns.
pub fn attributes<A: Attribute>(value: impl Fn(A) -> String) -> Attributes {
    A::VARIANTS.iter().map(|attribute| ((*attribute).into(), value(*attribute))).collect()
}

/// The name and the description of each attribute, with the line breaks of the comment.
pub fn descriptions<A: Attribute>() -> Vec<(&'static str, &'static str)> {
    let described = A::VARIANTS.iter();
    let described = described
        .map(|attribute| ((*attribute).into(), attribute.get_documentation().unwrap_or_default()));
    described.collect()
}

#[cfg(test)]
mod tests {
    use strum::IntoStaticStr;

    use super::*;

    /// The attributes of a bucket.
    #[derive(Debug, Clone, Copy, EnumMessage, IntoStaticStr, VariantArray)]
    enum BucketAttribute {
        /// The ARN of the bucket, which
        /// a policy needs.
        Arn,
        /// The name of the bucket.
        BucketName,
    }

    #[test]
    fn each_attribute_has_a_value_and_a_description() {
        let values = attributes(|attribute| match attribute {
            BucketAttribute::Arn => "arn:aws:s3:::logs".to_owned(),
            BucketAttribute::BucketName => "logs".to_owned(),
        });
        let expected = [("Arn", "arn:aws:s3:::logs"), ("BucketName", "logs")];
        assert_eq!(values, expected.map(|(name, value)| (name, value.to_owned())).into());
        assert_eq!(
            descriptions::<BucketAttribute>(),
            [
                ("Arn", "The ARN of the bucket, which\na policy needs.\n"),
                ("BucketName", "The name of the bucket."),
            ]
        );
    }
}
