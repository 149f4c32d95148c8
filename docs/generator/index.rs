//! The index of the pages.

use std::fmt::Write as _;

use orgtrail::cfn::schema::TypeForm;

use super::file_name;

/// The index.
pub fn of(types: &[TypeForm]) -> String {
    let mut table = String::new();
    for form in types {
        let name = form.type_name;
        let description = form.properties.description;
        let description: Vec<&str> = description.split_whitespace().collect();
        let _ = writeln!(
            table,
            "| [{name}]({}.md) | {} |",
            file_name(form),
            description.join(" ")
        );
    }
    include_str!("index.md").replace("{types}\n", &table)
}
