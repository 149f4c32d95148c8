//! The files in the repository are the generated ones.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::files;

const REMEDY: &str = "run: make schemas";

#[test]
fn the_committed_files_are_what_the_types_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (path, expected) in files::all() {
        let text = fs::read_to_string(root.join(&path)).unwrap_or_default();
        assert!(text == expected, "{path} is out of date; {REMEDY}");
    }
}

#[test]
fn no_file_of_a_removed_type_remains() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let generated: BTreeSet<String> = files::all().into_iter().map(|(path, _)| path).collect();
    for (folder, extension) in [("schemas", "json"), ("docs/reference", "md")] {
        for entry in fs::read_dir(root.join(folder)).expect("the folder of generated files") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|found| found == extension) {
                let name = path.file_name().expect("a name").to_string_lossy();
                let path = format!("{folder}/{name}");
                assert!(generated.contains(&path), "{path} is not generated");
            }
        }
    }
}
