//! The reasons for failed calls, with cause and remedy, for the owner of the stack.
//!
//! The causes are those in the CloudTrail user guide (troubleshooting and policy pages) and in the issue
//! trackers of other tools. Policies have the real values, so that they can be copied.

mod advice;
mod delivery_error;
mod permission;
mod policy;

pub use delivery_error::explain_delivery_error;

use self::advice::Advice;
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

/// The reason: the operation, its subject, the cause, AWS's code and message, and the remedy.
pub fn explain(fault: &Fault, context: &Context<'_>) -> String {
    let subject = context.subject();
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
