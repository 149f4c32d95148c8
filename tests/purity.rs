//! The layers, kept as facts: what each folder of `src` may not mention.

use std::fs;
use std::path::Path;

/// A folder or file of `src`, and what would pull it out of its layer.
const LAYERS: [(&str, &[&str]); 4] = [
    (
        "src/core",
        &[
            "tokio",
            "http::",
            "serde",
            "async ",
            "std::env",
            "SystemTime",
            "Instant",
            "crate::cfn",
            "crate::aws",
            "crate::resource",
            "crate::handler",
            "crate::http",
            "fastrand",
            "aws_sdk_",
            "aws_smithy_",
        ],
    ),
    (
        "src/cfn",
        &[
            "crate::aws",
            "crate::resource",
            "crate::handler",
            "crate::http",
            "aws_sdk_",
        ],
    ),
    (
        "src/aws",
        &[
            "crate::cfn",
            "crate::resource",
            "crate::handler",
            "crate::http",
        ],
    ),
    (
        "src/resource",
        &["crate::handler", "crate::http", "aws_sdk_"],
    ),
];

fn rust_files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder of a layer") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code of a line: what stands in a comment or in prose does not count.
fn code(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

#[test]
fn no_layer_reaches_above_itself() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut breaches = Vec::new();
    for (folder, forbidden) in LAYERS {
        let mut files = Vec::new();
        rust_files(&root.join(folder), &mut files);
        assert!(!files.is_empty(), "{folder} has moved");
        for file in files {
            let text = fs::read_to_string(&file).expect("a source file");
            for (number, line) in text.lines().enumerate() {
                for word in forbidden.iter().filter(|word| code(line).contains(*word)) {
                    breaches.push(format!("{}:{}: {word}", file.display(), number + 1));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}
