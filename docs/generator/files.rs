//! The generated files: a schema and a page for each resource type, and the pages' index.

mod index;
mod page;
pub mod schema;

use orgtrail::cfn::schema::TypeForm;

/// The path of each file, from the root of the repository, and its text.
pub fn all() -> Vec<(String, String)> {
    let types = orgtrail::resource::forms();
    let mut files = vec![("docs/reference/README.md".to_owned(), index::of(&types))];
    for form in &types {
        let name = file_name(form);
        files.push((
            format!("docs/reference/{name}.md"),
            page::of(form, prose(&name)),
        ));
        files.push((
            format!("schemas/{name}.json"),
            format!("{:#}\n", schema::of(form)),
        ));
    }
    files
}

/// `org-trail` for `Custom::OrgTrail`.
pub fn file_name(form: &TypeForm) -> String {
    let mut name = String::new();
    for letter in form.type_name.trim_start_matches("Custom::").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// What only people can say of a type.
fn prose(name: &str) -> &'static str {
    match name {
        "org-trusted-access" => include_str!("org-trusted-access.md"),
        "org-trail" => include_str!("org-trail.md"),
        "org-delegated-administrator" => include_str!("org-delegated-administrator.md"),
        "org-trail-delivery" => include_str!("org-trail-delivery.md"),
        _ => panic!("docs/generator/{name}.md is not there yet, or not included"),
    }
}
