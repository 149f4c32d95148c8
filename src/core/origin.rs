//! Who made a thing that cannot bear tags: its physical id says so, since nothing else can.

use super::timestamp::Timestamp;

/// Who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// This resource, which may therefore unmake it.
    Ours,
    /// It was there already, and stays.
    Preexisting,
}

impl Origin {
    /// Who made a thing that a request found made, since `since`.
    ///
    /// Lambda may deliver a Create twice, and the second delivery finds what the first made. What
    /// was made after the request was issued counts as made by it. Without a date nothing is
    /// claimed: what nobody claims is never unmade.
    pub fn of_found(since: Option<Timestamp>, issued_at: Option<Timestamp>) -> Self {
        // The date in the response URL has whole seconds, so the second itself counts as after.
        match since.zip(issued_at) {
            Some((since, issued)) if since >= issued => Self::Ours,
            Some(_) | None => Self::Preexisting,
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
        for (since, issued_at, origin) in [
            (at(1_000_400), issued, Origin::Ours),
            (at(1_000_000), issued, Origin::Ours),
            (at(999_900), issued, Origin::Preexisting),
            (at(1_000_400), None, Origin::Preexisting),
            (None, issued, Origin::Preexisting),
        ] {
            assert_eq!(Origin::of_found(since, issued_at), origin, "{since:?}");
        }
    }
}
