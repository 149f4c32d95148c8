//! One page of a listing.

use std::ops::Bound;

use serde_json::{Value, json};

use super::{Objects, invalid};
use crate::aws::{ServiceError, World};

/// What a request asks to be listed.
pub(super) struct Query<'a> {
    prefix: &'a str,
    delimiter: Option<&'a str>,
    start: Start,
    max_keys: usize,
}

/// Where a page begins.
enum Start {
    First,
    AfterKey(String),
    AfterCommonPrefix(String),
}

/// The most entries that a request can ask for, and what it gets when it does not ask.
const MAX_KEYS: usize = 1_000;

impl<'a> Query<'a> {
    pub(super) fn read(input: &'a Value) -> Result<Self, ServiceError> {
        let text = |name: &str| input[name].as_str();
        let start = match (text("ContinuationToken"), text("StartAfter")) {
            (Some(token), _) => Start::of_token(token)
                .ok_or_else(|| invalid("The continuation token provided is incorrect"))?,
            (None, Some(key)) => Start::AfterKey(key.to_owned()),
            (None, None) => Start::First,
        };
        let max_keys = match text("MaxKeys").map(str::parse::<i32>) {
            None => MAX_KEYS,
            Some(Ok(asked)) => usize::try_from(asked).map_err(|_| {
                invalid("Argument maxKeys must be an integer between 0 and 2147483647")
            })?,
            Some(Err(_)) => {
                return Err(invalid(
                    "Provided max-keys not an integer or within integer range",
                ));
            }
        };
        Ok(Self {
            prefix: text("Prefix").unwrap_or_default(),
            delimiter: text("Delimiter").filter(|delimiter| !delimiter.is_empty()),
            start,
            max_keys: max_keys.min(MAX_KEYS),
        })
    }

    /// The common prefix that stands for a key, if one does.
    fn common_prefix<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter?;
        let at = key.get(self.prefix.len()..)?.find(delimiter)?;
        key.get(..self.prefix.len() + at + delimiter.len())
    }
}

impl Start {
    fn of_token(token: &str) -> Option<Self> {
        match token.split_once(':')? {
            ("key", key) => Some(Self::AfterKey(key.to_owned())),
            ("prefix", prefix) => Some(Self::AfterCommonPrefix(prefix.to_owned())),
            _ => None,
        }
    }

    fn token(&self) -> Option<String> {
        match self {
            Self::First => None,
            Self::AfterKey(key) => Some(format!("key:{key}")),
            Self::AfterCommonPrefix(prefix) => Some(format!("prefix:{prefix}")),
        }
    }

    /// The key after which to look, and whether looking may begin with it.
    fn bound(&self, prefix: &str) -> (String, bool) {
        match self {
            Self::First => (prefix.to_owned(), true),
            Self::AfterKey(key) if key.as_str() < prefix => (prefix.to_owned(), true),
            Self::AfterKey(key) => (key.clone(), false),
            // No key has anything greater in it.
            Self::AfterCommonPrefix(common) => (format!("{common}{}", char::MAX), false),
        }
    }
}

/// The page of `objects` that a query asks for, as `ListObjectsV2` answers it.
pub(super) fn list(world: &World, objects: &Objects, query: Query<'_>) -> Value {
    let size = query.max_keys.min(world.object_page_size);
    let (mut contents, mut common_prefixes) = (Vec::new(), Vec::new());
    let mut start = Start::First;
    let next = |start: &Start| {
        let (key, inclusive) = start.bound(query.prefix);
        let from = if inclusive {
            Bound::Included(key.as_str())
        } else {
            Bound::Excluded(key.as_str())
        };
        objects
            .first(&world.accounts, from)
            .filter(|key| key.starts_with(query.prefix))
    };
    let mut following = next(&query.start);
    while contents.len() + common_prefixes.len() < size
        && let Some(key) = following
    {
        start = match query.common_prefix(&key) {
            Some(common) => {
                common_prefixes.push(json!({ "Prefix": common }));
                Start::AfterCommonPrefix(common.to_owned())
            }
            None => {
                contents.push(object(world, &key));
                Start::AfterKey(key)
            }
        };
        following = next(&start);
    }
    let truncated = following.is_some() && query.max_keys > 0;
    let mut answer = json!({
        "Prefix": query.prefix,
        "MaxKeys": query.max_keys,
        "KeyCount": contents.len() + common_prefixes.len(),
        "IsTruncated": truncated,
        "Contents": contents,
        "CommonPrefixes": common_prefixes,
    });
    if let Some(delimiter) = query.delimiter {
        answer["Delimiter"] = json!(delimiter);
    }
    if let Some(token) = start.token().filter(|_| truncated) {
        answer["NextContinuationToken"] = json!(token);
    }
    answer
}

fn object(world: &World, key: &str) -> Value {
    json!({
        "Key": key,
        "LastModified": world.now.to_text(),
        "ETag": "\"d41d8cd98f00b204e9800998ecf8427e\"",
        "Size": 0,
        "StorageClass": "STANDARD",
    })
}
