//! The API operations of AWS that the function calls, every one of them, and the permissions that
//! they need.
//!
//! `tests/permissions.rs` compares them with the policies in the templates, in both directions.

use std::fmt;

/// An API operation, named as AWS names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is named as AWS names it")]
pub enum Operation {
    AddTags,
    CreateTrail,
    DeleteTrail,
    DeregisterOrganizationDelegatedAdmin,
    GetEventConfiguration,
    GetEventDataStore,
    GetEventSelectors,
    GetInsightSelectors,
    GetTrail,
    GetTrailStatus,
    ListEventDataStores,
    ListTags,
    ListTrails,
    PutEventConfiguration,
    PutEventSelectors,
    PutInsightSelectors,
    RegisterOrganizationDelegatedAdmin,
    RemoveTags,
    StartLogging,
    StopLogging,
    UpdateTrail,
    DeregisterDelegatedAdministrator,
    DescribeOrganization,
    DisableAWSServiceAccess,
    EnableAWSServiceAccess,
    ListAWSServiceAccessForOrganization,
    ListAccounts,
    ListDelegatedAdministrators,
    RegisterDelegatedAdministrator,
    ListObjectsV2,
    AssumeRole,
}

impl Operation {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::AddTags,
        Self::CreateTrail,
        Self::DeleteTrail,
        Self::DeregisterOrganizationDelegatedAdmin,
        Self::GetEventConfiguration,
        Self::GetEventDataStore,
        Self::GetEventSelectors,
        Self::GetInsightSelectors,
        Self::GetTrail,
        Self::GetTrailStatus,
        Self::ListEventDataStores,
        Self::ListTags,
        Self::ListTrails,
        Self::PutEventConfiguration,
        Self::PutEventSelectors,
        Self::PutInsightSelectors,
        Self::RegisterOrganizationDelegatedAdmin,
        Self::RemoveTags,
        Self::StartLogging,
        Self::StopLogging,
        Self::UpdateTrail,
        Self::DeregisterDelegatedAdministrator,
        Self::DescribeOrganization,
        Self::DisableAWSServiceAccess,
        Self::EnableAWSServiceAccess,
        Self::ListAWSServiceAccessForOrganization,
        Self::ListAccounts,
        Self::ListDelegatedAdministrators,
        Self::RegisterDelegatedAdministrator,
        Self::ListObjectsV2,
        Self::AssumeRole,
    ];

    /// The service that offers it.
    pub const fn service(self) -> Service {
        match self {
            Self::AddTags
            | Self::CreateTrail
            | Self::DeleteTrail
            | Self::DeregisterOrganizationDelegatedAdmin
            | Self::GetEventConfiguration
            | Self::GetEventDataStore
            | Self::GetEventSelectors
            | Self::GetInsightSelectors
            | Self::GetTrail
            | Self::GetTrailStatus
            | Self::ListEventDataStores
            | Self::ListTags
            | Self::ListTrails
            | Self::PutEventConfiguration
            | Self::PutEventSelectors
            | Self::PutInsightSelectors
            | Self::RegisterOrganizationDelegatedAdmin
            | Self::RemoveTags
            | Self::StartLogging
            | Self::StopLogging
            | Self::UpdateTrail => Service::CloudTrail,
            Self::DeregisterDelegatedAdministrator
            | Self::DescribeOrganization
            | Self::DisableAWSServiceAccess
            | Self::EnableAWSServiceAccess
            | Self::ListAWSServiceAccessForOrganization
            | Self::ListAccounts
            | Self::ListDelegatedAdministrators
            | Self::RegisterDelegatedAdministrator => Service::Organizations,
            Self::ListObjectsV2 => Service::S3,
            Self::AssumeRole => Service::Sts,
        }
    }

    /// The IAM actions that AWS asks of the caller besides [`Self::action`], in groups.
    const fn also_needed(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::CreateTrail => &[CHANGE_OF_AN_ORGANIZATION_TRAIL, PASS_ROLE, TAGS_IN_THE_CALL],
            Self::DeregisterOrganizationDelegatedAdmin => &[DEREGISTRATION],
            Self::RegisterOrganizationDelegatedAdmin => &[REGISTRATION, SERVICE_LINKED_ROLES],
            Self::UpdateTrail => &[CHANGE_OF_AN_ORGANIZATION_TRAIL, PASS_ROLE],
            _ => &[],
        }
    }
}

/// CloudTrail calls Organizations and IAM with the permissions of whoever makes an organization
/// trail or converts one (CloudTrail user guide, "Prepare for creating a trail for your
/// organization").
const CHANGE_OF_AN_ORGANIZATION_TRAIL: &[&str] = &[
    "organizations:DescribeOrganization",
    "organizations:ListAWSServiceAccessForOrganization",
    "organizations:ListAccounts",
    "iam:CreateServiceLinkedRole",
    "iam:GetRole",
];

/// CloudWatchLogsRoleArn is a role that CloudTrail is handed.
const PASS_ROLE: &[&str] = &["iam:PassRole"];

/// The owner's tags go into CreateTrail itself.
const TAGS_IN_THE_CALL: &[&str] = &["cloudtrail:AddTags"];

/// CloudTrail's own registration calls Organizations' with the caller's permissions (CloudTrail user
/// guide, "Required permissions to assign a delegated administrator").
const REGISTRATION: &[&str] = &[
    "organizations:ListAWSServiceAccessForOrganization",
    "organizations:RegisterDelegatedAdministrator",
];

/// And the opposite.
const DEREGISTRATION: &[&str] = &[
    "organizations:DeregisterDelegatedAdministrator",
    "organizations:ListAWSServiceAccessForOrganization",
];

/// CloudTrail's roles in the management account, made at the first need of them.
const SERVICE_LINKED_ROLES: &[&str] = &["iam:CreateServiceLinkedRole", "iam:GetRole"];

/// A service of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as AWS names it")]
pub enum Service {
    CloudTrail,
    Organizations,
    S3,
    Sts,
}

impl Service {
    /// What its IAM actions are named after.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CloudTrail => "cloudtrail",
            Self::Organizations => "organizations",
            Self::S3 => "s3",
            Self::Sts => "sts",
        }
    }
}

impl Operation {
    /// The IAM action of its own.
    pub fn action(self) -> String {
        let service = self.service().name();
        match self {
            // Named after what is listed, not after the operation.
            Self::ListObjectsV2 => format!("{service}:ListBucket"),
            _ => format!("{service}:{self}"),
        }
    }

    /// All IAM actions that a caller needs, [`Self::action`] first.
    pub fn actions(self) -> impl Iterator<Item = String> {
        let also = self.also_needed().iter().copied().flatten();
        std::iter::once(self.action()).chain(also.map(|action| (*action).to_owned()))
    }

    /// Whether AWS takes it from the organization's management account only, whatever IAM says.
    pub const fn is_managements_alone(self) -> bool {
        matches!(
            self,
            Self::EnableAWSServiceAccess
                | Self::DisableAWSServiceAccess
                | Self::RegisterDelegatedAdministrator
                | Self::DeregisterDelegatedAdministrator
                | Self::RegisterOrganizationDelegatedAdmin
                | Self::DeregisterOrganizationDelegatedAdmin
        )
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_named_after_service_and_operation_but_for_a_listing() {
        assert_eq!(Operation::CreateTrail.action(), "cloudtrail:CreateTrail");
        assert_eq!(
            Operation::EnableAWSServiceAccess.action(),
            "organizations:EnableAWSServiceAccess"
        );
        assert_eq!(Operation::ListObjectsV2.action(), "s3:ListBucket");
        assert_eq!(Operation::AssumeRole.action(), "sts:AssumeRole");
    }

    #[test]
    fn a_call_needs_its_own_action_and_those_that_aws_asks_for_besides() {
        let actions: Vec<String> = Operation::CreateTrail.actions().collect();
        assert_eq!(actions[0], "cloudtrail:CreateTrail");
        for also in [
            "cloudtrail:AddTags",
            "iam:PassRole",
            "organizations:DescribeOrganization",
        ] {
            assert!(
                actions.iter().any(|action| action == also),
                "{also}: {actions:?}"
            );
        }
        let alone: Vec<String> = Operation::GetTrail.actions().collect();
        assert_eq!(alone, ["cloudtrail:GetTrail"]);
    }
}
