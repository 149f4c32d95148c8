//! A delegated administrator: an account that manages a service for the organization.
//!
//! A registration bears no tags, so the physical id says who made it ([`CreatedBy`]).

use std::fmt;

use super::created_by::CreatedBy;
use super::names::AccountId;
use super::operation::Operation;
use super::timestamp::Timestamp;
use super::trusted_access::CLOUDTRAIL;

/// The physical id: `delegated-administrator/<service principal>/<account>/registered` or
/// `.../preexisting`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegatedAdministratorId {
    /// The registration.
    pub registration: Registration,
    /// Who made it.
    pub created_by: CreatedBy,
}

/// An account that administers a service, or is to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The service.
    pub service_principal: String,
    /// The account.
    pub account: AccountId,
}

impl DelegatedAdministratorId {
    /// The id that a text is, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("delegated-administrator/")?.split('/');
        let mut next = || parts.next();
        let service_principal = next().filter(|service| !service.is_empty())?.to_owned();
        let account = AccountId::parse(next()?).ok()?;
        let created_by = match next()? {
            "registered" => CreatedBy::ThisResource,
            "preexisting" => CreatedBy::Someone,
            _ => return None,
        };
        next().is_none().then_some(Self {
            registration: Registration {
                service_principal,
                account,
            },
            created_by,
        })
    }
}

impl fmt::Display for DelegatedAdministratorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Registration {
            service_principal,
            account,
        } = &self.registration;
        let created_by = match self.created_by {
            CreatedBy::ThisResource => "registered",
            CreatedBy::Someone => "preexisting",
        };
        write!(
            f,
            "delegated-administrator/{service_principal}/{account}/{created_by}"
        )
    }
}

/// An account as Organizations lists it among the administrators of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Administrator {
    /// The account; `None` where Organizations gives none that is one.
    pub account: Option<AccountId>,
    /// The ARN of the account in the organization.
    pub account_arn: String,
    /// Since when it is one, where Organizations says so.
    pub since: Option<Timestamp>,
}

/// A call that changes a registration. CloudTrail has its own operations, which also make the
/// service-linked roles that a delegated administrator needs; registered through Organizations it
/// could do nothing (CloudTrail user guide, delegated administrator).
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

/// How an account that is not registered becomes so.
pub fn register(registration: &Registration) -> RegistrationStep {
    match registration.service_principal.as_str() {
        CLOUDTRAIL => RegistrationStep::RegisterWithCloudTrail,
        _ => RegistrationStep::RegisterWithOrganizations,
    }
}

/// What is to be done so that nothing of ours is left.
pub fn retire(id: &DelegatedAdministratorId) -> Option<RegistrationStep> {
    match (id.created_by, id.registration.service_principal.as_str()) {
        (CreatedBy::Someone, _) => None,
        (CreatedBy::ThisResource, CLOUDTRAIL) => Some(RegistrationStep::DeregisterWithCloudTrail),
        (CreatedBy::ThisResource, _) => Some(RegistrationStep::DeregisterWithOrganizations),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTERED: &str =
        "delegated-administrator/cloudtrail.amazonaws.com/222222222222/registered";

    fn id(text: &str) -> DelegatedAdministratorId {
        DelegatedAdministratorId::parse(text).expect("an id")
    }

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        for text in [
            REGISTERED,
            "delegated-administrator/sso.amazonaws.com/000000000001/preexisting",
        ] {
            assert_eq!(id(text).to_string(), text);
        }
        for text in [
            "delegated-administrator/x/2222/registered",
            "delegated-administrator//222222222222/registered",
            "delegated-administrator/x/222222222222/ours",
            "delegated-administrator/x/222222222222/registered/more",
            "stack-Administrator-1A2B",
        ] {
            assert_eq!(DelegatedAdministratorId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_this_resource_registered_is_deregistered_and_with_the_right_service() {
        let steps = |text: &str| retire(&id(text));
        assert_eq!(
            steps(REGISTERED),
            Some(RegistrationStep::DeregisterWithCloudTrail)
        );
        assert_eq!(
            steps(&REGISTERED.replace("cloudtrail", "sso")),
            Some(RegistrationStep::DeregisterWithOrganizations)
        );
        assert_eq!(
            steps(&REGISTERED.replace("registered", "preexisting")),
            None
        );
    }

    #[test]
    fn cloudtrail_registers_its_own_administrators() {
        let step = |text: &str| register(&id(text).registration);
        assert_eq!(step(REGISTERED), RegistrationStep::RegisterWithCloudTrail);
        assert_eq!(
            step(&REGISTERED.replace("cloudtrail", "sso")),
            RegistrationStep::RegisterWithOrganizations
        );
    }
}
