//! Cures for what IAM refuses.

use super::Context;
use super::advice::{Advice, advice};
use crate::domain::fault::Fault;
use crate::domain::operation::Operation;

impl Context<'_> {
    pub(super) fn access_denied(&self, fault: &Fault) -> Option<Advice> {
        if fault.operation == Operation::ListObjectsV2 {
            return advice(
                format!("the function may not list the bucket {}", self.bucket()),
                "Allow s3:ListBucket on it in the policy of the function's role, and in the \
                 bucket's policy where the bucket is in another account; or set \
                 LOG_BUCKET_ROLE_ARN to a role in that account which may",
            );
        }
        let (denied, management_account) = (denied(fault), self.management_account(" "));
        if fault.operation.is_managements_alone() {
            return advice(
                "only the organization's management account may do this, or the function is not \
                 allowed to",
                format!(
                    "Deploy it in the management account{management_account}, or set \
                     MANAGEMENT_ROLE_ARN to a role there, and allow {denied} in the policy of the \
                     function's role or of that one; a delegated administrator cannot do it"
                ),
            );
        }
        advice(
            "the function is not allowed to do this",
            format!(
                "Allow {denied} in the policy of the function's role (or of the role \
                 MANAGEMENT_ROLE_ARN), check service control policies, and that the function runs \
                 as the management account{management_account} or a delegated administrator: AWS \
                 answers the same to all of them"
            ),
        )
    }

    /// CloudTrail was denied what it does with the function's permissions.
    pub(super) fn dependency_denied(&self) -> Option<Advice> {
        advice(
            "CloudTrail calls Organizations and IAM with the function's permissions, and one of \
             them is missing",
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

/// The action that was denied, and the parameter of the function's stack, or of the role's, that
/// limits it.
fn denied(fault: &Fault) -> String {
    let own = fault.operation.action();
    // The call's own action may be allowed: CreateTrail is denied for want of iam:PassRole as well.
    let action = named_by_iam(fault.message()).unwrap_or(&own);
    match parameter(action) {
        Some(parameter) => format!("{action} (parameter {parameter} of its stack limits it)"),
        None => action.to_owned(),
    }
}

/// The action in IAM's sentence: `... is not authorized to perform: <action> on resource: ...`.
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

    fn service_error(operation: Operation, message: &str) -> String {
        let cause = Cause::service("AccessDeniedException", message, 400);
        let fault = Fault {
            operation,
            cause,
            request_id: None,
        };
        super::super::explain(&fault, &Context::default())
    }

    #[test]
    fn what_iam_says_was_denied_is_what_has_to_be_allowed() {
        let text = service_error(
            Operation::CreateTrail,
            "User: arn:aws:sts::111111111111:assumed-role/a/b is not authorized to perform: \
             iam:PassRole on resource: arn:aws:iam::111111111111:role/logs",
        );
        assert!(
            text.contains("Allow iam:PassRole (parameter CloudWatchLogsRoleArns"),
            "{text}"
        );
        assert!(!text.contains("Allow cloudtrail:CreateTrail"), "{text}");
    }

    #[test]
    fn where_iam_names_no_action_it_is_the_calls_own() {
        let text = service_error(Operation::GetTrail, "You don't have permissions");
        assert!(
            text.contains("Allow cloudtrail:GetTrail in the policy"),
            "{text}"
        );
        let text = service_error(Operation::RegisterDelegatedAdministrator, "");
        let wanted =
            "allow organizations:RegisterDelegatedAdministrator (parameter ServicePrincipals";
        assert!(text.contains(wanted), "{text}");
    }

    #[test]
    fn the_parameter_that_limits_an_action_is_named() {
        for (operation, parameter) in [
            (Operation::CreateTrail, "(parameter TrailNames of"),
            (Operation::StopLogging, "(parameter TrailNames of"),
            (
                Operation::EnableAWSServiceAccess,
                "(parameter ServicePrincipals of",
            ),
            (
                Operation::ListDelegatedAdministrators,
                "(parameter ServicePrincipals of",
            ),
        ] {
            let text = service_error(operation, "");
            assert!(text.contains(parameter), "{operation}: {text}");
        }
        let text = service_error(
            Operation::GetTrail,
            "is not authorized to perform: s3:ListBucket on resource: x",
        );
        assert!(
            text.contains("s3:ListBucket (parameter LogBucketName of"),
            "{text}"
        );
    }
}
