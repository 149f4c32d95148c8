//! Trusted access of a service to the organization.
//!
//! Trusted access cannot have tags, so the physical ID records who enabled it ([`CreatedBy`]).
//! Disabling it for CloudTrail deletes the copy of every organization trail in every member account,
//! and enabling it again does not restore them (Organizations user guide, "AWS CloudTrail and AWS
//! Organizations"). So it is disabled only if the template says so, if this resource enabled it, and if
//! nothing depends on it.

use std::fmt;

use strum::{EnumString, VariantNames};

use super::created_by::CreatedBy;
use super::operation::Operation;
use super::string_rule::{Parsed, StringRule};
use super::timestamp::Timestamp;

/// The service principal of CloudTrail.
pub const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";

/// The values of `DeleteBehavior`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, VariantNames)]
pub enum DeleteBehavior {
    /// Delete leaves trusted access enabled.
    Keep,
    /// Delete disables trusted access if this resource enabled it.
    Disable,
}

impl Parsed for DeleteBehavior {
    const RULES: &'static [StringRule] = &[StringRule::OneOf(Self::VARIANTS)];
}

/// The physical ID: `trusted-access/<service principal>/enabled` or `.../preexisting`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedAccessId {
    /// The service.
    pub service_principal: String,
    /// Who enabled it.
    pub created_by: CreatedBy,
}

impl TrustedAccessId {
    /// Parses an ID. `None` if it is not that of trusted access.
    pub fn parse(id: &str) -> Option<Self> {
        let (service_principal, created_by) =
            id.strip_prefix("trusted-access/")?.rsplit_once('/')?;
        let created_by = match created_by {
            "enabled" => CreatedBy::ThisResource,
            "preexisting" => CreatedBy::Other,
            _ => return None,
        };
        (!service_principal.is_empty())
            .then(|| Self { service_principal: service_principal.to_owned(), created_by })
    }
}

impl fmt::Display for TrustedAccessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let created_by = match self.created_by {
            CreatedBy::ThisResource => "enabled",
            CreatedBy::Other => "preexisting",
        };
        write!(f, "trusted-access/{}/{created_by}", self.service_principal)
    }
}

/// Enabled trusted access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedAccess {
    /// When it was enabled, if Organizations returns it.
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

/// A service that an operation of its own enables for the organization. The operation enables trusted
/// access too, and creates roles or settings that EnableAWSServiceAccess does not.
#[derive(Debug, Clone, Copy)]
pub struct OwnOperation {
    /// The service principals of the service.
    pub service_principals: &'static [&'static str],
    /// The API operation with the name of its service.
    pub operation: &'static str,
    /// The AWS CLI command.
    pub command: &'static str,
}

/// The services for which AWS documents that EnableAWSServiceAccess is not enough or not possible. Other
/// services have such operations too, but their pages in the Organizations user guide also describe
/// EnableAWSServiceAccess. iam.amazonaws.com is not in the list: IAM's operations for root access require
/// that trusted access is enabled first.
pub const OWN_OPERATIONS: [OwnOperation; 6] = [
    // AWS RAM user guide, "Enable resource sharing within AWS Organizations": otherwise the
    // service-linked role is not created, and resources cannot be shared within the organization.
    OwnOperation {
        service_principals: &["ram.amazonaws.com"],
        operation: "EnableSharingWithAwsOrganization of AWS RAM",
        command: "aws ram enable-sharing-with-aws-organization",
    },
    // AWS Service Catalog API reference, EnableAWSOrganizationsAccess: it enables portfolio sharing,
    // and calls EnableAWSServiceAccess itself.
    OwnOperation {
        service_principals: &["servicecatalog.amazonaws.com"],
        operation: "EnableAWSOrganizationsAccess of AWS Service Catalog",
        command: "aws servicecatalog enable-aws-organizations-access",
    },
    // AWS CloudFormation user guide, "Activate trusted access for stack sets with Organizations", and
    // Organizations user guide, "AWS CloudFormation StackSets and AWS Organizations".
    OwnOperation {
        service_principals: &[
            "stacksets.cloudformation.amazonaws.com",
            "member.org.stacksets.cloudformation.amazonaws.com",
        ],
        operation: "ActivateOrganizationsAccess of AWS CloudFormation",
        command: "aws cloudformation activate-organizations-access",
    },
    // Organizations user guide, "AWS Health and AWS Organizations": only this operation creates the
    // service-linked role.
    OwnOperation {
        service_principals: &["health.amazonaws.com"],
        operation: "EnableHealthServiceAccessForOrganization of AWS Health",
        command: "aws health enable-health-service-access-for-organization --region us-east-1",
    },
    // Organizations user guide, "Amazon VPC IP Address Manager (IPAM) and AWS Organizations":
    // EnableAWSServiceAccess cannot enable it.
    OwnOperation {
        service_principals: &["ipam.amazonaws.com"],
        operation: "EnableIpamOrganizationAdminAccount of Amazon EC2",
        command: "aws ec2 enable-ipam-organization-admin-account --delegated-admin-account-id \
                  <account ID>",
    },
    // Organizations user guide, "AWS License Manager and AWS Organizations": only License Manager can
    // enable it.
    OwnOperation {
        service_principals: &[
            "license-manager.amazonaws.com",
            "license-manager.member-account.amazonaws.com",
        ],
        operation: "UpdateServiceSettings of AWS License Manager",
        command: "aws license-manager update-service-settings --organization-configuration \
                  EnableIntegration=true",
    },
];

/// Why trusted access is not enabled: another operation has to do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "trusted access for {service_principal} was not enabled, because it must be enabled by \
     {operation}, which also creates what the service needs. In the management account run \
     `{command}`, then deploy again"
)]
pub struct EnabledByItsService {
    service_principal: String,
    operation: &'static str,
    command: &'static str,
}

/// The step that enables trusted access.
///
/// # Errors
/// [`EnabledByItsService`] if an operation of the service has to do it.
pub fn enable(service_principal: &str) -> Result<TrustedAccessStep, EnabledByItsService> {
    let mut services = OWN_OPERATIONS.iter();
    match services.find(|service| service.service_principals.contains(&service_principal)) {
        Some(OwnOperation { operation, command, .. }) => Err(EnabledByItsService {
            service_principal: service_principal.to_owned(),
            operation,
            command,
        }),
        None => Ok(TrustedAccessStep::Enable),
    }
}

/// True if Delete disables trusted access, unless something depends on it.
pub fn to_be_disabled(id: &TrustedAccessId, behavior: DeleteBehavior) -> bool {
    match (behavior, id.created_by) {
        (DeleteBehavior::Disable, CreatedBy::ThisResource) => true,
        (DeleteBehavior::Keep, _) | (_, CreatedBy::Other) => false,
    }
}

/// The names or ARNs of everything that depends on trusted access for a service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependents {
    /// Organization trails in any Region. For CloudTrail only.
    pub trails: Vec<String>,
    /// Organization event data stores. For CloudTrail only.
    pub event_data_stores: Vec<String>,
    /// Delegated administrators of the service.
    pub delegated_administrators: Vec<String>,
}

/// Why Delete did not disable trusted access.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "trusted access for {service_principal} was not disabled, because it is required by \
     {dependents}. Disabling it would delete the copy of every organization trail in every member \
     account, and enabling it again would not restore them. Remove the dependents first, or set \
     DeleteBehavior to Keep"
)]
pub struct StillNeeded {
    service_principal: String,
    dependents: String,
}

/// The step that disables trusted access.
///
/// # Errors
/// [`StillNeeded`] if something depends on it.
pub fn retire(
    service_principal: &str,
    dependents: &Dependents,
) -> Result<TrustedAccessStep, StillNeeded> {
    let Dependents { trails, event_data_stores, delegated_administrators } = dependents;
    let dependents: Vec<String> = [
        ("the organization trail", trails),
        ("the organization event data store", event_data_stores),
        ("the delegated administrator", delegated_administrators),
    ]
    .into_iter()
    .flat_map(|(kind, names)| names.iter().map(move |name| format!("{kind} {name}")))
    .collect();
    if dependents.is_empty() {
        return Ok(TrustedAccessStep::Disable);
    }
    Err(StillNeeded {
        service_principal: service_principal.to_owned(),
        dependents: dependents.join(", "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_parsed_and_printed() {
        for (id, valid) in [
            ("trusted-access/cloudtrail.amazonaws.com/enabled", true),
            ("trusted-access/sso.amazonaws.com/preexisting", true),
            ("trusted-access//enabled", false),
            ("trusted-access/x/on", false),
            ("stack-Access-1A2B", false),
            ("", false),
        ] {
            let parsed = TrustedAccessId::parse(id).map(|parsed| parsed.to_string());
            assert_eq!(parsed.as_deref(), valid.then_some(id));
        }
    }

    #[test]
    fn disabling_needs_behavior_and_creator() {
        for (created_by, behavior, disabled) in [
            (CreatedBy::ThisResource, DeleteBehavior::Disable, true),
            (CreatedBy::ThisResource, DeleteBehavior::Keep, false),
            (CreatedBy::Other, DeleteBehavior::Disable, false),
            (CreatedBy::Other, DeleteBehavior::Keep, false),
        ] {
            let service_principal = CLOUDTRAIL.to_owned();
            let id = TrustedAccessId { service_principal, created_by };
            assert_eq!(to_be_disabled(&id, behavior), disabled, "{id} {behavior:?}");
        }
    }

    #[test]
    fn dependents_prevent_disabling() {
        let step = retire(CLOUDTRAIL, &Dependents::default());
        assert_eq!(step, Ok(TrustedAccessStep::Disable));
        let dependents = Dependents {
            trails: vec!["arn:trail".to_owned()],
            event_data_stores: vec!["arn:store".to_owned()],
            delegated_administrators: vec!["222222222222".to_owned()],
        };
        let refusal = retire(CLOUDTRAIL, &dependents).expect_err("refused");
        let message = refusal.to_string();
        for name in ["arn:trail", "arn:store", "222222222222", "DeleteBehavior"] {
            assert!(message.contains(name), "{message}");
        }
    }
}
