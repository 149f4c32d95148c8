//! The layers of `src`: the dependencies between folders that `src/lib.rs` permits.

#[path = "support/files.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::project;

/// The folders and files of `src`, each with those that it may use besides itself.
const LAYERS: [(&str, &[&str]); 6] = [
    ("domain", &[]),
    ("cfn", &["domain"]),
    ("aws", &["domain"]),
    ("resource", &["aws", "cfn", "domain"]),
    ("handler", &["aws", "cfn", "domain", "resource"]),
    ("http", &["cfn"]),
];

/// Modules outside the layers. Only `main` uses `log`.
const OUTSIDE: [&str; 3] = ["lib", "log", "main"];

/// Words that show that a decision is not a pure function.
const NOT_IN_DOMAIN: [&str; 9] = [
    "async ",
    "aws_sdk_",
    "aws_smithy_",
    "fastrand",
    "Instant",
    "serde",
    "std::env",
    "SystemTime",
    "tokio",
];

/// The SDK's types, which stop in `aws`; `http` is the connector that the SDK uses.
const SDK: [&str; 4] = ["aws_config", "aws_sdk_", "aws_smithy_", "aws_types"];

/// The Rust files of a module: `name.rs`, and the files in the folder `name`.
fn files(module: &str) -> Vec<PathBuf> {
    let source = project("src");
    let mut files = support::files(&source.join(module), "rs");
    files.push(source.join(format!("{module}.rs")));
    files.retain(|path| path.is_file() && !path.ends_with("tests.rs"));
    files
}

/// The code of a file: without comments, and without the unit tests at its end.
fn code(path: &Path) -> String {
    let text = support::text(path);
    let code = text.split("#[cfg(test)]\nmod tests").next();
    let lines = code.unwrap_or_default().lines();
    let lines = lines.map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    lines.collect::<Vec<_>>().join("\n")
}

/// The words that occur in the code of a module.
fn mentions(module: &str, words: impl IntoIterator<Item = String>) -> Vec<String> {
    let words: Vec<String> = words.into_iter().collect();
    let files = files(module);
    assert!(!files.is_empty(), "src/{module} is gone");
    let mut found = Vec::new();
    for file in files {
        let code = code(&file);
        let mentioned = words.iter().filter(|word| code.contains(word.as_str()));
        found.extend(mentioned.map(|word| format!("{}: {word}", file.display())));
    }
    found
}

#[test]
fn imports_point_downwards_only() {
    for (module, allowed) in LAYERS {
        let others = LAYERS.into_iter().map(|(name, _)| name);
        let forbidden = others.filter(|name| *name != module && !allowed.contains(name));
        let breaches = mentions(module, forbidden.map(|name| format!("crate::{name}")));
        assert_eq!(breaches, Vec::<String>::new());
    }
}

#[test]
fn every_module_belongs_to_a_layer() {
    for entry in fs::read_dir(project("src")).expect("the sources") {
        let path = entry.expect("an entry").path();
        let module = path.file_stem().expect("a name").to_string_lossy();
        let known = LAYERS.iter().any(|(name, _)| *name == module) || OUTSIDE.contains(&&*module);
        assert!(known, "{module} has no layer");
    }
}

#[test]
fn decisions_are_pure() {
    let breaches = mentions("domain", NOT_IN_DOMAIN.map(str::to_owned));
    assert_eq!(breaches, Vec::<String>::new());
}

#[test]
fn the_sdk_stays_in_its_folder() {
    for module in ["cfn", "domain", "handler", "log", "resource"] {
        assert_eq!(mentions(module, SDK.map(str::to_owned)), Vec::<String>::new());
    }
}
