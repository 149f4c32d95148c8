//! The reasons for failed calls, with cause and remedy, for the owner of the stack.
//!
//! The causes are those in the CloudTrail user guide (troubleshooting and policy pages) and in the issue
//! trackers of other tools. Policies have the real values, so that they can be copied.

mod advice;
mod constraint;
mod delivery_error;
mod permission;
mod policy;

pub use delivery_error::explain_delivery_error;

use self::advice::Advice;
use super::error_codes::ErrorCode;
use super::fault::{Cause, Fault};
use super::names::{AccountId, TrailArn, TrailName};
use super::organization::Organization;
use super::trail::settings::{CloudWatchLogs, Settings};

/// The subject of a call, as far as it is known when the call fails.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// The request is a Delete, which needs other advice: nothing has to be created for it.
    pub deletes: bool,
    /// The trail.
    pub trail: Option<&'a TrailArn>,
    /// The name of the trail, if its ARN is not known yet.
    pub trail_name: Option<&'a TrailName>,
    /// The organization.
    pub organization: Option<&'a Organization>,
    /// The desired settings of the trail.
    pub settings: Option<&'a Settings>,
    /// The service whose trusted access or administrator the call changes.
    pub service_principal: Option<&'a str>,
    /// The administrator of the service.
    pub account: Option<AccountId>,
}

/// True if the reason names the management account, if it is known.
pub fn names_management_account(fault: &Fault) -> bool {
    matches!(
        fault.code(),
        Some(
            ErrorCode::AccessDenied
                | ErrorCode::NotOrganizationManagementAccount
                | ErrorCode::NotOrganizationMasterAccount
        )
    )
}

/// The reason: the operation, its subject, the Region of the call, the cause, AWS's code and message, and the remedy.
pub fn explain(fault: &Fault, context: &Context<'_>) -> String {
    let subject = context.subject() + &context.place(fault);
    let operation = fault.operation;
    if let Cause::RoleNotAssumed { why, .. } = &fault.cause {
        return format!("{why}. {operation} for {subject} requires this role");
    }
    match context.advise(fault) {
        Some(Advice { cause, remedy }) => {
            format!("{operation} for {subject} failed: {cause} ({fault}). {remedy}")
        }
        None => format!("{operation} for {subject} failed ({fault})"),
    }
}

impl Context<'_> {
    fn subject(&self) -> String {
        match (self.trail, self.trail_name, self.service_principal) {
            (Some(trail), _, _) => trail.to_string(),
            (None, Some(name), _) => format!("the trail {name}"),
            (None, None, Some(service)) => match self.account {
                Some(account) => format!("{account} as delegated administrator of {service}"),
                None => format!("trusted access with {service}"),
            },
            (None, None, None) => "the organization".to_owned(),
        }
    }

    /// The Region of the call, unless the ARN of the trail contains it.
    fn place(&self, fault: &Fault) -> String {
        let region = fault.region.as_ref();
        let region =
            region.filter(|region| self.trail.is_none_or(|trail| trail.region() != *region));
        region.map(|region| format!(" in {region}")).unwrap_or_default()
    }

    /// The instruction to repeat the request.
    fn again(&self) -> &'static str {
        if self.deletes { "Delete the stack again" } else { "Deploy again" }
    }

    /// The remedy for a call that requires something that does not exist. A Delete must not depend on
    /// it.
    fn require(&self, remedy: impl Into<String>) -> String {
        if self.deletes {
            "Delete the stack again. If this error remains, remove the resource by hand, and delete \
             the stack so that it retains this resource"
                .to_owned()
        } else {
            remedy.into()
        }
    }

    /// The ID of the management account after a space, if it is known.
    fn management_account(&self) -> String {
        let account = self.organization.map(|organization| organization.management_account);
        account.map(|account| format!(" {account}")).unwrap_or_default()
    }

    fn bucket(&self) -> &str {
        self.settings.map_or("the bucket", |settings| settings.bucket.as_str())
    }

    fn key(&self) -> &str {
        self.settings.and_then(|settings| settings.kms_key.as_deref()).unwrap_or("the bucket's key")
    }

    fn topic(&self) -> &str {
        self.settings.and_then(|settings| settings.sns_topic.as_deref()).unwrap_or("the topic")
    }

    fn log_group(&self) -> &str {
        self.cloud_watch_logs().map_or("the log group", |logs| logs.log_group_arn.as_str())
    }

    fn log_role(&self) -> &str {
        self.cloud_watch_logs().map_or("of the trail", |logs| logs.role_arn.as_str())
    }

    fn cloud_watch_logs(&self) -> Option<&CloudWatchLogs> {
        self.settings?.cloud_watch_logs.as_ref()
    }
}

#[cfg(test)]
mod tests;
