//! Least privilege: the policies in the templates allow exactly the calls that the function can make,
//! and each statement has a comment with its reason.

#[path = "support/files.rs"]
mod support;

use std::collections::BTreeSet;

use orgtrail::domain::operation::{Operation, Service};
use saphyr::{LoadableYamlNode, Yaml};
use support::{files, project, text};

/// Actions that Lambda itself needs for both functions: it writes the log.
const LAMBDAS: [&str; 2] = ["logs:CreateLogStream", "logs:PutLogEvents"];

/// Lambda stores events that the function could not process.
const UNANSWERED: &str = "sqs:SendMessage";

/// Actions that IAM cannot limit to resources (Service Authorization Reference).
const WITHOUT_RESOURCE: [&str; 10] = [
    "cloudtrail:DeregisterOrganizationDelegatedAdmin",
    "cloudtrail:ListEventDataStores",
    "cloudtrail:ListTrails",
    "cloudtrail:RegisterOrganizationDelegatedAdmin",
    "organizations:DescribeOrganization",
    "organizations:DisableAWSServiceAccess",
    "organizations:EnableAWSServiceAccess",
    "organizations:ListAWSServiceAccessForOrganization",
    "organizations:ListAccounts",
    "organizations:ListDelegatedAdministrators",
];

/// Actions that IAM can limit to service principals. Every statement with one of them must do so.
const OF_ONE_SERVICE: [&str; 5] = [
    "organizations:DeregisterDelegatedAdministrator",
    "organizations:DisableAWSServiceAccess",
    "organizations:EnableAWSServiceAccess",
    "organizations:ListDelegatedAdministrators",
    "organizations:RegisterDelegatedAdministrator",
];

/// A template, and the role in it whose policies are checked.
struct Template {
    path: &'static str,
    role: &'static str,
}

const FUNCTION: Template = Template { path: "template.yaml", role: "FunctionRole" };

const MANAGEMENT: Template =
    Template { path: "examples/management-role.yaml", role: "ManagementRole" };

const PLAN_FUNCTION: Template = Template { path: "template.yaml", role: "PlanFunctionRole" };

const PLAN: Template = Template { path: "examples/management-role.yaml", role: "PlanRole" };

const TEMPLATES: [Template; 4] = [FUNCTION, MANAGEMENT, PLAN_FUNCTION, PLAN];

/// A statement of a policy.
#[derive(Debug)]
struct Statement {
    sid: String,
    actions: Vec<String>,
    resources: Vec<String>,
    /// Keys and values of the conditions, as the template has them.
    conditions: Vec<(String, Vec<String>)>,
}

/// The value without its tag: `!Sub x` is `x`, and `!If` is the list of its three.
fn untagged<'a, 'b>(yaml: &'a Yaml<'b>) -> &'a Yaml<'b> {
    match yaml {
        Yaml::Tagged(_, inner) => untagged(inner),
        _ => yaml,
    }
}

fn get<'a, 'b>(yaml: &'a Yaml<'b>, key: &str) -> Option<&'a Yaml<'b>> {
    untagged(yaml).as_mapping_get(key)
}

/// One string or a list of strings, with both sides of every `!If` and without `AWS::NoValue`.
fn strings(yaml: &Yaml<'_>) -> Vec<String> {
    match yaml {
        Yaml::Tagged(tag, inner) if tag.suffix == "If" => {
            let branches = inner.as_vec().expect("the three parts of an If");
            branches[1..].iter().flat_map(strings).collect()
        }
        Yaml::Tagged(tag, inner)
            if tag.suffix == "Ref" && inner.as_str() == Some("AWS::NoValue") =>
        {
            Vec::new()
        }
        Yaml::Tagged(_, inner) => strings(inner),
        Yaml::Sequence(entries) => entries.iter().flat_map(strings).collect(),
        _ => vec![yaml.as_str().expect("a string").to_owned()],
    }
}

/// All statements below a value: those of every policy, on both sides of every `!If`.
fn statements_below(yaml: &Yaml<'_>, found: &mut Vec<Statement>) {
    match untagged(yaml) {
        Yaml::Mapping(_) if get(yaml, "Effect").is_some() => found.push(statement(yaml)),
        Yaml::Mapping(mapping) => {
            for value in mapping.values() {
                statements_below(value, found);
            }
        }
        Yaml::Sequence(entries) => {
            for entry in entries {
                statements_below(entry, found);
            }
        }
        _ => {}
    }
}

fn statement(yaml: &Yaml<'_>) -> Statement {
    let field = |name| get(yaml, name).unwrap_or_else(|| panic!("{name} is missing in {yaml:?}"));
    assert_eq!(strings(field("Effect")), ["Allow"]);
    let operators = get(yaml, "Condition").and_then(|condition| condition.as_mapping());
    let conditions = operators.into_iter().flatten().flat_map(|(_, keys)| {
        let keys = untagged(keys).as_mapping().expect("keys of a condition");
        keys.iter().map(|(key, values)| (strings(key).concat(), strings(values)))
    });
    Statement {
        sid: strings(field("Sid")).concat(),
        actions: strings(field("Action")),
        resources: strings(field("Resource")),
        conditions: conditions.collect(),
    }
}

impl Template {
    fn statements(&self) -> Vec<Statement> {
        let text = text(self.path);
        let documents = Yaml::load_from_str(&text).expect("YAML");
        let role = get(&documents[0], "Resources").and_then(|all| get(all, self.role));
        let properties = role.and_then(|role| get(role, "Properties"));
        let policies = properties.and_then(|properties| get(properties, "Policies"));
        let mut found = Vec::new();
        statements_below(policies.expect("the role has policies"), &mut found);
        assert!(!found.is_empty());
        found
    }

    fn actions(&self) -> BTreeSet<String> {
        let statements = self.statements().into_iter();
        statements.flat_map(|statement| statement.actions).collect()
    }
}

fn needed(operations: impl Iterator<Item = Operation>) -> BTreeSet<String> {
    operations.flat_map(Operation::actions).collect()
}

/// The calls of the code, and the actions of Lambda.
#[test]
fn function_role_allows_exactly_the_calls() {
    let mut needed = needed(Operation::ALL.iter().copied());
    needed.extend(LAMBDAS.map(str::to_owned));
    needed.insert(UNANSWERED.to_owned());
    assert_eq!(FUNCTION.actions(), needed);
}

/// `tests/proof/plans.rs` compares these operations with the calls of all plans.
#[test]
fn plan_function_allows_the_reads_of_plans() {
    let of_plans = Operation::ALL.iter().copied().filter(|operation| operation.is_part_of_plans());
    let mut needed = needed(of_plans);
    needed.extend(LAMBDAS.map(str::to_owned));
    assert_eq!(PLAN_FUNCTION.actions(), needed);
}

#[test]
fn plan_role_allows_reads_of_two_services() {
    let services = [Service::CloudTrail, Service::Organizations];
    let of_plans = Operation::ALL.iter().copied().filter(|operation| {
        operation.is_part_of_plans() && services.contains(&operation.service())
    });
    assert_eq!(PLAN.actions(), needed(of_plans));
}

#[test]
fn roles_of_plans_only_read() {
    let reads = ["Assume", "Describe", "Get", "List"];
    for template in [PLAN_FUNCTION, PLAN] {
        for action in template.actions() {
            let (_, verb) = action.split_once(':').expect("a service and an operation");
            let is_read = reads.iter().any(|read| verb.starts_with(read));
            assert!(is_read || LAMBDAS.contains(&action.as_str()), "{action}");
        }
    }
}

/// The plan function must not assume the role that can change trails.
#[test]
fn the_plan_function_assumes_other_roles() {
    let assumed = |template: Template| -> BTreeSet<String> {
        let assumes = |statement: &Statement| statement.actions.contains(&"sts:AssumeRole".into());
        let statements = template.statements().into_iter().filter(assumes);
        statements.flat_map(|statement| statement.resources).collect()
    };
    let shared = BTreeSet::from(["LogBucketRoleArn".to_owned()]);
    assert_eq!(&assumed(FUNCTION) & &assumed(PLAN_FUNCTION), shared);
}

/// The calls of the code to CloudTrail and Organizations.
#[test]
fn management_role_allows_exactly_its_calls() {
    let services = [Service::CloudTrail, Service::Organizations];
    let of_these = |operation: &Operation| services.contains(&operation.service());
    let needed = needed(Operation::ALL.iter().copied().filter(of_these));
    assert_eq!(MANAGEMENT.actions(), needed);
}

#[test]
fn every_operation_is_called() {
    let excluded = ["domain/operation.rs", "tests.rs"];
    let sources = files(&project("src"), "rs").into_iter();
    let sources = sources.filter(|path| !excluded.iter().any(|name| path.ends_with(name)));
    let code: String = sources.map(text).collect();
    for operation in Operation::ALL {
        let used = code.contains(&format!("Operation::{operation}"));
        assert!(used, "nothing calls {operation}: remove it, and its action from the templates");
    }
}

#[test]
fn every_statement_has_a_sid_and_a_comment() {
    for template in TEMPLATES {
        let path = template.path;
        let text = text(path);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (index, line) in lines.iter().enumerate() {
            if line.starts_with("- Sid: ") {
                // The comment of a statement in an `!If` is above the `!If`.
                let above = lines[..index].iter().rev();
                let reason =
                    above.copied().find(|line| !matches!(*line, "- !If" | "- PassesRoles"));
                let reason = reason.unwrap_or_default();
                assert!(reason.starts_with('#'), "{path}: no reason above {line}");
            }
        }
        let statements = template.statements();
        let sids: BTreeSet<&str> = statements.iter().map(|one| one.sid.as_str()).collect();
        assert_eq!(sids.len(), statements.len(), "{path}: a Sid twice in {sids:?}");
    }
}

#[test]
fn statements_are_limited_as_far_as_possible() {
    for template in TEMPLATES {
        for Statement { sid, actions, resources, conditions } in template.statements() {
            let path = template.path;
            let condition = |key: &str| conditions.iter().find(|(name, _)| name == key);
            for action in &actions {
                assert!(!action.contains('*'), "{path}, {sid}: {action}");
                if resources.iter().any(|resource| resource == "*") {
                    let unlimited = WITHOUT_RESOURCE.contains(&action.as_str());
                    assert!(unlimited, "{path}, {sid}: {action} for every resource");
                }
                if OF_ONE_SERVICE.contains(&action.as_str()) {
                    let limit = condition("organizations:ServicePrincipal");
                    let values = limit.map(|(_, values)| values.join(","));
                    assert_eq!(values.as_deref(), Some("ServicePrincipals"), "{path}, {sid}");
                }
            }
            if actions.iter().any(|action| action == "iam:CreateServiceLinkedRole") {
                let (_, services) = condition("iam:AWSServiceName").expect("a limit to services");
                // Registering a delegated administrator requires both.
                let both = ["cloudtrail.amazonaws.com", "context.cloudtrail.amazonaws.com"];
                assert_eq!(services, &both, "{path}, {sid}");
            }
            if actions.iter().any(|action| action == "iam:PassRole") {
                let (_, services) = condition("iam:PassedToService").expect("a limit to a service");
                assert_eq!(services, &["cloudtrail.amazonaws.com"], "{path}, {sid}");
            }
        }
    }
}

#[test]
fn both_roles_have_the_same_statements() {
    for (of_role, own) in [(MANAGEMENT, FUNCTION), (PLAN, PLAN_FUNCTION)] {
        let own = own.statements();
        for statement in &of_role.statements() {
            let twin = own.iter().find(|own| own.sid == statement.sid);
            let twin = twin.unwrap_or_else(|| panic!("{} is in the role alone", statement.sid));
            assert_eq!(twin.actions, statement.actions, "{}", statement.sid);
            assert_eq!(twin.conditions, statement.conditions, "{}", statement.sid);
        }
    }
}
