//! The remedies for missing permissions.

use super::Context;
use super::advice::{Advice, advice};
use crate::domain::fault::Fault;
use crate::domain::operation::Operation;

impl Context<'_> {
    pub(super) fn access_denied(&self, fault: &Fault) -> Option<Advice> {
        if fault.operation == Operation::ListObjectsV2 {
            return advice(
                format!("the function is not allowed to list the bucket {}", self.bucket()),
                "Allow s3:ListBucket on the bucket in the policy of the function's role. If the \
                 bucket is in another account, also allow it in the bucket's policy, or set \
                 LOG_BUCKET_ROLE_ARN to a role in that account that has this permission",
            );
        }
        let (denied, management_account) = (denied(fault), self.management_account());
        if fault.operation.requires_management_account() {
            return advice(
                "the function does not run as the organization's management account, or it is not \
                 allowed to make this call",
                format!(
                    "Deploy the function in the management account{management_account}, or set \
                     MANAGEMENT_ROLE_ARN to a role in that account. A delegated administrator \
                     cannot make this call. Allow {denied} in the policy of the function's role \
                     or of that role"
                ),
            );
        }
        advice(
            "the function is not allowed to make this call",
            format!(
                "Allow {denied} in the policy of the function's role, or of the role \
                 MANAGEMENT_ROLE_ARN. Check service control policies. Check that the function runs \
                 as the management account{management_account} or as a delegated administrator. \
                 AWS returns the same error for all of these causes"
            ),
        )
    }

    /// CloudTrail makes calls with the function's permissions, and one of these calls was denied.
    pub(super) fn dependency_denied(&self) -> Option<Advice> {
        advice(
            "CloudTrail calls Organizations and IAM with the function's permissions, and a \
             permission is missing",
            format!(
                "Allow organizations:DescribeOrganization, organizations:ListAccounts, \
                 organizations:ListAWSServiceAccessForOrganization,{} iam:GetRole and \
                 iam:CreateServiceLinkedRole (for cloudtrail.amazonaws.com and \
                 context.cloudtrail.amazonaws.com) in the policy of the function's role",
                match self.account {
                    Some(_) =>
                        " organizations:RegisterDelegatedAdministrator, \
                         organizations:DeregisterDelegatedAdministrator,",
                    None => "",
                }
            ),
        )
    }
}

/// The action that was denied, and the parameter that limits it in the stack of the function or of the
/// management role.
fn denied(fault: &Fault) -> String {
    let own = fault.operation.action();
    // IAM may have denied another action: CreateTrail also requires iam:PassRole.
    let action = named_by_iam(fault.message()).unwrap_or(&own);
    match parameter(action) {
        Some(parameter) => format!("{action} (limited by the parameter {parameter} of its stack)"),
        None => action.to_owned(),
    }
}

/// The action in IAM's message: `... is not authorized to perform: <action> on resource: ...`.
fn named_by_iam(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("not authorized to perform: ")?;
    let action = rest.split_whitespace().next()?;
    action.contains(':').then_some(action)
}

fn parameter(action: &str) -> Option<&'static str> {
    match action {
        "iam:PassRole" => Some("CloudWatchLogsRoleArns"),
        "s3:ListBucket" => Some("LogBucketName"),
        "cloudtrail:CreateTrail"
        | "cloudtrail:UpdateTrail"
        | "cloudtrail:DeleteTrail"
        | "cloudtrail:PutEventSelectors"
        | "cloudtrail:PutInsightSelectors"
        | "cloudtrail:PutEventConfiguration"
        | "cloudtrail:StartLogging"
        | "cloudtrail:StopLogging"
        | "cloudtrail:AddTags"
        | "cloudtrail:RemoveTags" => Some("TrailNames"),
        "organizations:EnableAWSServiceAccess"
        | "organizations:DisableAWSServiceAccess"
        | "organizations:RegisterDelegatedAdministrator"
        | "organizations:DeregisterDelegatedAdministrator"
        | "organizations:ListDelegatedAdministrators" => Some("ServicePrincipals"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::Cause;

    #[test]
    #[rustfmt::skip] // One row per case.
    fn the_denied_action_and_its_parameter_are_named() {
        let pass_role = "User: arn:aws:sts::111111111111:assumed-role/a/b is not authorized to perform: \
                         iam:PassRole on resource: arn:aws:iam::111111111111:role/logs";
        let list = "is not authorized to perform: s3:ListBucket on resource: x";
        for (operation, message, denied) in [
            (Operation::CreateTrail, pass_role, "iam:PassRole (limited by the parameter CloudWatchLogsRoleArns of"),
            (Operation::GetTrail, list, "s3:ListBucket (limited by the parameter LogBucketName of"),
            (Operation::GetTrail, "You don't have permissions", "cloudtrail:GetTrail in the policy"),
            (Operation::CreateTrail, "", "cloudtrail:CreateTrail (limited by the parameter TrailNames of"),
            (Operation::StopLogging, "", "cloudtrail:StopLogging (limited by the parameter TrailNames of"),
            (Operation::EnableAWSServiceAccess, "", "organizations:EnableAWSServiceAccess (limited by the parameter ServicePrincipals of"),
            (Operation::ListDelegatedAdministrators, "", "organizations:ListDelegatedAdministrators (limited by the parameter ServicePrincipals of"),
            (Operation::RegisterDelegatedAdministrator, "", "organizations:RegisterDelegatedAdministrator (limited by the parameter ServicePrincipals of"),
        ] {
            let cause = Cause::service("AccessDeniedException", message, 400);
            let fault = Fault { operation, cause, request_id: None };
            let reason = super::super::explain(&fault, &Context::default());
            assert!(reason.contains(&format!("Allow {denied}")), "{denied}: {reason}");
            assert_eq!(reason.matches("Allow ").count(), 1, "{reason}");
        }
    }
}
