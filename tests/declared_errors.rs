//! Every error that AWS declares for an operation of the function has a meaning and an explanation.

#[path = "support/declared_errors.rs"]
mod support;

use std::collections::BTreeSet;

use orgtrail::domain::diagnosis::{Context, explain};
use orgtrail::domain::error_codes::{ErrorCode, Meaning};
use orgtrail::domain::fault::{Cause, Fault};
use orgtrail::domain::names::TrailArn;
use orgtrail::domain::operation::Operation;
use orgtrail::domain::organization::Organization;
use orgtrail::domain::trail::settings::Settings;

/// The reaction of the function to an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// It is in the reason, with advice.
    Explained,
    /// The call is repeated. When time ends, the error is in the reason, with advice.
    WaitedOut,
    /// The desired state exists already, or the resource to read does not exist.
    AlreadyDone,
    /// The table of error codes says why it cannot occur.
    Impossible,
}

/// The group of an error, or what is wrong with it.
fn group(operation: Operation, declared: &str) -> Result<Group, String> {
    let code = ErrorCode::parse(declared);
    let has_advice = has_advice(operation, declared);
    let explained = |group| {
        let problem = || format!("{operation}: {declared} has no advice");
        has_advice.then_some(group).ok_or_else(problem)
    };
    match code.meaning() {
        _ if code == ErrorCode::Other => {
            Err(format!("{operation}: {declared} is not in the table of error codes"))
        }
        Meaning::Impossible(_) => Ok(Group::Impossible),
        Meaning::AlreadyExists if code != ErrorCode::TrailAlreadyExists => Ok(Group::AlreadyDone),
        Meaning::NotEnabled => Ok(Group::AlreadyDone),
        Meaning::Retry(_) | Meaning::RetryIf(..) => explained(Group::WaitedOut),
        // They are in a reason if a later call of the same request fails with them.
        Meaning::AlreadyExists | Meaning::NotFound => explained(Group::AlreadyDone),
        Meaning::Final
        | Meaning::NoOrganization
        | Meaning::NotOffered
        | Meaning::RegionNotEnabled => explained(Group::Explained),
    }
}

/// True if the reason says more than what AWS sent.
fn has_advice(operation: Operation, declared: &str) -> bool {
    let cause = Cause::service(declared, "AWS's message.", 400);
    let fault = Fault { operation, region: None, cause, request_id: None };
    let arn = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/org".parse::<TrailArn>().ok();
    let organization = Organization {
        id: "o-exampleorg1".to_owned(),
        management_account: "111111111111".parse().expect("an id"),
    };
    let mut settings = Settings::new("org-logs");
    settings.sns_topic = Some("topic".to_owned());
    let context = Context {
        trail: arn.as_ref(),
        organization: Some(&organization),
        settings: Some(&settings),
        ..Context::default()
    };
    [false, true].iter().all(|deletes| {
        let reason = explain(&fault, &Context { deletes: *deletes, ..context });
        let (cause, remedy) = reason.split_once(" (").unwrap_or_default();
        cause.contains("failed: ") && remedy.contains("). ")
    })
}

#[test]
fn every_declared_error_is_understood() {
    let declared = support::declared_errors();
    let mut problems = Vec::new();
    let mut groups = BTreeSet::new();
    let mut count = 0;
    for (operation, errors) in &declared {
        for error in errors {
            count += 1;
            match group(*operation, error) {
                Ok(group) => drop(groups.insert(group)),
                Err(problem) => problems.push(problem),
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
    let all = [Group::Explained, Group::WaitedOut, Group::AlreadyDone, Group::Impossible];
    assert_eq!(groups, BTreeSet::from(all));
    // 67 shapes of CloudTrail and Organizations, most of them of many operations.
    assert!(count > 300, "{count} errors: are the enums still found?");
}

#[test]
fn the_errors_are_those_of_the_crates() {
    let declared = support::declared_errors();
    let errors = |operation| declared[&operation].iter().map(String::as_str);
    let of_list_trails: Vec<_> = errors(Operation::ListTrails).collect();
    assert_eq!(of_list_trails, ["OperationNotPermittedException", "UnsupportedOperationException"]);
    assert_eq!(errors(Operation::ListObjectsV2).collect::<Vec<_>>(), ["NoSuchBucket"]);
    assert!(errors(Operation::CreateTrail).any(|error| error == "ConflictException"));
    for (operation, errors) in &declared {
        assert!(!errors.is_empty(), "{operation}");
    }
}

#[test]
fn an_error_without_meaning_or_advice_is_found() {
    let unknown = group(Operation::CreateTrail, "SomethingNewException");
    assert!(unknown.is_err_and(|problem| problem.contains("not in the table")));
    assert!(!has_advice(Operation::CreateTrail, "InsightNotEnabledException"));
}
