//! Who made a thing that cannot bear tags: its physical id says so, since nothing else can.

/// Who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// This resource, which may therefore unmake it.
    Ours,
    /// It was there already, and stays.
    Preexisting,
}

impl Origin {
    /// Who made a thing that a request found made, since `since` (seconds since 1970).
    ///
    /// Lambda may deliver a Create twice, and the second delivery finds what the first made. What
    /// was made after the request was issued counts as made by it. Without a date nothing is
    /// claimed: what nobody claims is never unmade.
    pub fn of_found(since: f64, issued_at: Option<i64>) -> Self {
        // The date in the response URL has whole seconds, so the second itself counts as after.
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
        match issued_at {
            Some(issued) if since >= issued as f64 => Self::Ours,
            Some(_) | None => Self::Preexisting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_after_the_request_was_issued_is_its_own() {
        assert_eq!(Origin::of_found(1_000.4, Some(1_000)), Origin::Ours);
        assert_eq!(Origin::of_found(999.9, Some(1_000)), Origin::Preexisting);
        assert_eq!(Origin::of_found(1_000.4, None), Origin::Preexisting);
    }
}
