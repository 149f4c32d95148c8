//! What is wrong and how to put it right, in words for the stack's owner.
//!
//! AWS's codes say what was refused, seldom why; the causes here are those of
//! the CloudTrail user guide (troubleshooting and policy pages) and of the issue trackers of the
//! tools that met them before. Policies are given with the real values, ready to be copied.

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

/// What a call was about, as far as it is known when the call fails.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// The trail.
    pub trail: Option<&'a TrailArn>,
    /// The trail's name, where its ARN is not known yet.
    pub trail_name: Option<&'a TrailName>,
    /// The organization.
    pub organization: Option<&'a Organization>,
    /// What was wanted of the trail.
    pub settings: Option<&'a Settings>,
    /// The service whose trusted access or administrator was to be changed.
    pub service_principal: Option<&'a str>,
    /// The account that was to administer it.
    pub account: Option<AccountId>,
}

/// The whole sentence: what was tried, on what, why not (with AWS's code and words), what to do.
pub fn explain(fault: &Fault, context: &Context<'_>) -> String {
    let subject = context.subject();
    let operation = fault.operation;
    if let Cause::RoleNotAssumed { why, .. } = &fault.cause {
        return format!("{why}. It was needed for {operation} for {subject}");
    }
    match context.advise(fault) {
        Some(Advice { cause, cure }) => {
            format!("{operation} for {subject} failed: {cause} ({fault}). {cure}")
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
                Some(account) => format!("{account} as administrator of {service}"),
                None => format!("trusted access with {service}"),
            },
            (None, None, None) => "the organization".to_owned(),
        }
    }

    fn management_account(&self, before: &str) -> String {
        self.organization
            .map(|organization| format!("{before}{}", organization.management_account))
            .unwrap_or_default()
    }

    fn bucket(&self) -> &str {
        self.settings
            .map_or("the bucket", |settings| settings.bucket.as_str())
    }

    fn key(&self) -> &str {
        self.settings
            .and_then(|settings| settings.kms_key.as_deref())
            .unwrap_or("the bucket's key")
    }

    fn topic(&self) -> &str {
        self.settings
            .and_then(|settings| settings.sns_topic.as_deref())
            .unwrap_or("the topic")
    }

    fn log_group(&self) -> &str {
        self.cloud_watch_logs()
            .map_or("the log group", |logs| logs.log_group_arn.as_str())
    }

    fn log_role(&self) -> &str {
        self.cloud_watch_logs()
            .map_or("of the trail", |logs| logs.role_arn.as_str())
    }

    fn cloud_watch_logs(&self) -> Option<&CloudWatchLogs> {
        self.settings?.cloud_watch_logs.as_ref()
    }
}

#[cfg(test)]
mod tests;
