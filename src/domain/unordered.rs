//! Lists without significant order.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Deref;

/// A list that is compared as a set. It keeps its order, so that users recognize their template.
#[derive(Debug, Clone)]
pub struct Unordered<T>(Vec<T>);

impl<T: Ord> Unordered<T> {
    /// True if `other` contains every entry.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.set().is_subset(&other.set())
    }

    fn set(&self) -> BTreeSet<&T> {
        self.0.iter().collect()
    }
}

/// The entries in their original order.
impl<T> Deref for Unordered<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> Default for Unordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> FromIterator<T> for Unordered<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl<T> From<Vec<T>> for Unordered<T> {
    fn from(entries: Vec<T>) -> Self {
        Self(entries)
    }
}

impl<T: Ord> PartialEq for Unordered<T> {
    fn eq(&self, other: &Self) -> bool {
        self.set() == other.set()
    }
}

impl<T: Ord> Eq for Unordered<T> {}

impl<T: Ord> PartialOrd for Unordered<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> Ord for Unordered<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.set().cmp(&other.set())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&'static str]) -> Unordered<&'static str> {
        entries.to_vec().into()
    }

    #[test]
    fn order_and_repetition_are_ignored() {
        assert_eq!(list(&["b", "a"]), list(&["a", "b", "a"]));
        assert_ne!(list(&["b"]), list(&["a", "b"]));
        assert_eq!(list(&["b", "a"]).cmp(&list(&["a", "b"])), Ordering::Equal);
        assert!(list(&["b", "a"]) < list(&["b", "c"]));
        assert!(list(&["c", "a"]).is_subset(&list(&["a", "b", "c"])));
        assert!(!list(&["d"]).is_subset(&list(&["a"])));
    }

    #[test]
    fn entries_keep_their_order() {
        assert_eq!(*list(&["b", "a"]), ["b", "a"]);
        assert_eq!(*["b", "a"].into_iter().collect::<Unordered<_>>(), ["b", "a"]);
    }
}
