//! A type's page, in the order of the CloudFormation user guide: syntax, properties, return values,
//! remarks, examples.

use std::fmt::Write as _;

use orgtrail::cfn::schema::{Form, Limits, ListForm, ObjectForm, PropertyForm, TypeForm};

/// The page of a resource type. `prose` is an introduction, a chapter `## Ref`, and from a chapter
/// `## Remarks` on what stands at the end of the page.
pub fn of(form: &TypeForm, prose: &str) -> String {
    let (introduction, rest) = split(prose, "## Ref\n");
    let (reference, end) = split(rest, "## Remarks\n");
    let name = form.type_name;
    let mut page = format!(
        "<!-- Generated from src/resource and docs/generator: make schemas -->\n\n\
         # {name}\n\n{}\n\n{introduction}\n\n## Syntax\n\n",
        wrapped(form.properties.description),
    );
    let properties = sorted(&form.properties);
    syntax(&mut page, Some(name), &properties, "###");
    page.push_str("## Properties\n\n");
    page.push_str(SERVICE_TOKEN);
    for property in &properties {
        entry(&mut page, property, "###");
    }

    let mut types = Vec::new();
    nested(&form.properties, &mut types);
    if !types.is_empty() {
        page.push_str("## Property types\n\n");
    }
    for form in types {
        let _ = write!(
            page,
            "### {}\n\n{}\n\n",
            form.name,
            wrapped(form.description)
        );
        let properties = sorted(form);
        syntax(&mut page, None, &properties, "####");
        for property in &properties {
            entry(&mut page, property, "####");
        }
    }

    let _ = write!(
        page,
        "## Return values\n\n### Ref\n\n{reference}\n\n### Fn::GetAtt\n\nAll attributes are texts.\n\n"
    );
    let mut attributes = form.attributes.clone();
    attributes.sort_unstable();
    for (name, description) in attributes {
        let _ = write!(page, "#### `{name}`\n\n{}\n\n", wrapped(description));
    }
    let _ = write!(page, "## Remarks\n\n{end}\n");
    page
}

const SERVICE_TOKEN: &str = "\
### `ServiceToken`

The ARN of OrgTrail's function, in the Region of the stack: the output `ServiceToken` of the
function's stack, exported as `<stack name>-ServiceToken`.

- *Required*: Yes
- *Type*: String
- *Update requires*: Updates are not supported

### `ServiceTimeout`

How many seconds CloudFormation waits for an answer. The function does not work longer than that, nor
longer than its own `Timeout` allows.

- *Required*: No
- *Type*: Integer
- *Default*: `3600`
- *Minimum*: `1`
- *Maximum*: `3600`
- *Update requires*: No interruption

";

fn split<'a>(prose: &'a str, chapter: &str) -> (&'a str, &'a str) {
    let (before, after) = prose
        .split_once(chapter)
        .unwrap_or_else(|| panic!("the prose has no chapter {chapter}"));
    (before.trim(), after.trim())
}

/// In lines of at most 100 characters.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let room_for = word.chars().count() + 1;
        if length > 0 && length + room_for > 100 {
            lines.push('\n');
            length = 0;
        } else if length > 0 {
            lines.push(' ');
        }
        lines.push_str(word);
        length += room_for;
    }
    lines
}

fn sorted(form: &ObjectForm) -> Vec<&PropertyForm> {
    let mut properties: Vec<&PropertyForm> = form.properties.iter().collect();
    properties.sort_unstable_by_key(|property| property.name);
    properties
}

/// The types of the nested objects, each once, in the order of the alphabet.
fn nested<'a>(form: &'a ObjectForm, types: &mut Vec<&'a ObjectForm>) {
    for property in &form.properties {
        let mut form = &property.form;
        while let Form::List(list) = form {
            form = &list.entry;
        }
        if let Form::Object(object) = form {
            types.push(object);
            nested(object, types);
        }
    }
    types.sort_unstable_by_key(|form| form.name);
    types.dedup_by_key(|form| form.name);
}

fn syntax(page: &mut String, type_name: Option<&str>, properties: &[&PropertyForm], level: &str) {
    let mut lines: Vec<(&str, (String, bool))> = Vec::new();
    if type_name.is_some() {
        lines.push(("ServiceToken", ("String".to_owned(), false)));
        lines.push(("ServiceTimeout", ("Integer".to_owned(), false)));
    }
    lines.extend(properties.iter().map(|p| (p.name, shape(&p.form))));

    let (json_indent, yaml_indent) = type_name.map_or(("  ", ""), |_| ("    ", "  "));
    let (mut json, mut yaml) = (Vec::new(), String::new());
    for (name, (shape, is_list)) in lines {
        if is_list {
            json.push(format!("{json_indent}\"{name}\" : [ {shape}, ... ]"));
            let _ = writeln!(yaml, "{yaml_indent}{name}:\n{yaml_indent}  - {shape}");
        } else {
            json.push(format!("{json_indent}\"{name}\" : {shape}"));
            let _ = writeln!(yaml, "{yaml_indent}{name}: {shape}");
        }
    }
    let mut json = json.join(",\n");
    if let Some(name) = type_name {
        json = format!("  \"Type\" : \"{name}\",\n  \"Properties\" : {{\n{json}\n  }}");
        yaml = format!("Type: {name}\nProperties:\n{yaml}");
    }
    let _ = write!(
        page,
        "{level} JSON\n\n```text\n{{\n{json}\n}}\n```\n\n{level} YAML\n\n```yaml\n{yaml}```\n\n"
    );
}

/// How a value is written in the syntax, and whether it is a list of such.
fn shape(form: &Form) -> (String, bool) {
    match form {
        Form::Flag | Form::True => ("Boolean".to_owned(), false),
        Form::Text(_) => ("String".to_owned(), false),
        Form::Object(form) => (form.name.to_owned(), false),
        Form::List(list) => (shape(&list.entry).0, true),
        Form::Either(forms) => {
            let shapes = forms.iter().map(|form| match shape(form) {
                (shape, true) => format!("[ {shape}, ... ]"),
                (shape, false) => shape,
            });
            (shapes.collect::<Vec<_>>().join(" | "), false)
        }
    }
}

/// A type in words, linked to its chapter.
fn type_name(form: &Form) -> String {
    match form {
        Form::Flag | Form::True => "Boolean".to_owned(),
        Form::Text(_) => "String".to_owned(),
        Form::Object(form) => format!("[{}](#{})", form.name, form.name.to_lowercase()),
        Form::List(list) => format!("Array of {}", type_name(&list.entry)),
        Form::Either(forms) => forms.iter().map(type_name).collect::<Vec<_>>().join(" or "),
    }
}

fn entry(page: &mut String, property: &PropertyForm, level: &str) {
    let required = if property.required { "Yes" } else { "No" };
    let _ = write!(
        page,
        "{level} `{}`\n\n{}\n\n- *Required*: {required}\n- *Type*: {}\n",
        property.name,
        wrapped(property.description),
        type_name(&property.form),
    );
    match (&property.default, property.otherwise) {
        (Some(serde_json::Value::String(word)), _) => {
            let _ = writeln!(page, "- *Default*: `{word}`");
        }
        (Some(value), _) => {
            let _ = writeln!(page, "- *Default*: `{value}`");
        }
        (None, Some(words)) => {
            let _ = writeln!(page, "- *Default*: {words}");
        }
        (None, None) => {}
    }
    facts(page, &property.form, "");
    let update = if property.replacement {
        "Replacement"
    } else {
        "No interruption"
    };
    let _ = write!(page, "- *Update requires*: {update}\n\n");
}

/// `of`: says what of, where it is not the value itself.
fn facts(page: &mut String, form: &Form, of: &str) {
    match form {
        Form::Flag | Form::Object(_) => {}
        Form::True => page.push_str("- *Allowed values*: `true`\n"),
        Form::Text(text) => {
            if !text.words.is_empty() {
                let words: Vec<String> =
                    text.words.iter().map(|word| format!("`{word}`")).collect();
                let _ = writeln!(page, "- *Allowed values{of}*: {}", words.join(" | "));
            }
            limits(page, text.length, of);
            if let Some(pattern) = &text.pattern {
                let _ = writeln!(page, "- *Pattern{of}*: `{pattern}`");
            }
        }
        Form::List(ListForm { entry, items, .. }) => {
            facts(page, entry, " of an entry");
            limits(page, *items, " number of entries");
        }
        Form::Either(forms) => forms.iter().for_each(|form| facts(page, form, of)),
    }
}

fn limits(page: &mut String, limits: Limits, of: &str) {
    if limits.least > 0 {
        let _ = writeln!(page, "- *Minimum{of}*: `{}`", limits.least);
    }
    if let Some(most) = limits.most {
        let _ = writeln!(page, "- *Maximum{of}*: `{most}`");
    }
}
