//! Lists whose order has no meaning.

use std::cmp::Ordering;
use std::collections::BTreeSet;

/// A list whose order has no meaning: compared as a set, kept in the order in which it was written,
/// because that is the order in which its owner and an auditor read it.
#[derive(Debug, Clone)]
pub struct Unordered<T>(Vec<T>);

impl<T: Ord> Unordered<T> {
    /// Whether every entry is one of `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.set().is_subset(&other.set())
    }

    fn set(&self) -> BTreeSet<&T> {
        self.0.iter().collect()
    }
}

impl<T> Unordered<T> {
    /// The entries, in the order in which they were written.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
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

impl<'a, T> IntoIterator for &'a Unordered<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
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
    fn order_and_repetition_do_not_count() {
        assert_eq!(list(&["b", "a"]), list(&["a", "b", "a"]));
        assert_ne!(list(&["b"]), list(&["a", "b"]));
        assert_eq!(list(&["b", "a"]).cmp(&list(&["a", "b"])), Ordering::Equal);
        assert!(list(&["c", "a"]).is_subset(&list(&["a", "b", "c"])));
        assert!(!list(&["d"]).is_subset(&list(&["a"])));
    }

    #[test]
    fn entries_stay_in_their_order() {
        let entries: Vec<_> = list(&["b", "a"]).iter().copied().collect();
        assert_eq!(entries, ["b", "a"]);
    }
}
