//! The errors that the SDK's crates declare for an operation, read from their source, because Rust cannot
//! enumerate the variants of an enum.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use orgtrail::domain::operation::{Operation, Service};
use serde_json::Value;

/// The declared errors of each operation that the function calls, as the crates name them.
pub fn declared_errors() -> BTreeMap<Operation, Vec<String>> {
    let crates = crates();
    let errors = |operation: Operation| {
        let name = match operation.service() {
            Service::CloudTrail => "aws-sdk-cloudtrail",
            Service::Organizations => "aws-sdk-organizations",
            Service::S3 => "aws-sdk-s3",
            Service::Sts => "aws-sdk-sts",
        };
        let folder = crates.get(name).unwrap_or_else(|| panic!("no crate {name}"));
        let operations = folder.join("src/operation");
        let source = read(&operations.join(snake_case(operation)).with_extension("rs"));
        let types = all(&folder.join("src/types/error"));
        let variants = variants(&source, operation).into_iter();
        variants.map(|variant| code(&types, variant)).collect()
    };
    Operation::ALL.iter().map(|operation| (*operation, errors(*operation))).collect()
}

/// The folders of the packages that the function is built from.
fn crates() -> BTreeMap<String, PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("a list").iter();
    let folder = |package: &Value| {
        let manifest = PathBuf::from(package["manifest_path"].as_str()?);
        Some((package["name"].as_str()?.to_owned(), manifest.parent()?.to_owned()))
    };
    packages.filter_map(folder).collect()
}

/// `EnableAWSServiceAccess` as `enable_aws_service_access`.
fn snake_case(operation: Operation) -> String {
    let name: Vec<char> = operation.to_string().chars().collect();
    let mut words = String::new();
    for (position, letter) in name.iter().enumerate() {
        let starts = letter.is_ascii_uppercase()
            && position > 0
            && (!name[position - 1].is_ascii_uppercase()
                || name.get(position + 1).is_some_and(char::is_ascii_lowercase));
        if starts {
            words.push('_');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The files of a folder, one after the other.
fn all(folder: &Path) -> String {
    let entries =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.is_file()).map(|path| read(&path)).collect()
}

/// The variants of the error enum of an operation, without the one for errors that are not declared.
fn variants(source: &str, operation: Operation) -> Vec<&str> {
    let (_, body) = source.split_once(&format!("pub enum {operation}Error {{")).expect("the enum");
    let (body, _) = body.split_once("\n}").expect("the end of the enum");
    let names = body.lines().filter_map(|line| line.strip_prefix("    ")?.split_once('('));
    let is_name = |name: &str| name.chars().all(|letter| letter.is_ascii_alphanumeric());
    let names = names.map(|(name, _)| name).filter(|name| !name.is_empty() && is_name(name));
    names.filter(|name| *name != "Unhandled").collect()
}

/// The code that AWS sends. The `Display` of the variant's type adds it in brackets, if its letters are
/// in other cases.
fn code(types: &str, variant: &str) -> String {
    assert!(types.contains(&format!("write!(f, \"{variant}")), "no Display of {variant}");
    let renamed = types.split_once(&format!("write!(f, \"{variant} ["));
    let code = renamed.and_then(|(_, rest)| rest.split_once(']'));
    code.map_or(variant, |(code, _)| code).to_owned()
}
