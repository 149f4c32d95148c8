//! Delegated administrators: accounts that manage a service for the organization.
//!
//! A registration cannot have tags, so the physical ID records who created it ([`CreatedBy`]).

use std::fmt;

use super::created_by::CreatedBy;
use super::error_codes::ErrorCode;
use super::fault::Fault;
use super::names::AccountId;
use super::operation::Operation;
use super::timestamp::Timestamp;
use super::trusted_access::CLOUDTRAIL;

/// The physical ID: `delegated-administrator/<service principal>/<account>/registered` or
/// `.../preexisting`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegatedAdministratorId {
    /// The registration.
    pub registration: Registration,
    /// Who created it.
    pub created_by: CreatedBy,
}

/// An account and the service that it administers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The service.
    pub service_principal: String,
    /// The account.
    pub account: AccountId,
}

impl DelegatedAdministratorId {
    /// Parses an ID. `None` if it is not that of a registration.
    pub fn parse(id: &str) -> Option<Self> {
        let mut parts = id.strip_prefix("delegated-administrator/")?.split('/');
        let mut next = || parts.next();
        let service_principal = next().filter(|service| !service.is_empty())?.to_owned();
        let account = next()?.parse::<AccountId>().ok()?;
        let created_by = match next()? {
            "registered" => CreatedBy::ThisResource,
            "preexisting" => CreatedBy::Other,
            _ => return None,
        };
        next().is_none().then_some(Self {
            registration: Registration { service_principal, account },
            created_by,
        })
    }
}

impl fmt::Display for DelegatedAdministratorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Registration { service_principal, account } = &self.registration;
        let created_by = match self.created_by {
            CreatedBy::ThisResource => "registered",
            CreatedBy::Other => "preexisting",
        };
        write!(f, "delegated-administrator/{service_principal}/{account}/{created_by}")
    }
}

/// An administrator, as Organizations lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct Administrator {
    /// The account. `None` if Organizations returns no valid ID.
    pub account: Option<AccountId>,
    /// The ARN of the account in the organization.
    pub account_arn: String,
    /// When it was registered, if Organizations returns it.
    pub since: Option<Timestamp>,
}

/// A call that changes a registration. CloudTrail has its own operations, which also create the
/// service-linked roles that its administrator needs (CloudTrail user guide, delegated administrator).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationStep {
    /// CloudTrail's RegisterOrganizationDelegatedAdmin.
    RegisterWithCloudTrail,
    /// Organizations' RegisterDelegatedAdministrator.
    RegisterWithOrganizations,
    /// CloudTrail's DeregisterOrganizationDelegatedAdmin.
    DeregisterWithCloudTrail,
    /// Organizations' DeregisterDelegatedAdministrator.
    DeregisterWithOrganizations,
}

impl RegistrationStep {
    /// The API operation.
    pub fn operation(self) -> Operation {
        match self {
            Self::RegisterWithCloudTrail => Operation::RegisterOrganizationDelegatedAdmin,
            Self::RegisterWithOrganizations => Operation::RegisterDelegatedAdministrator,
            Self::DeregisterWithCloudTrail => Operation::DeregisterOrganizationDelegatedAdmin,
            Self::DeregisterWithOrganizations => Operation::DeregisterDelegatedAdministrator,
        }
    }
}

/// The step that registers an account.
pub fn register(registration: &Registration) -> RegistrationStep {
    match registration.service_principal.as_str() {
        CLOUDTRAIL => RegistrationStep::RegisterWithCloudTrail,
        _ => RegistrationStep::RegisterWithOrganizations,
    }
}

/// The step that removes the registration, if this resource created it.
pub fn retire(id: &DelegatedAdministratorId) -> Option<RegistrationStep> {
    match (id.created_by, id.registration.service_principal.as_str()) {
        (CreatedBy::Other, _) => None,
        (CreatedBy::ThisResource, CLOUDTRAIL) => Some(RegistrationStep::DeregisterWithCloudTrail),
        (CreatedBy::ThisResource, _) => Some(RegistrationStep::DeregisterWithOrganizations),
    }
}

/// The step to take instead of one that failed. CloudTrail does not deregister an administrator while
/// trusted access is disabled. Organizations does.
pub fn instead(step: RegistrationStep, fault: &Fault) -> Option<RegistrationStep> {
    let is_possible = step == RegistrationStep::DeregisterWithCloudTrail
        && fault.code() == Some(ErrorCode::CloudTrailAccessNotEnabled);
    is_possible.then_some(RegistrationStep::DeregisterWithOrganizations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::Cause;

    const REGISTERED: &str =
        "delegated-administrator/cloudtrail.amazonaws.com/222222222222/registered";

    #[test]
    #[rustfmt::skip]
    fn ids_are_parsed_and_printed() {
        for (id, valid) in [
            (REGISTERED, true),
            ("delegated-administrator/sso.amazonaws.com/000000000001/preexisting", true),
            ("delegated-administrator/x/2222/registered", false),
            ("delegated-administrator//222222222222/registered", false),
            ("delegated-administrator/x/222222222222/ours", false),
            ("delegated-administrator/x/222222222222/registered/more", false),
            ("stack-Administrator-1A2B", false),
        ] {
            let parsed = DelegatedAdministratorId::parse(id).map(|parsed| parsed.to_string());
            assert_eq!(parsed.as_deref(), valid.then_some(id));
        }
    }

    /// CloudTrail registers its own administrators. Only those of this resource are deregistered.
    #[test]
    #[rustfmt::skip]
    fn steps_depend_on_service_and_creator() {
        use RegistrationStep::{
            DeregisterWithCloudTrail, DeregisterWithOrganizations, RegisterWithCloudTrail,
            RegisterWithOrganizations,
        };
        let sso = REGISTERED.replace("cloudtrail", "sso");
        let preexisting = REGISTERED.replace("registered", "preexisting");
        for (id, to_register, to_retire) in [
            (REGISTERED, RegisterWithCloudTrail, Some(DeregisterWithCloudTrail)),
            (&sso, RegisterWithOrganizations, Some(DeregisterWithOrganizations)),
            (&preexisting, RegisterWithCloudTrail, None),
        ] {
            let id = DelegatedAdministratorId::parse(id).expect("an id");
            assert_eq!(register(&id.registration), to_register, "{id}");
            assert_eq!(retire(&id), to_retire, "{id}");
        }
    }

    #[test]
    fn organizations_deregisters_without_trusted_access() {
        use RegistrationStep::{DeregisterWithCloudTrail, DeregisterWithOrganizations};
        let no_access = "CloudTrailAccessNotEnabledException";
        for (step, code, expected) in [
            (DeregisterWithCloudTrail, no_access, Some(DeregisterWithOrganizations)),
            (DeregisterWithCloudTrail, "AccessDeniedException", None),
            (DeregisterWithOrganizations, no_access, None),
        ] {
            let operation = step.operation();
            let cause = Cause::service(code, "", 400);
            let fault = Fault { operation, region: None, cause, request_id: None };
            assert_eq!(instead(step, &fault), expected, "{step:?} {code}");
        }
    }
}
