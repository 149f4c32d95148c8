//! Trusted access between Organizations and a service: a switch that bears no tags.
//!
//! Whether we switched it on cannot be written on it, so the physical id says so. Switching it off
//! destroys: every member account's copy of every organization trail goes, and switching it on again
//! does not bring them back (Organizations guide, "AWS CloudTrail and AWS Organizations"). So it is
//! switched off only where the template says so, only by who switched it on, and only when nothing
//! depends on it.

use std::fmt;

use super::created_by::CreatedBy;
use super::operation::Operation;
use super::timestamp::Timestamp;

/// CloudTrail's service principal.
pub const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";

/// What `DeleteBehavior` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteBehavior {
    /// Trusted access outlives the stack.
    Keep,
    /// It goes with the stack, if it came with it.
    Disable,
}

/// The physical id: `trusted-access/<service principal>/enabled` or `.../preexisting`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedAccessId {
    /// The service.
    pub service_principal: String,
    /// Who switched it on.
    pub created_by: CreatedBy,
}

impl TrustedAccessId {
    /// The id that a text is, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let (service_principal, created_by) =
            text.strip_prefix("trusted-access/")?.rsplit_once('/')?;
        let created_by = match created_by {
            "enabled" => CreatedBy::ThisResource,
            "preexisting" => CreatedBy::Someone,
            _ => return None,
        };
        (!service_principal.is_empty()).then(|| Self {
            service_principal: service_principal.to_owned(),
            created_by,
        })
    }
}

impl fmt::Display for TrustedAccessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let created_by = match self.created_by {
            CreatedBy::ThisResource => "enabled",
            CreatedBy::Someone => "preexisting",
        };
        write!(f, "trusted-access/{}/{created_by}", self.service_principal)
    }
}

/// Trusted access that is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedAccess {
    /// Since when, where Organizations says so.
    pub since: Option<Timestamp>,
}

/// A call that changes trusted access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustedAccessStep {
    /// EnableAWSServiceAccess.
    Enable,
    /// DisableAWSServiceAccess.
    Disable,
}

impl TrustedAccessStep {
    /// The API operation.
    pub fn operation(self) -> Operation {
        match self {
            Self::Enable => Operation::EnableAWSServiceAccess,
            Self::Disable => Operation::DisableAWSServiceAccess,
        }
    }
}

/// Whether Delete is to switch trusted access off at all; what depends on it is asked only then.
pub fn to_be_disabled(id: &TrustedAccessId, behavior: DeleteBehavior) -> bool {
    match (behavior, id.created_by) {
        (DeleteBehavior::Disable, CreatedBy::ThisResource) => true,
        (DeleteBehavior::Keep, _) | (_, CreatedBy::Someone) => false,
    }
}

/// What depends on trusted access with a service; names or ARNs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependents {
    /// Organization trails, in any Region (CloudTrail only).
    pub trails: Vec<String>,
    /// Organization event data stores (CloudTrail only).
    pub event_data_stores: Vec<String>,
    /// Accounts that administer the service.
    pub delegated_administrators: Vec<String>,
}

/// Why trusted access stays on although the template wants it off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "trusted access for {service_principal} was not disabled, because it is still needed by \
     {needed_by}; disabling it would delete every member account's copy of every organization \
     trail, and enabling it again would not bring them back. Remove those first, or set \
     DeleteBehavior to Keep"
)]
pub struct StillNeeded {
    service_principal: String,
    needed_by: String,
}

/// The step that switches trusted access off.
///
/// # Errors
/// [`StillNeeded`] names what depends on it.
pub fn retire(
    service_principal: &str,
    dependents: &Dependents,
) -> Result<TrustedAccessStep, StillNeeded> {
    let Dependents {
        trails,
        event_data_stores,
        delegated_administrators,
    } = dependents;
    let needed_by: Vec<String> = [
        ("the organization trail", trails),
        ("the organization event data store", event_data_stores),
        ("the delegated administrator", delegated_administrators),
    ]
    .into_iter()
    .flat_map(|(kind, names)| names.iter().map(move |name| format!("{kind} {name}")))
    .collect();
    if needed_by.is_empty() {
        return Ok(TrustedAccessStep::Disable);
    }
    Err(StillNeeded {
        service_principal: service_principal.to_owned(),
        needed_by: needed_by.join(", "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        for text in [
            "trusted-access/cloudtrail.amazonaws.com/enabled",
            "trusted-access/sso.amazonaws.com/preexisting",
        ] {
            let id = TrustedAccessId::parse(text).expect("an id");
            assert_eq!(id.to_string(), text);
        }
        for text in [
            "trusted-access//enabled",
            "trusted-access/x/on",
            "stack-Access-1A2B",
            "",
        ] {
            assert_eq!(TrustedAccessId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn it_is_switched_off_only_by_who_switched_it_on_and_was_told_to() {
        for (created_by, behavior, off) in [
            (CreatedBy::ThisResource, DeleteBehavior::Disable, true),
            (CreatedBy::ThisResource, DeleteBehavior::Keep, false),
            (CreatedBy::Someone, DeleteBehavior::Disable, false),
            (CreatedBy::Someone, DeleteBehavior::Keep, false),
        ] {
            let id = TrustedAccessId {
                service_principal: CLOUDTRAIL.to_owned(),
                created_by,
            };
            assert_eq!(
                to_be_disabled(&id, behavior),
                off,
                "{created_by:?} {behavior:?}"
            );
        }
    }

    #[test]
    fn it_is_not_switched_off_while_something_needs_it_and_all_of_it_is_named() {
        assert_eq!(
            retire(CLOUDTRAIL, &Dependents::default()),
            Ok(TrustedAccessStep::Disable)
        );
        let dependents = Dependents {
            trails: vec!["arn:trail".to_owned()],
            event_data_stores: vec!["arn:store".to_owned()],
            delegated_administrators: vec!["222222222222".to_owned()],
        };
        let message = retire(CLOUDTRAIL, &dependents)
            .expect_err("refused")
            .to_string();
        for name in ["arn:trail", "arn:store", "222222222222", "DeleteBehavior"] {
            assert!(message.contains(name), "{message}");
        }
    }
}
