//! Resource policies, evaluated as IAM evaluates them for a call of a service or of another account.
//!
//! Only what such policies use is here: service and account principals, actions and resources with
//! wildcards, and the string, ARN and Boolean conditions. An element or a condition operator that is
//! not known denies: a test must not pass because this module did not understand its policy.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Arn;

/// A bucket's, key's, topic's or role's policy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Policy {
    /// There is none, so nothing is allowed.
    #[default]
    Missing,
    /// Everything is allowed: for tests that are not about policies.
    AllowsEverything,
    /// A policy document.
    Document(Value),
}

/// The caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal<'a> {
    /// A service, for example `cloudtrail.amazonaws.com`.
    Service(&'a str),
    /// A caller in an account, with the permissions of that account.
    Account(&'a str),
}

/// A call that a policy may allow.
#[derive(Debug, Clone)]
pub struct Access<'a> {
    /// The caller.
    pub principal: Principal<'a>,
    /// For example, `s3:PutObject`.
    pub action: &'a str,
    /// The ARN that is to be acted on. A `*` in it is a character like any other, so that only a
    /// policy that covers everything below it matches.
    pub resource: &'a str,
    /// Condition keys and their values.
    pub context: BTreeMap<&'a str, String>,
}

impl Policy {
    /// The statements that AWS documents for a trail's bucket.
    pub fn of_bucket(bucket: &str, prefix: Option<&str>, trail_arn: &str, org: &str) -> Self {
        let (partition, account) =
            Arn::parse(trail_arn).map_or(("aws", ""), |arn| (arn.partition, arn.account));
        let bucket = format!("arn:{partition}:s3:::{bucket}");
        let prefix = prefix.map(|prefix| format!("{prefix}/")).unwrap_or_default();
        let statement = |action: &str, resource: String, condition: Value| {
            json!({
                "Effect": "Allow",
                "Principal": { "Service": super::CLOUDTRAIL },
                "Action": action,
                "Resource": resource,
                "Condition": condition,
            })
        };
        let reading = json!({ "StringEquals": { "aws:SourceArn": trail_arn } });
        let writing = json!({ "StringEquals": {
            "aws:SourceArn": trail_arn,
            "s3:x-amz-acl": "bucket-owner-full-control",
        } });
        let logs = |of: &str| format!("{bucket}/{prefix}AWSLogs/{of}/*");
        Self::Document(json!({
            "Version": "2012-10-17",
            "Statement": [
                statement("s3:GetBucketAcl", bucket.clone(), reading),
                statement("s3:PutObject", logs(account), writing.clone()),
                statement("s3:PutObject", logs(org), writing),
            ],
        }))
    }

    /// True if some statement allows `access` and none denies it.
    pub fn allows(&self, access: &Access<'_>) -> bool {
        match self {
            Self::Missing => false,
            Self::AllowsEverything => true,
            Self::Document(document) => {
                let mut grants = with_effect(document, "Allow");
                grants.any(|grant| covers(grant, access).unwrap_or(false)) && !self.denies(access)
            }
        }
    }

    /// True if some statement denies `access`.
    pub fn denies(&self, access: &Access<'_>) -> bool {
        match self {
            Self::Missing | Self::AllowsEverything => false,
            Self::Document(document) => {
                let mut denials = with_effect(document, "Deny");
                denials.any(|denial| covers(denial, access).unwrap_or(true))
            }
        }
    }
}

fn with_effect<'a>(document: &'a Value, effect: &'a str) -> impl Iterator<Item = &'a Value> {
    each(&document["Statement"]).iter().filter(move |statement| statement["Effect"] == effect)
}

/// A value that a policy may write alone or as a list.
fn each(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(values) => values,
        value => std::slice::from_ref(value),
    }
}

/// The elements of a statement that are understood.
const ELEMENTS: [&str; 6] = ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"];

/// True if a statement is about `access`; `None` if something in it is not understood.
fn covers(statement: &Value, access: &Access<'_>) -> Option<bool> {
    let elements = statement.as_object()?;
    if !elements.keys().all(|element| ELEMENTS.contains(&element.as_str())) {
        return None;
    }
    let any = |element: &str, is_meant: &dyn Fn(&str) -> bool| {
        each(&statement[element]).iter().filter_map(Value::as_str).any(is_meant)
    };
    let action = access.action.to_lowercase();
    // A role's trust policy has no resource: it concerns the role that it is attached to. Its
    // permissions have no principal: they are the role's.
    let concerned = (statement["Principal"].is_null() || names(statement, access.principal))
        && any("Action", &|pattern| matches_wildcards(&pattern.to_lowercase(), &action))
        && (statement["Resource"].is_null()
            || any("Resource", &|pattern| matches_wildcards(pattern, access.resource)));
    if !concerned {
        return Some(false);
    }
    let mut holds = true;
    for (operator, keys) in statement["Condition"].as_object().into_iter().flatten() {
        for (key, wanted) in keys.as_object()? {
            let mut context = access.context.iter();
            let actual = context.find(|(name, _)| name.eq_ignore_ascii_case(key));
            holds &= condition_holds(operator, actual.map(|(_, value)| value.as_str()), wanted)?;
        }
    }
    Some(holds)
}

fn names(statement: &Value, asking: Principal<'_>) -> bool {
    let principal = &statement["Principal"];
    let any = |kind: &str, is_meant: &dyn Fn(&str) -> bool| {
        each(&principal[kind]).iter().filter_map(Value::as_str).any(is_meant)
    };
    principal == "*"
        || any("AWS", &|named| named == "*")
        || match asking {
            Principal::Service(service) => any("Service", &|named| named == service),
            Principal::Account(id) => any("AWS", &|named| is_account(named, id)),
        }
}

/// True if a principal in a policy is an account as a whole: its ID, or its root user's ARN.
fn is_account(principal: &str, id: &str) -> bool {
    let root = Arn::parse(principal)
        .is_some_and(|arn| arn.service == "iam" && arn.account == id && arn.resource == "root");
    principal == id || root
}

/// `None` if the operator is not known.
fn condition_holds(operator: &str, actual: Option<&str>, wanted: &Value) -> Option<bool> {
    let equal: fn(&str, &str) -> bool = match operator {
        "StringEquals" | "StringNotEquals" => |wanted, actual| wanted == actual,
        "Bool" => |wanted, actual| wanted.eq_ignore_ascii_case(actual),
        "StringLike" | "StringNotLike" => matches_wildcards,
        "ArnLike" | "ArnNotLike" | "ArnEquals" | "ArnNotEquals" => is_arn_like,
        _ => return None,
    };
    let matches = |actual: &str| {
        // The JSON of a Boolean is what an operator compares with.
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        each(wanted).iter().any(|wanted| equal(&text(wanted), actual))
    };
    // IAM: a missing key fails a plain operator and satisfies a negated one.
    Some(actual.is_some_and(matches) != operator.contains("Not"))
}

/// True if each of the six parts of an ARN matches that of `pattern`: no `*` spans a colon between
/// them.
fn is_arn_like(pattern: &str, arn: &str) -> bool {
    let parts = |text| str::splitn(text, 6, ':').collect::<Vec<_>>();
    let (patterns, parts) = (parts(pattern), parts(arn));
    patterns.len() == parts.len()
        && patterns.iter().zip(parts).all(|(pattern, part)| matches_wildcards(pattern, part))
}

/// True if `text` matches `pattern`, where `*` stands for any characters and `?` for one.
pub(super) fn matches_wildcards(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => {
            let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.any(|at| matches_wildcards(rest.as_str(), &text[at..]))
        }
        Some(wanted) => {
            let mut left = text.chars();
            left.next().is_some_and(|actual| wanted == '?' || wanted == actual)
                && matches_wildcards(rest.as_str(), left.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::CLOUDTRAIL;

    const LOGS: &str = "arn:aws:s3:::logs/AWSLogs/o-exampleorg1/*";
    const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:111111111111:trail/OrgTrail";

    fn putting<'a>(resource: &'a str, source: &str) -> Access<'a> {
        let acl = "bucket-owner-full-control".to_owned();
        Access {
            principal: Principal::Service(CLOUDTRAIL),
            action: "s3:PutObject",
            resource,
            context: [("aws:SourceArn", source.to_owned()), ("s3:x-amz-acl", acl)].into(),
        }
    }

    /// A policy that allows everything, with some elements in place of its own, and one more
    /// statement.
    fn policy(elements: &Value, more: &Value) -> Policy {
        let mut statement =
            json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*" });
        for (name, value) in elements.as_object().expect("elements") {
            statement[name] = value.clone();
        }
        Policy::Document(json!({ "Statement": [statement, more] }))
    }

    #[test]
    fn the_elements_of_a_statement_select() {
        let condition = |operator: &str, key: &str, value: &str| json!({ "Condition": { operator: { key: [value] } } });
        #[rustfmt::skip]
        let cases = [
            (json!({}), true),
            (json!({ "Action": ["S3:Put*"], "Resource": [LOGS] }), true),
            (json!({ "Action": "s3:GetObject" }), false),
            (
                json!({ "Resource": "arn:aws:s3:::logs/AWSLogs/o-exampleorg1/111111111111/*" }),
                false,
            ),
            (json!({ "Principal": { "Service": ["a.amazonaws.com", CLOUDTRAIL] } }), true),
            (json!({ "Principal": { "AWS": "111111111111" } }), false),
            (json!({ "NotAction": "s3:GetObject" }), false),
            (condition("ArnLike", "AWS:SourceARN", "arn:aws:cloudtrail:*:111111111111:*"), true),
            (condition("ArnLike", "aws:SourceArn", "arn:aws:*:111111111111:trail/OrgTrail"), false),
            (condition("StringLike", "aws:SourceArn", "*trail/Org????l"), true),
            (condition("StringNotEquals", "aws:SourceAccount", "999999999999"), true),
            (condition("StringEquals", "aws:SourceAccount", "111111111111"), false),
            (condition("ArnNotLike", "aws:SourceArn", "arn:aws:cloudtrail:*:*:trail/*"), false),
            (condition("Bool", "aws:SecureTransport", "true"), false),
            (condition("NumericLessThan", "aws:SourceArn", "3"), false),
        ];
        for (elements, allowed) in cases {
            let granting = policy(&elements, &json!({}));
            assert_eq!(granting.allows(&putting(LOGS, TRAIL)), allowed, "{elements}");
        }
    }

    #[test]
    fn a_denial_wins_even_if_not_understood() {
        for condition in [
            json!({ "StringNotEquals": { "s3:x-amz-server-side-encryption": "aws:kms" } }),
            json!({ "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } }),
        ] {
            let denial = json!({
                "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
                "Condition": condition,
            });
            assert!(!policy(&json!({}), &denial).allows(&putting(LOGS, TRAIL)), "{condition}");
        }
    }
}
