//! The API operations that the function calls, and the permissions that they need.
//!
//! `tests/permissions.rs` compares the permissions with the policies in the templates.

use strum::VariantArray;

/// An API operation.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display, VariantArray,
)]
#[expect(missing_docs, reason = "each is named as AWS names it")]
pub enum Operation {
    // CloudTrail
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
    // Organizations
    DeregisterDelegatedAdministrator,
    DescribeOrganization,
    DisableAWSServiceAccess,
    EnableAWSServiceAccess,
    ListAWSServiceAccessForOrganization,
    ListAccounts,
    ListDelegatedAdministrators,
    RegisterDelegatedAdministrator,
    // S3
    ListObjectsV2,
    // STS
    AssumeRole,
}

impl Operation {
    /// All operations.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The service of the operation.
    pub const fn service(self) -> Service {
        match self {
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
            _ => Service::CloudTrail,
        }
    }

    /// The IAM action of the operation.
    pub fn action(self) -> String {
        let service = self.service().name();
        match self {
            // S3 has no action with the name of the operation.
            Self::ListObjectsV2 => format!("{service}:ListBucket"),
            _ => format!("{service}:{self}"),
        }
    }

    /// All IAM actions that a caller needs, [`Self::action`] first.
    pub fn actions(self) -> impl Iterator<Item = String> {
        let also = self.also_needed().iter().copied().flatten();
        std::iter::once(self.action()).chain(also.map(|action| (*action).to_owned()))
    }

    /// The IAM actions that a caller needs besides [`Self::action`], in groups.
    const fn also_needed(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::CreateTrail => &[CHANGE_OF_AN_ORGANIZATION_TRAIL, PASS_ROLE, TAGS_IN_THE_CALL],
            Self::DeregisterOrganizationDelegatedAdmin => &[DEREGISTRATION],
            Self::RegisterOrganizationDelegatedAdmin => &[REGISTRATION, SERVICE_LINKED_ROLES],
            Self::UpdateTrail => &[CHANGE_OF_AN_ORGANIZATION_TRAIL, PASS_ROLE],
            _ => &[],
        }
    }

    /// True if the plan of a Create or an Update calls it.
    pub const fn is_part_of_plans(self) -> bool {
        matches!(
            self,
            Self::AssumeRole
                | Self::DescribeOrganization
                | Self::GetEventConfiguration
                | Self::GetEventSelectors
                | Self::GetInsightSelectors
                | Self::GetTrail
                | Self::GetTrailStatus
                | Self::ListAWSServiceAccessForOrganization
                | Self::ListAccounts
                | Self::ListDelegatedAdministrators
                | Self::ListObjectsV2
                | Self::ListTags
        )
    }

    /// True if it reads a feature that some Regions and partitions do not offer.
    pub const fn reads_optional_feature(self) -> bool {
        matches!(
            self,
            Self::GetEventConfiguration
                | Self::GetEventDataStore
                | Self::GetInsightSelectors
                | Self::ListEventDataStores
        )
    }

    /// The properties that a call of the operation sets, if it sets few.
    pub const fn properties(self) -> Option<&'static str> {
        match self {
            Self::AddTags | Self::RemoveTags => Some("Tags"),
            Self::PutEventConfiguration => Some("AggregationConfigurations"),
            Self::PutEventSelectors => Some("EventSelectors or AdvancedEventSelectors"),
            Self::PutInsightSelectors => Some("InsightSelectors"),
            _ => None,
        }
    }

    /// True if AWS accepts it from the organization's management account only.
    pub const fn requires_management_account(self) -> bool {
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

/// CloudTrail calls Organizations and IAM with the permissions of the caller that creates an
/// organization trail or converts a trail to one (CloudTrail user guide, "Prepare for creating a trail
/// for your organization").
const CHANGE_OF_AN_ORGANIZATION_TRAIL: &[&str] = &[
    "organizations:DescribeOrganization",
    "organizations:ListAWSServiceAccessForOrganization",
    "organizations:ListAccounts",
    "iam:CreateServiceLinkedRole",
    "iam:GetRole",
];

/// For the role in CloudWatchLogsRoleArn.
const PASS_ROLE: &[&str] = &["iam:PassRole"];

/// For the owner's tags, which are part of the CreateTrail call.
const TAGS_IN_THE_CALL: &[&str] = &["cloudtrail:AddTags"];

/// CloudTrail registers the administrator in Organizations with the permissions of the caller
/// (CloudTrail user guide, "Required permissions to assign a delegated administrator").
const REGISTRATION: &[&str] = &[
    "organizations:ListAWSServiceAccessForOrganization",
    "organizations:RegisterDelegatedAdministrator",
];

/// The same for the deregistration.
const DEREGISTRATION: &[&str] = &[
    "organizations:DeregisterDelegatedAdministrator",
    "organizations:ListAWSServiceAccessForOrganization",
];

/// For CloudTrail's roles in the management account, which the first registration creates.
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
    /// The prefix of its IAM actions.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CloudTrail => "cloudtrail",
            Self::Organizations => "organizations",
            Self::S3 => "s3",
            Self::Sts => "sts",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn an_action_has_service_and_operation() {
        for (operation, action) in [
            (Operation::CreateTrail, "cloudtrail:CreateTrail"),
            (Operation::EnableAWSServiceAccess, "organizations:EnableAWSServiceAccess"),
            (Operation::ListObjectsV2, "s3:ListBucket"),
            (Operation::AssumeRole, "sts:AssumeRole"),
        ] {
            assert_eq!(operation.action(), action);
        }
    }

    #[test]
    fn a_call_may_need_more_actions() {
        let actions: Vec<String> = Operation::CreateTrail.actions().collect();
        assert_eq!(actions[0], "cloudtrail:CreateTrail");
        for (operation, also) in [
            (Operation::CreateTrail, "cloudtrail:AddTags"),
            (Operation::CreateTrail, "iam:PassRole"),
            (Operation::CreateTrail, "organizations:DescribeOrganization"),
            (Operation::UpdateTrail, "iam:PassRole"),
            (
                Operation::RegisterOrganizationDelegatedAdmin,
                "organizations:RegisterDelegatedAdministrator",
            ),
            (
                Operation::DeregisterOrganizationDelegatedAdmin,
                "organizations:DeregisterDelegatedAdministrator",
            ),
        ] {
            let actions: Vec<String> = operation.actions().collect();
            assert!(actions.contains(&also.to_owned()), "{also}: {actions:?}");
        }
        let alone: Vec<String> = Operation::GetTrail.actions().collect();
        assert_eq!(alone, ["cloudtrail:GetTrail"]);
    }

    fn reads(operation: Operation) -> bool {
        let name = operation.to_string();
        ["Get", "List", "Describe"].iter().any(|verb| name.starts_with(verb))
    }

    #[test]
    fn plans_and_optional_features_are_reads() {
        use Operation::{AssumeRole, GetEventDataStore, GetInsightSelectors, GetTrail};
        for operation in Operation::ALL.iter().copied() {
            let changes = !reads(operation) && operation != AssumeRole;
            assert!(!(changes && operation.is_part_of_plans()), "{operation}");
            assert!(!(changes && operation.reads_optional_feature()), "{operation}");
        }
        assert!(GetTrail.is_part_of_plans() && !GetEventDataStore.is_part_of_plans());
        assert!(GetInsightSelectors.reads_optional_feature());
    }

    #[test]
    fn only_the_management_account_changes_the_organization() {
        for operation in Operation::ALL.iter().copied() {
            let changes_organization = operation.service() == Service::Organizations
                || operation.to_string().contains("DelegatedAdmin");
            let expected = changes_organization && !reads(operation);
            assert_eq!(operation.requires_management_account(), expected, "{operation}");
        }
    }
}
