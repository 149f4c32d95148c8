//! The remedies for missing permissions.

use super::Context;
use super::advice::{Advice, advice};
use crate::domain::fault::Fault;
use crate::domain::operation::Operation;

impl Context<'_> {
    pub(super) fn access_denied(&self, fault: &Fault) -> Option<Advice> {
        match Denial::of(fault.message()) {
            // The advice below is about these policies.
            None
            | Some(Denial { explicit: false, policy: Some(Policy::Identity | Policy::Resource) })
                if fault.operation == Operation::ListObjectsV2 => {}
            Some(denial) => return denial.advice(fault),
            None => {}
        }
        if fault.operation == Operation::ListObjectsV2 {
            return advice(
                format!("the function is not allowed to list the bucket {}", self.bucket()),
                "Set the parameter LogBucketName of the function's stack to the name of the bucket. If \
                 the bucket is in another account, also allow s3:ListBucket to the function's role in \
                 the bucket policy (the parameter FunctionRoleArn of log-archive.yaml), or set the \
                 parameter LogBucketRoleArn of the function's stack to a role in that account that has \
                 this permission",
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
                 MANAGEMENT_ROLE_ARN. Check that the function runs as the management \
                 account{management_account} or as a delegated administrator. AWS's message does \
                 not show which of these is the cause"
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
                 context.cloudtrail.amazonaws.com) in the policy of the function's role. If it allows \
                 them, check the service control policies of its account",
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

/// The kinds of policies that IAM names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    Identity,
    Resource,
    PermissionsBoundary,
    Session,
    ServiceControl,
    ResourceControl,
    VpcEndpoint,
}

impl Policy {
    const ALL: [Self; 7] = [
        Self::Identity,
        Self::Resource,
        Self::PermissionsBoundary,
        Self::Session,
        Self::ServiceControl,
        Self::ResourceControl,
        Self::VpcEndpoint,
    ];

    /// As in IAM's messages (IAM user guide, "Troubleshoot access denied error messages").
    const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Resource => "resource-based policy",
            Self::PermissionsBoundary => "permissions boundary",
            Self::Session => "session policy",
            Self::ServiceControl => "service control policy",
            Self::ResourceControl => "resource control policy",
            Self::VpcEndpoint => "VPC endpoint policy",
        }
    }

    /// Where the policy is.
    const fn place(self) -> &'static str {
        match self {
            Self::Identity => "a policy of the role",
            Self::Resource => "the policy of the resource",
            Self::PermissionsBoundary => "the permissions boundary of the role",
            Self::Session => "the session policy of the role session",
            Self::ServiceControl => "a service control policy of the role's account",
            Self::ResourceControl => {
                "a resource control policy of the account that owns the resource"
            }
            Self::VpcEndpoint => "the policy of the VPC endpoint that the call goes through",
        }
    }
}

/// The part of IAM's message about the policies:
/// `... with an explicit deny in a service control policy` or
/// `... because no identity-based policy allows the ... action`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Denial {
    explicit: bool,
    policy: Option<Policy>,
}

impl Denial {
    fn of(message: &str) -> Option<Self> {
        let policy =
            |rest: &str| Policy::ALL.into_iter().find(|kind| rest.starts_with(kind.name()));
        if let Some((_, rest)) = message.split_once("with an explicit deny") {
            let rest = rest.trim_start_matches(" in ").trim_start_matches("an ");
            return Some(Self { explicit: true, policy: policy(rest.trim_start_matches("a ")) });
        }
        let (_, rest) = message.split_once("because no ")?;
        Some(Self { explicit: false, policy: Some(policy(rest)?) })
    }

    fn advice(self, fault: &Fault) -> Option<Advice> {
        let action = named_by_iam(fault.message()).map_or(fault.operation.action(), str::to_owned);
        match self {
            Self { explicit: true, policy } => {
                let (name, place) = match policy {
                    Some(Policy::Identity) => {
                        ("an identity-based policy", Policy::Identity.place())
                    }
                    Some(policy) => (&*format!("a {}", policy.name()), policy.place()),
                    None => ("a policy", "one of the policies that apply to the role"),
                };
                advice(
                    format!("a Deny statement in {name} denies {action}"),
                    format!(
                        "Find the Deny statement in {place}, and exclude the role from it. Another \
                         permission cannot override it. The role is in AWS's message"
                    ),
                )
            }
            Self { explicit: false, policy: None | Some(Policy::Identity) } => advice(
                format!(
                    "the function is not allowed to make this call, because no policy of its role \
                     allows {action}"
                ),
                format!(
                    "Allow {} in the policy of the role. The role is in AWS's message",
                    denied(fault)
                ),
            ),
            Self { explicit: false, policy: Some(policy) } => advice(
                format!("no {} allows {action}", policy.name()),
                format!(
                    "Allow {action} in {}. AWS requires it in addition to the permission in the \
                     policy of the role. The role is in AWS's message",
                    policy.place()
                ),
            ),
        }
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

    /// An explicit deny is never answered with the advice to allow the action.
    #[test]
    fn advice_follows_the_kind_of_policy() {
        let message = |end: &str| {
            format!(
                "User: x is not authorized to perform: cloudtrail:CreateTrail on resource: y {end}"
            )
        };
        let reason = |end: &str| {
            let operation = Operation::CreateTrail;
            let cause = Cause::service("AccessDeniedException", message(end), 400);
            let fault = Fault { operation, region: None, cause, request_id: None };
            super::super::explain(&fault, &Context::default())
        };
        for policy in Policy::ALL {
            let article = if policy == Policy::Identity { "an" } else { "a" };
            let name = policy.name();
            let explicit = reason(&format!("with an explicit deny in {article} {name}"));
            assert!(!explicit.contains("Allow "), "{explicit}");
            let denied =
                format!("a Deny statement in {article} {name} denies cloudtrail:CreateTrail");
            for part in [denied.as_str(), policy.place(), "exclude the role from it"] {
                assert!(explicit.contains(part), "{part}: {explicit}");
            }
            let implicit =
                reason(&format!("because no {name} allows the cloudtrail:CreateTrail action"));
            assert!(implicit.contains("Allow cloudtrail:CreateTrail"), "{implicit}");
            assert_eq!(implicit.matches("Allow ").count(), 1, "{implicit}");
            let place =
                if policy == Policy::Identity { "the policy of the role" } else { policy.place() };
            assert!(implicit.contains(place), "{implicit}");
        }
        // Older messages do not name the policy.
        let explicit = reason("with an explicit deny");
        assert!(explicit.contains("one of the policies that apply"), "{explicit}");
        assert!(!explicit.contains("Allow "), "{explicit}");
    }

    #[test]
    #[rustfmt::skip] // One row per case.
    fn a_denied_listing_names_the_parameters() {
        for (end, part) in [
            ("because no identity-based policy allows the s3:ListBucket action", "the parameter LogBucketRoleArn"),
            ("because no resource-based policy allows the s3:ListBucket action", "the parameter LogBucketRoleArn"),
            ("because no service control policy allows the s3:ListBucket action", "in a service control policy of the role's account"),
            ("because no VPC endpoint policy allows the s3:ListBucket action", "in the policy of the VPC endpoint"),
            ("with an explicit deny in a resource-based policy", "Find the Deny statement in the policy of the resource"),
        ] {
            let message = format!("User: x is not authorized to perform: s3:ListBucket on resource: y {end}");
            let cause = Cause::service("AccessDenied", message, 403);
            let fault = Fault { operation: Operation::ListObjectsV2, region: None, cause, request_id: None };
            let reason = super::super::explain(&fault, &Context::default());
            assert!(reason.contains(part), "{end}: {reason}");
        }
    }

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
            let fault = Fault { operation, region: None, cause, request_id: None };
            let reason = super::super::explain(&fault, &Context::default());
            assert!(reason.contains(&format!("Allow {denied}")), "{denied}: {reason}");
            assert_eq!(reason.matches("Allow ").count(), 1, "{reason}");
        }
    }
}
