//! Who made a thing that cannot bear tags: its physical id says so, since nothing else can.

use super::timestamp::Timestamp;

/// Who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreatedBy {
    /// This resource, which may therefore unmake it.
    ThisResource,
    /// It was there already, and stays.
    Someone,
}

impl CreatedBy {
    /// Who made a thing that a request found made, since `since`.
    ///
    /// Lambda may deliver a Create twice, and the second delivery finds what the first made. What
    /// was made after the request was issued counts as made by it. Without a date nothing is
    /// claimed: what nobody claims is never unmade.
    pub fn of_found(since: Option<Timestamp>, issued_at: Option<Timestamp>) -> Self {
        // The date in the response URL has whole seconds, so the second itself counts as after.
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
    fn what_was_made_after_the_request_was_issued_is_its_own() {
        let issued = Some(Timestamp::from_seconds(1_000));
        let at = |milliseconds| Some(Timestamp::from_milliseconds(milliseconds));
        for (since, issued_at, created_by) in [
            (at(1_000_400), issued, CreatedBy::ThisResource),
            (at(1_000_000), issued, CreatedBy::ThisResource),
            (at(999_900), issued, CreatedBy::Someone),
            (at(1_000_400), None, CreatedBy::Someone),
            (None, issued, CreatedBy::Someone),
        ] {
            assert_eq!(
                CreatedBy::of_found(since, issued_at),
                created_by,
                "{since:?}"
            );
        }
    }
}
