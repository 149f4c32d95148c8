//! Resource policies, evaluated as IAM evaluates them for a call that a service makes itself, or
//! somebody of another account.
//!
//! Only what such policies use is here: service and account principals, actions and resources with
//! wildcards, and the string, ARN, Boolean and null conditions. A condition operator that is not
//! known denies: a test must not pass because this module did not understand its policy.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Arn;

/// A bucket's, key's, topic's or role's policy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Policy {
    /// There is none, so nothing is allowed.
    #[default]
    Missing,
    /// Whatever is asked for is allowed: for tests that are not about policies.
    AllowsEverything,
    /// A policy document.
    Document(Value),
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal<'a> {
    /// A service, for example `cloudtrail.amazonaws.com`.
    Service(&'a str),
    /// Somebody in an account whom the account itself allows to ask.
    Account(&'a str),
}

/// One question to a policy.
#[derive(Debug, Clone)]
pub struct Access<'a> {
    /// Who asks.
    pub principal: Principal<'a>,
    /// For example `s3:PutObject`.
    pub action: &'a str,
    /// The ARN that is to be acted on. A `*` in it is a character like any other, so that only a
    /// policy that covers everything below it matches.
    pub resource: &'a str,
    /// Condition keys and their values.
    pub context: BTreeMap<String, String>,
}

impl Policy {
    /// The statements that AWS documents for a trail's bucket.
    #[must_use]
    pub fn of_bucket(bucket: &str, prefix: Option<&str>, trail_arn: &str, org: &str) -> Self {
        let (partition, account) =
            Arn::parse(trail_arn).map_or(("aws", ""), |arn| (arn.partition, arn.account));
        let bucket = format!("arn:{partition}:s3:::{bucket}");
        let prefix = prefix
            .map(|prefix| format!("{prefix}/"))
            .unwrap_or_default();
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

    /// Whether some statement allows `access` and none denies it.
    #[must_use]
    pub fn allows(&self, access: &Access<'_>) -> bool {
        match self {
            Self::Missing => false,
            Self::AllowsEverything => true,
            Self::Document(document) => {
                let statements = each(document.get("Statement"));
                let (denials, grants): (Vec<_>, Vec<_>) =
                    statements.into_iter().partition(|s| s["Effect"] == "Deny");
                grants.iter().any(|grant| covers(grant, access, false))
                    && !denials.iter().any(|denial| covers(denial, access, true))
            }
        }
    }
}

/// A value that a policy may write alone or as a list.
fn each(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let text = |value: &&Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    each(value).iter().map(text).collect()
}

fn covers(statement: &Value, access: &Access<'_>, on_unknown_condition: bool) -> bool {
    concerns_principal(statement, access.principal)
        && concerns(statement, "Action", |pattern| {
            matches_wildcards(&pattern.to_lowercase(), &access.action.to_lowercase())
        })
        && concerns_resource(statement, access.resource)
        && holds(statement.get("Condition"), access, on_unknown_condition)
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
fn concerns(statement: &Value, element: &str, matches: impl Fn(&str) -> bool) -> bool {
    let any = |name: &str| {
        texts(statement.get(name))
            .iter()
            .any(|pattern| matches(pattern))
    };
    let negated = format!("Not{element}");
    if statement.get(&negated).is_some() {
        !any(&negated)
    } else {
        any(element)
    }
}

fn concerns_resource(statement: &Value, resource: &str) -> bool {
    // A role's trust policy has no resource: it concerns the role that it is attached to.
    let unnamed = statement.get("Resource").is_none() && statement.get("NotResource").is_none();
    unnamed
        || concerns(statement, "Resource", |pattern| {
            matches_wildcards(pattern, resource)
        })
}

fn concerns_principal(statement: &Value, asking: Principal<'_>) -> bool {
    let named = |principal: &Value| {
        let services = texts(principal.get("Service"));
        let accounts = texts(principal.get("AWS"));
        principal == "*"
            || accounts.iter().any(|named| named == "*")
            || match asking {
                Principal::Service(service) => services.iter().any(|named| named == service),
                Principal::Account(id) => accounts.iter().any(|named| is_account(named, id)),
            }
    };
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(principal), _) => named(principal),
        (None, Some(principal)) => !named(principal),
        // A role's own permissions name no principal: they are the role's.
        (None, None) => true,
    }
}

/// Whether a principal in a policy is an account as a whole: its id, or its root user's ARN.
fn is_account(principal: &str, id: &str) -> bool {
    let root = Arn::parse(principal)
        .is_some_and(|arn| arn.service == "iam" && arn.account == id && arn.resource == "root");
    principal == id || root
}

fn holds(condition: Option<&Value>, access: &Access<'_>, on_unknown: bool) -> bool {
    let Some(operators) = condition.and_then(Value::as_object) else {
        return true;
    };
    operators.iter().all(|(operator, keys)| {
        let empty = Map::new();
        keys.as_object()
            .unwrap_or(&empty)
            .iter()
            .all(|(key, wanted)| {
                let actual = access
                    .context
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(key))
                    .map(|(_, value)| value.as_str());
                condition_holds(operator, actual, &texts(Some(wanted))).unwrap_or(on_unknown)
            })
    })
}

/// `None` where the operator is not known.
fn condition_holds(operator: &str, actual: Option<&str>, wanted: &[String]) -> Option<bool> {
    let operator = operator
        .strip_prefix("ForAnyValue:")
        .or_else(|| operator.strip_prefix("ForAllValues:"))
        .unwrap_or(operator);
    if operator == "Null" {
        let absent = actual.is_none().to_string();
        return Some(wanted.contains(&absent));
    }
    let (operator, if_exists) = operator
        .strip_suffix("IfExists")
        .map_or((operator, false), |operator| (operator, true));
    let equal: fn(&str, &str) -> bool = match operator {
        "StringEquals" | "StringNotEquals" => |wanted, actual| wanted == actual,
        "Bool" | "StringEqualsIgnoreCase" | "StringNotEqualsIgnoreCase" => {
            |wanted, actual| wanted.eq_ignore_ascii_case(actual)
        }
        "StringLike" | "StringNotLike" | "ArnLike" | "ArnNotLike" | "ArnEquals"
        | "ArnNotEquals" => matches_wildcards,
        _ => return None,
    };
    let negated = operator.contains("Not");
    Some(match actual {
        // IAM: a missing key fails a plain operator and satisfies a negated one.
        None => if_exists || negated,
        Some(actual) => wanted.iter().any(|wanted| equal(wanted, actual)) != negated,
    })
}

/// Whether `text` matches `pattern`, where `*` stands for any characters and `?` for one.
pub(crate) fn matches_wildcards(pattern: &str, text: &str) -> bool {
    let mut pattern_chars = pattern.chars();
    match pattern_chars.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = pattern_chars.as_str();
            let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.any(|at| matches_wildcards(rest, &text[at..]))
        }
        Some(wanted) => {
            let mut text_chars = text.chars();
            text_chars
                .next()
                .is_some_and(|actual| wanted == '?' || wanted == actual)
                && matches_wildcards(pattern_chars.as_str(), text_chars.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:111111111111:trail/OrgTrail";

    fn write_below<'a>(resource: &'a str, source: &str) -> Access<'a> {
        let context = BTreeMap::from([
            ("aws:SourceArn".to_owned(), source.to_owned()),
            (
                "s3:x-amz-acl".to_owned(),
                "bucket-owner-full-control".to_owned(),
            ),
        ]);
        Access {
            principal: Principal::Service("cloudtrail.amazonaws.com"),
            action: "s3:PutObject",
            resource,
            context,
        }
    }

    fn documented() -> Policy {
        Policy::of_bucket("logs", None, TRAIL, "o-exampleorg1")
    }

    fn with_condition(condition: Value) -> Policy {
        Policy::Document(json!({ "Statement": {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:Put*",
            "Resource": "*",
            "Condition": condition,
        } }))
    }

    #[test]
    fn the_documented_policy_lets_the_trail_in() {
        let below_organization = "arn:aws:s3:::logs/AWSLogs/o-exampleorg1/*";
        assert!(documented().allows(&write_below(below_organization, TRAIL)));
    }

    #[test]
    fn the_documented_policy_keeps_everything_else_out() {
        let below_organization = "arn:aws:s3:::logs/AWSLogs/o-exampleorg1/*";
        let other_trail = "arn:aws:cloudtrail:us-east-1:111111111111:trail/Other";
        assert!(!documented().allows(&write_below(below_organization, other_trail)));
        assert!(!documented().allows(&write_below("arn:aws:s3:::logs/elsewhere/*", TRAIL)));
        let mut unowned = write_below(below_organization, TRAIL);
        unowned.context.remove("s3:x-amz-acl");
        assert!(!documented().allows(&unowned));
        let mut config = write_below(below_organization, TRAIL);
        config.principal = Principal::Service("config.amazonaws.com");
        assert!(!documented().allows(&config));
    }

    #[test]
    fn a_policy_for_one_account_does_not_cover_the_organization() {
        let narrow = Policy::Document(json!({ "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": ["cloudtrail.amazonaws.com"] },
            "Action": ["s3:PutObject"],
            "Resource": ["arn:aws:s3:::logs/AWSLogs/o-exampleorg1/111111111111/*"],
        }] }));
        assert!(!narrow.allows(&write_below(
            "arn:aws:s3:::logs/AWSLogs/o-exampleorg1/*",
            TRAIL
        )));
    }

    #[test]
    fn accounts_are_named_by_their_ids_or_their_root_users() {
        let named = |principal: &str| {
            let policy = Policy::Document(json!({ "Statement": {
                "Effect": "Allow",
                "Principal": { "AWS": principal },
                "Action": "s3:ListBucket",
                "Resource": "*",
            } }));
            policy.allows(&Access {
                principal: Principal::Account("111111111111"),
                action: "s3:ListBucket",
                resource: "arn:aws:s3:::logs",
                context: BTreeMap::new(),
            })
        };
        for principal in ["*", "111111111111", "arn:aws:iam::111111111111:root"] {
            assert!(named(principal), "{principal}");
        }
        for principal in ["222222222222", "arn:aws:iam::111111111111:role/Other"] {
            assert!(!named(principal), "{principal}");
        }
    }

    #[test]
    fn a_denial_wins_and_a_missing_header_meets_a_negated_condition() {
        let Policy::Document(mut document) = documented() else {
            panic!("a document")
        };
        document["Statement"].as_array_mut().expect("statements").push(json!({
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": "*",
            "Condition": { "StringNotEquals": { "s3:x-amz-server-side-encryption": "aws:kms" } },
        }));
        let access = write_below("arn:aws:s3:::logs/AWSLogs/o-exampleorg1/*", TRAIL);
        assert!(!Policy::Document(document).allows(&access));
    }

    #[test]
    fn conditions_hold_or_not() {
        let access = write_below("arn:aws:s3:::logs/x", TRAIL);
        let holding = [
            json!({ "ArnLike": { "AWS:SourceARN": "arn:aws:cloudtrail:*:111111111111:trail/*" } }),
            json!({ "StringLike": { "aws:SourceArn": ["nothing", "*trail/Org????l"] } }),
            json!({ "Null": { "aws:SourceArn": "false", "aws:SourceAccount": true } }),
            json!({ "StringEqualsIfExists": { "aws:SourceAccount": "999999999999" } }),
            json!({ "StringNotEquals": { "aws:SourceAccount": "999999999999" } }),
        ];
        for condition in holding {
            assert!(
                with_condition(condition.clone()).allows(&access),
                "{condition}"
            );
        }
        let failing = [
            json!({ "StringEquals": { "aws:SourceAccount": "111111111111" } }),
            json!({ "ArnNotLike": { "aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*" } }),
            json!({ "Bool": { "aws:SecureTransport": "true" } }),
            json!({ "NumericLessThan": { "aws:SourceArn": "3" } }),
        ];
        for condition in failing {
            assert!(
                !with_condition(condition.clone()).allows(&access),
                "{condition}"
            );
        }
    }

    #[test]
    fn an_unknown_condition_on_a_denial_denies() {
        let denial = Policy::Document(json!({ "Statement": [
            { "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" },
            { "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
              "Condition": { "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } } },
        ] }));
        assert!(!denial.allows(&write_below("arn:aws:s3:::logs/x", TRAIL)));
    }
}
