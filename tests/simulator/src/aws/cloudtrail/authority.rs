//! The accounts that may make and change organization trails, and what these need of the organization.

use crate::aws::{
    CLOUDTRAIL, Caller, FeatureSet, ServiceError, Trail, World, error::refuse, world::still_unseen,
};

type Checked = Result<(), ServiceError>;

/// Checks that the caller may own or change organization trails now, and returns the account
/// that owns them: the management account, even if its delegated administrator calls.
pub(super) fn check_organization_trail(
    world: &mut World,
    caller: &Caller,
) -> Result<String, ServiceError> {
    check_organization(world, caller)?;
    let managing = world.is_management_account(&caller.account);
    if !managing && !world.is_delegated_administrator(&caller.account) {
        return Err(not_management_account());
    }
    let role_exists = world.service_linked_roles.contains(CLOUDTRAIL);
    let dependent = [
        "organizations:DescribeOrganization",
        "organizations:ListAWSServiceAccessForOrganization",
        "iam:GetRole",
        "iam:CreateServiceLinkedRole",
    ];
    check_dependent_actions(world, &dependent[..if role_exists { 3 } else { 4 }])?;
    check_trusted_access(world)?;
    if managing {
        // The first organization call from the management account makes the role.
        world.service_linked_roles.insert(CLOUDTRAIL.to_owned());
    } else {
        check_service_linked_role(world)?;
    }
    Ok(world.management_account().to_owned())
}

/// Checks that the caller may change a trail that another account owns.
pub(super) fn check_foreign_change(world: &World, caller: &Caller, trail: &Trail) -> Checked {
    // Converting included: a delegated administrator manages organization trails and cannot make
    // any out of the management account's own.
    if !trail.is_organization_trail || !world.is_delegated_administrator(&caller.account) {
        return Err(not_management_account());
    }
    check_service_linked_role(world)
}

/// Checks that the caller is the account that owns a resource, or CloudTrail's delegated
/// administrator. To others a tag operation returns that the ARN is wrong, copies included.
pub(super) fn check_owner(world: &World, caller: &Caller, owner: &str) -> Checked {
    if caller.account == owner || world.is_delegated_administrator(&caller.account) {
        return Ok(());
    }
    refuse("CloudTrailARNInvalidException", "AccountID in ARN is wrong")
}

/// Checks what several reads of a delegated administrator need as well.
pub(super) fn check_delegated_read(world: &World, caller: &Caller) -> Checked {
    if world.is_delegated_administrator(&caller.account) {
        check_service_linked_role(world)?;
    }
    Ok(())
}

/// Checks that the caller is in an organization with all features.
pub(super) fn check_organization(world: &World, caller: &Caller) -> Checked {
    match world.organization_of(&caller.account).map(|organization| organization.feature_set) {
        Some(FeatureSet::All) => Ok(()),
        Some(FeatureSet::ConsolidatedBilling) => refuse(
            "OrganizationNotInAllFeaturesModeException",
            "AWS Organizations must be set to all features for this operation.",
        ),
        None => refuse(
            "OrganizationsNotInUseException",
            "The account is not a member of an organization in AWS Organizations.",
        ),
    }
}

/// Checks that trusted access is on, and seen to be on.
pub(super) fn check_trusted_access(world: &mut World) -> Checked {
    let enabled = world.trusted_access.contains_key(CLOUDTRAIL);
    if enabled && !still_unseen(&mut world.propagation.trusted_access) {
        return Ok(());
    }
    refuse(
        "CloudTrailAccessNotEnabledException",
        "The organization has not enabled AWS CloudTrail as a trusted service. Enable trusted \
         access for cloudtrail.amazonaws.com in AWS Organizations and try again.",
    )
}

/// The refusal of a call on trails that only the management account or its delegate may make.
pub(super) fn not_management_account() -> ServiceError {
    ServiceError::new(
        "NotOrganizationMasterAccountException",
        "The request must be made from the organization's management account, or where that is \
         possible from CloudTrail's delegated administrator.",
    )
}

/// Checks that the caller may take the actions that CloudTrail takes for it.
pub(super) fn check_dependent_actions(world: &World, actions: &[&str]) -> Checked {
    if actions.iter().any(|action| world.denies(action)) {
        return refuse(
            "InsufficientDependencyServiceAccessPermissionException",
            "The caller does not have sufficient permissions for one or more required APIs of AWS \
             Organizations or IAM.",
        );
    }
    Ok(())
}

fn check_service_linked_role(world: &World) -> Checked {
    if world.service_linked_roles.contains(CLOUDTRAIL) {
        return Ok(());
    }
    let message =
        "The management account does not have the service-linked role AWSServiceRoleForCloudTrail.";
    refuse("NoManagementAccountSLRExistsException", message)
}
