//! One page of a listing.

use serde_json::{Value, json};

use super::Objects;
use crate::aws::{ServiceError, World, error::refuse};

/// The most entries of a page, and the default.
const MAX_KEYS: usize = 1_000;

/// The start of a continuation token. The last entry of the previous page follows.
const TOKEN: &str = "after:";

/// The parameters of a listing.
pub(super) struct Query<'a> {
    prefix: &'a str,
    delimiter: Option<&'a str>,
    /// The listing begins with the first key after this one.
    after: &'a str,
    max_keys: usize,
}

impl<'a> Query<'a> {
    pub(super) fn read(input: &'a Value) -> Result<Self, ServiceError> {
        let invalid = |message: &str| refuse("InvalidArgument", message);
        let text = |name: &str| input[name].as_str();
        let after = match text("ContinuationToken") {
            None => text("StartAfter").unwrap_or_default(),
            Some(token) => match token.strip_prefix(TOKEN) {
                Some(after) => after,
                None => return invalid("The continuation token provided is incorrect"),
            },
        };
        let max_keys = match text("MaxKeys").map(str::parse::<u32>) {
            None => MAX_KEYS,
            Some(Ok(asked)) => usize::try_from(asked).unwrap_or(MAX_KEYS).min(MAX_KEYS),
            Some(Err(_)) => {
                return invalid("Provided max-keys not an integer or within integer range");
            }
        };
        let delimiter = text("Delimiter").filter(|delimiter| !delimiter.is_empty());
        Ok(Self { prefix: text("Prefix").unwrap_or_default(), delimiter, after, max_keys })
    }

    /// The common prefix that stands for a key, if one does.
    fn common_prefix<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter?;
        let at = key.get(self.prefix.len()..)?.find(delimiter)?;
        key.get(..self.prefix.len() + at + delimiter.len())
    }
}

/// The page of `objects` for a query, as `ListObjectsV2` returns it.
pub(super) fn list(world: &World, objects: &Objects, query: &Query<'_>) -> Value {
    let size = query.max_keys.min(world.page_size.unwrap_or(MAX_KEYS));
    let (mut contents, mut common_prefixes) = (Vec::new(), Vec::new());
    let mut after = query.after.to_owned();
    let next = |after: &str| objects.first(&world.accounts, query.prefix, after);
    let mut following = next(&after);
    while contents.len() + common_prefixes.len() < size
        && let Some(key) = following
    {
        if let Some(common) = query.common_prefix(&key) {
            common_prefixes.push(json!({ "Prefix": common }));
            // No key below the common prefix has anything greater in it.
            after = format!("{common}{}", char::MAX);
        } else {
            contents.push(object(world, &key));
            after = key;
        }
        following = next(&after);
    }
    let mut result = json!({
        "Prefix": query.prefix,
        "MaxKeys": query.max_keys,
        "KeyCount": contents.len() + common_prefixes.len(),
        "IsTruncated": following.is_some() && query.max_keys > 0,
        "Contents": contents,
        "CommonPrefixes": common_prefixes,
    });
    if let Some(delimiter) = query.delimiter {
        result["Delimiter"] = json!(delimiter);
    }
    if result["IsTruncated"] == true {
        result["NextContinuationToken"] = json!(format!("{TOKEN}{after}"));
    }
    result
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
