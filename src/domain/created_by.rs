//! Who created a setting that cannot have tags. Its physical ID records it.

use super::timestamp::Timestamp;

/// Who created a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreatedBy {
    /// This resource. It may therefore remove the setting.
    ThisResource,
    /// Another actor. The setting existed before, and stays.
    Other,
}

impl CreatedBy {
    /// The creator of a setting that a Create finds, and that exists since `since`.
    ///
    /// Lambda may deliver a Create twice, and the second delivery then finds what the first created.
    /// So a setting that was created after the request was issued counts as created by it. Without
    /// either time it counts as created by another actor, and is never removed.
    pub fn of_found(since: Option<Timestamp>, issued_at: Option<Timestamp>) -> Self {
        // The time in the response URL is in whole seconds, so an equal time counts as later.
        match since.zip(issued_at) {
            Some((since, issued)) if since >= issued => Self::ThisResource,
            Some(_) | None => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_later_settings_are_by_this_resource() {
        use CreatedBy::{Other, ThisResource};
        let issued = Some(Timestamp::from_seconds(1_000));
        let at = |milliseconds| Some(Timestamp::from_milliseconds(milliseconds));
        for (since, issued_at, created_by) in [
            (at(1_000_400), issued, ThisResource),
            (at(1_000_000), issued, ThisResource),
            (at(999_900), issued, Other),
            (at(1_000_400), None, Other),
            (None, issued, Other),
        ] {
            let found = CreatedBy::of_found(since, issued_at);
            assert_eq!(found, created_by, "{since:?}");
        }
    }
}
