//! The policies of the examples, evaluated as IAM evaluates them: for the calls that they are made for,
//! and for those of an attacker.

mod seal;
mod template;
mod trust;

use std::collections::BTreeMap;

use simulator::aws::{Access, Principal};

const MANAGEMENT: &str = "111111111111";
const SECURITY: &str = "222222222222";
const MEMBER: &str = "333333333333";
const ORGANIZATION: &str = "o-exampleorg1";
const REGION: &str = "us-east-1";
const FUNCTION_ROLE: &str = "arn:aws:iam::222222222222:role/orgtrail-FunctionRole-1A2B3C4D5E6F";
const FUNCTION_ROLES: &str = "arn:aws:iam::222222222222:role/orgtrail-FunctionRole-*";
const EXTERNAL_ID: &str = "orgtrail-o-exampleorg1";

/// A call of a role, with these condition keys besides those of the role.
fn call<'a>(
    role: &'a str,
    action: &'a str,
    resource: &'a str,
    more: &[(&'a str, &str)],
) -> Access<'a> {
    let account = role.split(':').nth(4).expect("an account");
    let mut context = BTreeMap::from([
        ("aws:PrincipalArn", role.to_owned()),
        ("aws:PrincipalOrgID", ORGANIZATION.to_owned()),
        ("aws:SecureTransport", "true".to_owned()),
    ]);
    context.extend(more.iter().map(|(key, value)| (*key, (*value).to_owned())));
    Access { principal: Principal::Account(account), action, resource, context }
}
