//! Cures for what IAM refuses.

use super::{Advice, Scene, advice};
use crate::core::fault::Fault;

impl Scene<'_> {
    pub(super) fn about_permissions(&self, fault: &Fault) -> Option<Advice> {
        match fault.code() {
            "AccessDenied" if fault.operation.is_managements_alone() => advice(
                "only the organization's management account may do this, or the function is not \
                 allowed to",
                format!(
                    "Deploy it in the management account{}, or set MANAGEMENT_ROLE_ARN to a role \
                     there, and allow {} in the policy of the function's role or of that one; a \
                     delegated administrator cannot do it",
                    self.management_account(" "),
                    denied(fault),
                ),
            ),
            "AccessDenied" => advice(
                "the function is not allowed to do this",
                format!(
                    "Allow {} in the policy of the function's role (or of the role \
                     MANAGEMENT_ROLE_ARN), check service control policies, and that the function \
                     runs as the management account{} or a delegated administrator: AWS answers \
                     the same to all of them",
                    denied(fault),
                    self.management_account(" "),
                ),
            ),
            "InsufficientDependencyServiceAccessPermission" | "InsufficientIAMAccessPermission" => {
                advice(
                    "CloudTrail calls Organizations and IAM with the function's permissions, and \
                     one of them is missing",
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
            _ => None,
        }
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
    use crate::core::fault::Cause;
    use crate::core::operation::Operation;

    fn refused(operation: Operation, message: &str) -> String {
        let cause = Cause::Refused {
            code: "AccessDeniedException".to_owned(),
            message: message.to_owned(),
            status: 400,
        };
        let fault = Fault {
            operation,
            cause,
            request_id: None,
        };
        super::super::explain(&fault, &Scene::default())
    }

    #[test]
    fn what_iam_says_was_denied_is_what_has_to_be_allowed() {
        let text = refused(
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
        let text = refused(Operation::GetTrail, "You don't have permissions");
        assert!(
            text.contains("Allow cloudtrail:GetTrail in the policy"),
            "{text}"
        );
        let text = refused(Operation::RegisterDelegatedAdministrator, "");
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
            let text = refused(operation, "");
            assert!(text.contains(parameter), "{operation}: {text}");
        }
        let text = refused(
            Operation::GetTrail,
            "is not authorized to perform: s3:ListBucket on resource: x",
        );
        assert!(
            text.contains("s3:ListBucket (parameter LogBucketName of"),
            "{text}"
        );
    }
}
