//! Who created a setting that cannot have tags. Its physical id records it.

use super::timestamp::Timestamp;

/// Who created a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreatedBy {
    /// This resource. It may therefore remove the setting.
    ThisResource,
    /// Someone else. The setting existed before, and stays.
    Someone,
}

impl CreatedBy {
    /// Who created a setting that a Create finds, and that exists since `since`.
    ///
    /// Lambda may deliver a Create twice, and the second delivery then finds what the first created.
    /// So a setting that was created after the request was issued counts as created by it. Without
    /// either time it counts as someone else's, which is never removed.
    pub fn of_found(since: Option<Timestamp>, issued_at: Option<Timestamp>) -> Self {
        // The time in the response URL is in whole seconds, so an equal time counts as later.
        match since.zip(issued_at) {
            Some((since, issued)) if since >= issued => Self::ThisResource,
            Some(_) | None => Self::Someone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_later_settings_are_by_this_resource() {
        use CreatedBy::{Someone, ThisResource};
        let issued = Some(Timestamp::from_seconds(1_000));
        let at = |milliseconds| Some(Timestamp::from_milliseconds(milliseconds));
        for (since, issued_at, created_by) in [
            (at(1_000_400), issued, ThisResource),
            (at(1_000_000), issued, ThisResource),
            (at(999_900), issued, Someone),
            (at(1_000_400), None, Someone),
            (None, issued, Someone),
        ] {
            let found = CreatedBy::of_found(since, issued_at);
            assert_eq!(found, created_by, "{since:?}");
        }
    }
}
