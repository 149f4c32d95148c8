//! The index of the pages.

use std::fmt::Write as _;

use orgtrail::resource::Description;

use super::file_name;

/// The index.
pub fn of(types: &[Description]) -> String {
    let mut table = String::new();
    for resource in types {
        let name = resource.type_name;
        let description = resource.properties.description;
        let description: Vec<&str> = description.split_whitespace().collect();
        let _ =
            writeln!(table, "| [{name}]({}.md) | {} |", file_name(resource), description.join(" "));
    }
    include_str!("index.md").replace("{types}\n", &table)
}
