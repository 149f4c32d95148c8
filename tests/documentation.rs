//! Checks the documentation: every link has a target, and every permission and error code is
//! explained.

#[path = "support/files.rs"]
mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use orgtrail::domain::error_codes::{ErrorCode, Meaning};
use support::{files, project, text};

/// The codes of S3, STS and the query protocol, which do not end with `Exception`.
const WITHOUT_SUFFIX: [&str; 11] = [
    "InternalFailure",
    "InternalServerError",
    "InvalidClientTokenId",
    "KMS.Disabled",
    "KMS.KMSInvalidState",
    "KMS.NotFound",
    "NoSuchBucket",
    "RequestLimitExceeded",
    "RequestThrottled",
    "ServiceUnavailable",
    "SlowDown",
];

/// The Markdown files at the root and below these folders.
fn pages() -> Vec<PathBuf> {
    let at_root = ["CHANGELOG", "CODE_OF_CONDUCT", "CONTRIBUTING", "README", "SECURITY"];
    let at_root = at_root.map(|name| project(name).with_extension("md"));
    let below = ["docs", "events", "examples", "schemas"].map(|name| files(&project(name), "md"));
    at_root.into_iter().chain(below.into_iter().flatten()).collect()
}

/// The lines of a page, without fenced code.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    page.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// The targets of a page's links.
fn links(page: &str) -> Vec<String> {
    let prose: String = prose(page).flat_map(|line| [line, "\n"]).collect();
    let after = prose.split("](").skip(1);
    after.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned()).collect()
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c.to_ascii_lowercase()),
        _ => None,
    });
    kept.collect()
}

fn anchors(page: &str) -> BTreeSet<String> {
    let headings = prose(page).filter(|line| line.starts_with('#'));
    headings.map(|heading| anchor(heading.trim_start_matches('#'))).collect()
}

/// The problem with a link of a page; `None` if it has a target.
fn broken(page: &Path, target: &str) -> Option<String> {
    if target.contains("://") {
        return None;
    }
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let linked = match file {
        "" => page.to_owned(),
        file => page.parent().expect("a folder").join(file),
    };
    if !linked.exists() {
        return Some(format!("{}: {target} does not exist", page.display()));
    }
    let missing = !heading.is_empty() && !anchors(&text(&linked)).contains(heading);
    missing.then(|| format!("{}: {target} has no such heading", page.display()))
}

#[test]
fn every_link_has_a_target() {
    let mut problems = Vec::new();
    let mut checked = 0;
    for page in pages() {
        for target in links(&text(&page)) {
            checked += 1;
            problems.extend(broken(&page, &target));
        }
    }
    assert!(checked > 20, "{checked} links: are they still found?");
    assert!(problems.is_empty(), "{problems:#?}");
}

/// `make pages` writes both.
#[test]
fn pages_have_the_repository_and_version() {
    let (repository, version) = (env!("CARGO_PKG_REPOSITORY"), env!("CARGO_PKG_VERSION"));
    let mut checked = 0;
    for page in pages() {
        for line in text(&page).lines() {
            for (variable, value) in [("repository=", repository), ("version=", version)] {
                if let Some(written) = line.trim_start().strip_prefix(variable) {
                    assert_eq!(written, value, "{}: run make pages", page.display());
                    checked += 1;
                }
            }
        }
    }
    assert_eq!(checked, 5, "two pages use the repository and the version, and one the repository");
}

/// The shell commands of a page, each in one line.
fn commands(page: &str) -> Vec<String> {
    let (mut shell, mut found) = (false, Vec::new());
    for line in page.replace("\\\n", " ").lines().map(str::trim) {
        match line.strip_prefix("```") {
            Some(language) => shell = language == "sh",
            None if shell => found.push(line.to_owned()),
            None => {}
        }
    }
    found
}

/// The names of the variables that a command uses.
fn variables(command: &str) -> BTreeSet<&str> {
    let after = command.split('$').skip(1).map(|rest| rest.trim_start_matches('{'));
    let names = after.map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next());
    names.flatten().filter(|name| name.starts_with(|c: char| c.is_alphabetic())).collect()
}

/// The pages whose commands have a profile, because they are for two accounts or continue a page
/// that is.
const WITH_PROFILES: [&str; 6] = [
    "docs/delivery-gate.md",
    "docs/migrating.md",
    "docs/troubleshooting.md",
    "docs/uninstalling.md",
    "docs/walk-through.md",
    "examples/inception-pipeline/README.md",
];

#[test]
fn commands_of_aws_have_profiles_and_set_variables() {
    let mut problems = Vec::new();
    for path in WITH_PROFILES {
        let commands = commands(&text(path));
        assert!(commands.iter().any(|command| command.starts_with("aws ")), "{path}");
        for command in &commands {
            let calls =
                ["cloudformation", "cloudtrail", "iam", "organizations", "s3", "sqs", "logs"];
            let calls = calls.iter().any(|service| command.contains(&format!("aws {service} ")));
            if calls && !command.contains("--profile") {
                problems.push(format!("{path}: no profile in {command}"));
            }
            for name in variables(command) {
                let set = [format!("{name}="), format!("for {name} in ")];
                let is_set = set.iter().any(|set| commands.iter().any(|line| line.contains(set)));
                // AWS_REGION is not for version 1 of the AWS CLI.
                if name == "AWS_REGION" || !is_set {
                    problems.push(format!("{path}: {name} is not set for {command}"));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

/// A release has the templates without a folder, so the commands use the variable `examples`.
#[test]
fn the_walk_through_downloads_what_it_deploys() {
    let commands = commands(&text("docs/walk-through.md"));
    let download = commands.iter().find(|command| command.starts_with("for file in "));
    let files: BTreeSet<&str> =
        download.expect("a loop over the files").split([' ', ';']).collect();
    let mut deployed = 0;
    for command in &commands {
        let Some((_, template)) = command.split_once("--template-file ") else { continue };
        let template = template.split(' ').next().unwrap_or_default().trim_matches('"');
        if let Some(example) = template.strip_prefix("$examples/") {
            assert!(files.contains(example), "{example} is not downloaded: {command}");
            deployed += 1;
        } else {
            let packaged = ["$template", "packaged.yaml"].contains(&template);
            assert!(packaged, "{template} is not in the folder of a release: {command}");
        }
    }
    assert!(deployed > 6, "{deployed} deployments: are they still found?");
}

#[test]
fn broken_links_are_found() {
    let page = project("README.md");
    assert_eq!(broken(&page, "docs/README.md"), None);
    assert!(broken(&page, "docs/no-such-page.md").is_some());
    assert!(broken(&page, "#no-such-heading").is_some());
    assert_eq!(links("see [a](b.md) and\n```\n[c](d.md)\n```\n"), ["b.md"]);
    assert_eq!(anchor(" Who may `assume` the role? "), "who-may-assume-the-role");
}

#[test]
fn every_permission_is_explained() {
    let page = text("docs/permissions.md");
    let explained = |word: &str| page.contains(word);
    for template in ["template.yaml", "examples/management-role.yaml"] {
        let text = text(template);
        let sids = text.lines().filter_map(|line| line.trim().strip_prefix("- Sid: "));
        let sids: BTreeSet<&str> = sids.collect();
        assert!(!sids.is_empty(), "{template}");
        let missing: Vec<_> = sids.into_iter().filter(|sid| !explained(sid)).collect();
        assert!(missing.is_empty(), "{template}: {missing:?} not in docs/permissions.md");
    }
    let actions = orgtrail::domain::operation::Operation::ALL.iter();
    let actions = actions.flat_map(|operation| operation.actions());
    let missing: BTreeSet<String> = actions.filter(|action| !explained(action)).collect();
    assert!(missing.is_empty(), "{missing:?} not in docs/permissions.md");
}

#[test]
fn every_possible_error_code_is_explained() {
    let page = text("docs/troubleshooting.md");
    let words: BTreeSet<&str> = page.split(|c: char| !c.is_alphanumeric() && c != '.').collect();
    // As AWS prints it, so that a reader finds it with a search.
    let printed = |name: &str| {
        let suffix = if WITHOUT_SUFFIX.contains(&name) { "" } else { "Exception" };
        format!("{name}{suffix}")
    };
    let missing: Vec<_> = ErrorCode::TABLE
        .iter()
        .filter(|(_, _, meaning)| !matches!(meaning, Meaning::Impossible(_)))
        .map(|(_, name, _)| printed(name))
        .filter(|code| !words.contains(&**code))
        .collect();
    assert!(missing.is_empty(), "{missing:?} not in docs/troubleshooting.md");
}
