//! The generated files: a schema and a page for each resource type, and the pages' index.

mod index;
mod page;
pub mod schema;

use orgtrail::domain::trusted_access::{OWN_OPERATIONS, OwnOperation};
use orgtrail::resource::{Description, ResourceType};

/// The path of each file, from the root of the repository, and its content.
pub fn all() -> Vec<(String, String)> {
    let types = ResourceType::ALL.map(ResourceType::description);
    let mut files = vec![("docs/reference/README.md".to_owned(), index::of(&types))];
    for description in &types {
        let name = file_name(description);
        let prose = prose(&name).replace("{own operations}\n", &own_operations());
        files.push((format!("docs/reference/{name}.md"), page::of(description, &prose)));
        files.push((format!("schemas/{name}.json"), format!("{:#}\n", schema::of(description))));
    }
    files
}

/// The rows of the services that an operation of their own enables.
fn own_operations() -> String {
    let row = |service: &OwnOperation| {
        let principals = service.service_principals.join("`, `");
        format!("| `{principals}` | `{}` |\n", service.command)
    };
    OWN_OPERATIONS.iter().map(row).collect()
}

/// `org-trail` for `Custom::OrgTrail`.
pub fn file_name(description: &Description) -> String {
    let mut name = String::new();
    for letter in description.type_name.trim_start_matches("Custom::").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// The hand-written part of a type's page.
fn prose(name: &str) -> &'static str {
    match name {
        "org-trusted-access" => include_str!("org-trusted-access.md"),
        "org-trail" => include_str!("org-trail.md"),
        "org-delegated-administrator" => include_str!("org-delegated-administrator.md"),
        "org-trail-delivery" => include_str!("org-trail-delivery.md"),
        _ => panic!("docs/generator/{name}.md is not there yet, or not included"),
    }
}
