//! Whose a trail is: the only place where the ownership tags are spelled.
//!
//! The owner of a trail is the stack and the logical id that made it, written on the trail itself,
//! so that the answer does not depend on anybody's memory: not on CloudFormation's, which forgets a
//! cancelled Create, and not on the function's, which has none.

use std::collections::BTreeMap;
use std::fmt;

/// A trail's tags.
pub type Tags = BTreeMap<String, String>;

/// Every tag key of ours begins with this; templates may not use it.
pub const TAG_PREFIX: &str = "OrgTrail/";
const STACK: &str = "OrgTrail/Stack";
const LOGICAL_ID: &str = "OrgTrail/LogicalId";
const ADOPTED: &str = "OrgTrail/Adopted";
const KMS_ALIAS: &str = "OrgTrail/KmsAlias";

/// The longest tag value that CloudTrail takes, in characters.
const LONGEST_VALUE: usize = 256;

/// A resource of a stack, as the owner of a trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// `<stack name>/<stack uuid>`: unique for ever, also when a stack's name is used again.
    stack: String,
    logical_id: String,
}

impl Owner {
    /// The owner that a request speaks for.
    pub fn new(stack_id: &str, logical_id: &str) -> Self {
        let stack = stack_id
            .split_once(":stack/")
            .map_or(stack_id, |(_, name)| name);
        Self {
            stack: tag_value(stack),
            logical_id: tag_value(logical_id),
        }
    }

    /// The tags that say so on a trail.
    pub fn tags(&self) -> Tags {
        Tags::from([
            (STACK.to_owned(), self.stack.clone()),
            (LOGICAL_ID.to_owned(), self.logical_id.clone()),
        ])
    }

    /// The tags of a trail that was there before and was taken over.
    pub fn tags_of_adopted(&self) -> Tags {
        let mut tags = self.tags();
        tags.insert(ADOPTED.to_owned(), "true".to_owned());
        tags
    }

    /// What the tags on a trail say to this owner.
    pub fn ownership_of(&self, tags: &Tags) -> Ownership {
        match (tags.get(STACK), tags.get(LOGICAL_ID)) {
            (Some(stack), Some(logical_id))
                if *stack == self.stack && *logical_id == self.logical_id =>
            {
                Ownership::Ours {
                    adopted: is_adopted(tags),
                }
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

/// A text as a tag value: cut where CloudTrail would refuse it.
fn tag_value(text: &str) -> String {
    text.chars().take(LONGEST_VALUE).collect()
}

/// Whose a trail is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// The asking resource's own.
    Ours {
        /// It was there before and was taken over, so it is never deleted, only released.
        adopted: bool,
    },
    /// Another resource's.
    Others {
        /// `<stack name>/<stack uuid>`.
        stack: String,
        /// The resource in that stack.
        logical_id: String,
        /// It is another resource of the asking resource's own stack.
        same_stack: bool,
    },
    /// It bears no mark: made by hand, by another tool, or somebody removed the tags.
    Unowned,
}

impl fmt::Display for Ownership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours { adopted: false } => f.write_str("this resource"),
            Self::Ours { adopted: true } => f.write_str("this resource, which adopted it"),
            Self::Others {
                logical_id,
                same_stack: true,
                ..
            } => {
                write!(f, "the resource {logical_id} of this same stack")
            }
            Self::Others {
                stack,
                logical_id,
                same_stack: false,
            } => {
                write!(f, "the resource {logical_id} of the stack {stack}")
            }
            Self::Unowned => f.write_str("no stack (it bears no OrgTrail tags)"),
        }
    }
}

/// Whether the tags are those of a trail that was there before and was taken over.
pub fn is_adopted(tags: &Tags) -> bool {
    tags.get(ADOPTED).is_some_and(|value| value == "true")
}

/// Whether a tag key is one of ours.
pub fn is_our_tag(key: &str) -> bool {
    key.starts_with(TAG_PREFIX)
}

/// The tag that remembers which key an alias stood for when the trail was last given it.
///
/// CloudTrail answers the ARN of the key and forgets the alias, so without this nobody could tell
/// an alias that holds from one that drifted, short of asking KMS with a permission more. `None`
/// where the pair is too long for a tag: then the alias is given again at each Update.
pub fn kms_alias_tag(alias: &str, key_arn: &str) -> Option<(String, String)> {
    let value = format!("{alias}={}", key_id(key_arn));
    (value.chars().count() <= LONGEST_VALUE).then(|| (KMS_ALIAS.to_owned(), value))
}

/// The alias that is known to stand for the key `key_arn`, by the tag on the trail.
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

    #[test]
    fn an_owner_recognises_its_own_tags_only() {
        let owner = Owner::new(STACK_ID, "Trail");
        assert_eq!(
            owner.ownership_of(&owner.tags()),
            Ownership::Ours { adopted: false }
        );
        assert_eq!(
            owner.ownership_of(&owner.tags_of_adopted()),
            Ownership::Ours { adopted: true }
        );
        assert_eq!(owner.ownership_of(&Tags::new()), Ownership::Unowned);
        let sibling = Owner::new(STACK_ID, "OtherTrail");
        assert!(matches!(
            owner.ownership_of(&sibling.tags()),
            Ownership::Others { same_stack: true, logical_id, .. } if logical_id == "OtherTrail"
        ));
        let namesake = Owner::new(&STACK_ID.replace("9f6e", "0000"), "Trail");
        assert!(matches!(
            owner.ownership_of(&namesake.tags()),
            Ownership::Others {
                same_stack: false,
                ..
            }
        ));
    }

    #[test]
    fn half_a_mark_is_somebody_elses() {
        let owner = Owner::new(STACK_ID, "Trail");
        for key in [STACK, LOGICAL_ID] {
            let mut tags = owner.tags();
            tags.remove(key);
            assert!(
                matches!(owner.ownership_of(&tags), Ownership::Others { .. }),
                "without {key}"
            );
        }
    }

    #[test]
    fn the_stack_tag_is_the_name_and_the_uuid() {
        let tags = Owner::new(STACK_ID, "Trail").tags();
        assert_eq!(tags.get(STACK).map(String::as_str), Some("audit/9f6e-uuid"));
    }

    #[test]
    fn an_alias_is_remembered_only_with_the_key_it_stood_for() {
        let (key, value) = kms_alias_tag("alias/logs", KEY).expect("short enough");
        let tags = Tags::from([(key, value)]);
        assert_eq!(kms_alias(&tags, KEY), Some("alias/logs"));
        assert_eq!(kms_alias(&tags, &KEY.replace("1234", "9999")), None);
        assert_eq!(kms_alias(&Tags::new(), KEY), None);
        assert_eq!(kms_alias_tag(&"a".repeat(250), KEY), None);
    }
}
