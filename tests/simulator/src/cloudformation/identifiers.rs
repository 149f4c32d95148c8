//! Identifiers that no two tests share.

use std::hash::{BuildHasher, RandomState};

/// Sixteen hexadecimal digits, different on every call: the standard library seeds each
/// `RandomState` from the operating system and then counts.
fn hex_digits() -> String {
    format!("{:016x}", RandomState::new().hash_one(()))
}

/// A UUID, as in request IDs and at the end of stack IDs.
pub fn unique_uuid() -> String {
    let (a, b) = (hex_digits(), hex_digits());
    format!("{}-{}-4{}-8{}-{}", &a[..8], &a[8..12], &a[13..], &b[..3], &b[4..])
}

/// A SigV4 signature: 64 hexadecimal digits.
pub(super) fn unique_signature() -> String {
    (0..4).map(|_| hex_digits()).collect()
}
