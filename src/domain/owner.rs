//! The owner of a trail, and the tags that store it.
//!
//! The owner is the stack and the logical ID of the resource that created or adopted the trail. It is
//! stored in the tags of the trail, because CloudFormation forgets a canceled Create and the function
//! has no storage.

use std::collections::BTreeMap;
use std::fmt;

/// The tags of a trail.
pub type Tags = BTreeMap<String, String>;

/// The prefix of the keys of OrgTrail's tags. A template must not use it.
pub const TAG_PREFIX: &str = "OrgTrail/";
const STACK: &str = "OrgTrail/Stack";
const LOGICAL_ID: &str = "OrgTrail/LogicalId";
const ADOPTED: &str = "OrgTrail/Adopted";
const KMS_ALIAS: &str = "OrgTrail/KmsAlias";

/// The most characters of a tag value.
const MAX_VALUE: usize = 256;

/// A resource of a stack that owns a trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// `<stack name>/<stack uuid>`. Stays unique if the name of a deleted stack is used again.
    stack: String,
    logical_id: String,
}

impl Owner {
    /// The resource of a request.
    pub fn new(stack_id: &str, logical_id: &str) -> Self {
        let stack = stack_id.split_once(":stack/").map_or(stack_id, |(_, name)| name);
        Self { stack: tag_value(stack), logical_id: tag_value(logical_id) }
    }

    /// The tags of a trail that this owner created.
    pub fn tags(&self) -> Tags {
        Tags::from([
            (STACK.to_owned(), self.stack.clone()),
            (LOGICAL_ID.to_owned(), self.logical_id.clone()),
        ])
    }

    /// The tags of a trail that this owner adopted.
    pub fn tags_of_adopted(&self) -> Tags {
        let mut tags = self.tags();
        tags.insert(ADOPTED.to_owned(), "true".to_owned());
        tags
    }

    /// The owner in the tags of a trail, compared with this one.
    pub fn ownership_of(&self, tags: &Tags) -> Ownership {
        match (tags.get(STACK), tags.get(LOGICAL_ID)) {
            (Some(stack), Some(logical_id))
                if *stack == self.stack && *logical_id == self.logical_id =>
            {
                Ownership::Ours { adopted: is_adopted(tags) }
            }
            (None, None) => Ownership::Unowned,
            (stack, logical_id) => Ownership::Others {
                stack: stack.cloned().unwrap_or_default(),
                logical_id: logical_id.cloned().unwrap_or_default(),
                same_stack: stack == Some(&self.stack),
            },
        }
    }
}

/// A tag value, cut to the length that CloudTrail accepts.
fn tag_value(value: &str) -> String {
    value.chars().take(MAX_VALUE).collect()
}

/// The owner of a trail, from the view of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// The resource itself.
    Ours {
        /// The resource did not create the trail. It never deletes the trail, but only releases it.
        adopted: bool,
    },
    /// Another resource.
    Others {
        /// `<stack name>/<stack uuid>`.
        stack: String,
        /// The logical ID in that stack.
        logical_id: String,
        /// Both resources belong to the same stack.
        same_stack: bool,
    },
    /// No tags: the trail was created without OrgTrail, or the tags were removed.
    Unowned,
}

impl fmt::Display for Ownership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours { adopted: false } => f.write_str("this resource"),
            Self::Ours { adopted: true } => f.write_str("this resource, which adopted it"),
            Self::Others { logical_id, same_stack: true, .. } => {
                write!(f, "the resource {logical_id} of this stack")
            }
            Self::Others { stack, logical_id, same_stack: false } => {
                write!(f, "the resource {logical_id} of the stack {stack}")
            }
            Self::Unowned => f.write_str("no stack (it has no OrgTrail tags)"),
        }
    }
}

/// True if the tags are those of an adopted trail.
pub fn is_adopted(tags: &Tags) -> bool {
    tags.get(ADOPTED).is_some_and(|value| value == "true")
}

/// True if a tag key is one of OrgTrail's.
pub fn is_our_tag(key: &str) -> bool {
    key.starts_with(TAG_PREFIX)
}

/// The tag that stores an alias and the key that it referred to when CloudTrail last received it.
///
/// CloudTrail returns the ARN of the key and not the alias. Without this tag, the function would need a
/// KMS permission to detect that the alias now refers to another key. `None` if the value is too long
/// for a tag. Each Update then sends the alias again.
pub fn kms_alias_tag(alias: &str, key_arn: &str) -> Option<(String, String)> {
    let value = format!("{alias}={}", key_id(key_arn));
    (value.chars().count() <= MAX_VALUE).then(|| (KMS_ALIAS.to_owned(), value))
}

/// The alias that refers to the key `key_arn`, according to the tags of the trail.
pub fn kms_alias<'a>(tags: &'a Tags, key_arn: &str) -> Option<&'a str> {
    let (alias, key) = tags.get(KMS_ALIAS)?.rsplit_once('=')?;
    (key == key_id(key_arn)).then_some(alias)
}

fn key_id(key_arn: &str) -> &str {
    key_arn.rsplit_once('/').map_or(key_arn, |(_, id)| id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK_ID: &str = "arn:aws:cloudformation:eu-west-1:111111111111:stack/audit/9f6e-uuid";
    const KEY: &str = "arn:aws:kms:eu-west-1:222222222222:key/1234abcd";

    fn others(stack: &str, logical_id: &str, same_stack: bool) -> Ownership {
        Ownership::Others { stack: stack.to_owned(), logical_id: logical_id.to_owned(), same_stack }
    }

    #[test]
    #[rustfmt::skip]
    fn ownership_is_read_from_the_tags() {
        let owner = Owner::new(STACK_ID, "Trail");
        let other_resource = Owner::new(STACK_ID, "OtherTrail");
        let other_stack = Owner::new(&STACK_ID.replace("9f6e", "0000"), "Trail");
        let without = |key: &str| {
            let mut tags = owner.tags();
            tags.remove(key);
            tags
        };
        for (tags, ownership) in [
            (owner.tags(), Ownership::Ours { adopted: false }),
            (owner.tags_of_adopted(), Ownership::Ours { adopted: true }),
            (Tags::new(), Ownership::Unowned),
            (other_resource.tags(), others("audit/9f6e-uuid", "OtherTrail", true)),
            (other_stack.tags(), others("audit/0000-uuid", "Trail", false)),
            // Incomplete tags are not those of this resource.
            (without(STACK), others("", "Trail", false)),
            (without(LOGICAL_ID), others("audit/9f6e-uuid", "", true)),
        ] {
            assert_eq!(owner.ownership_of(&tags), ownership);
        }
    }

    #[test]
    fn an_alias_is_stored_with_its_key() {
        let tags = Tags::from_iter(kms_alias_tag("alias/logs", KEY));
        assert_eq!(kms_alias(&tags, KEY), Some("alias/logs"));
        assert_eq!(kms_alias(&tags, &KEY.replace("1234", "9999")), None);
        assert_eq!(kms_alias(&Tags::new(), KEY), None);
        assert_eq!(kms_alias_tag(&"a".repeat(250), KEY), None);
    }
}
