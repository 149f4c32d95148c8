//! A type's page, in the order of the CloudFormation user guide: syntax, properties, return values,
//! remarks, examples.

use std::fmt::{Display, Write as _};

use orgtrail::cfn::properties::declaration::{Declaration, ObjectShape, Presence, Rule, Shape};
use orgtrail::domain::string_rule::StringRule;
use orgtrail::resource::Description;

/// The page of a resource type. `prose` is an introduction, a chapter `## Ref`, and everything from a
/// chapter `## Remarks` to the end of the page.
pub fn of(description: &Description, prose: &str) -> String {
    let (introduction, rest) = split(prose, "## Ref\n");
    let (reference, end) = split(rest, "## Remarks\n");
    let name = description.type_name;
    let mut page = format!(
        "<!-- Generated from src/resource and docs/generator: make schemas -->\n\n\
         # {name}\n\n{}\n\n{introduction}\n\n## Syntax\n\n",
        wrapped(description.properties.description),
    );
    let properties = sorted(&description.properties);
    syntax(&mut page, Some(name), &properties, "###");
    page.push_str("## Properties\n\n");
    page.push_str(SERVICE_TOKEN);
    for property in &properties {
        entry(&mut page, property, "###");
    }

    let mut types = Vec::new();
    nested(&description.properties, &mut types);
    if !types.is_empty() {
        page.push_str("## Property types\n\n");
    }
    for shape in types {
        let _ = write!(page, "### {}\n\n{}\n\n", shape.name, wrapped(shape.description));
        let properties = sorted(shape);
        syntax(&mut page, None, &properties, "####");
        for property in &properties {
            entry(&mut page, property, "####");
        }
    }

    let _ = write!(
        page,
        "## Return values\n\n### Ref\n\n{reference}\n\n### Fn::GetAtt\n\nAll attributes are strings.\n\n"
    );
    let mut attributes = description.attributes.clone();
    attributes.sort_unstable();
    for (name, description) in attributes {
        let _ = write!(page, "#### `{name}`\n\n{}\n\n", wrapped(description));
    }
    let _ = write!(page, "## Remarks\n\n{end}\n");
    page
}

const SERVICE_TOKEN: &str = "\
### `ServiceToken`

The ARN of OrgTrail's function, which must be in the Region of the stack. The function's stack
returns it as the output `ServiceToken` and exports it as `<stack name>-ServiceToken`.

- *Required*: Yes
- *Type*: String
- *Update requires*: Updates are not supported

### `ServiceTimeout`

The maximum number of seconds that CloudFormation waits for a response. The function responds before
this time ends, and before its own `Timeout` ends, which is 900 seconds in the template. Specify
`900`, so that a stack does not wait for an hour if the function cannot respond.

- *Required*: No
- *Type*: Integer
- *Default*: `3600`
- *Minimum*: `1`
- *Maximum*: `3600`
- *Update requires*: No interruption

";

fn split<'a>(prose: &'a str, chapter: &str) -> (&'a str, &'a str) {
    let (before, after) =
        prose.split_once(chapter).unwrap_or_else(|| panic!("the prose has no chapter {chapter}"));
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

fn sorted(shape: &ObjectShape) -> Vec<&'static Declaration> {
    let mut properties: Vec<&Declaration> = shape.properties.iter().collect();
    properties.sort_unstable_by_key(|property| property.name);
    properties
}

/// The types of the nested objects, each once, in the order of the alphabet.
fn nested(shape: &ObjectShape, types: &mut Vec<&'static ObjectShape>) {
    for property in shape.properties {
        let mut shape = &property.shape;
        while let Shape::List(entry) = shape {
            shape = entry;
        }
        if let Shape::Object(object) = shape {
            types.push(object);
            nested(object, types);
        }
    }
    types.sort_unstable_by_key(|shape| shape.name);
    types.dedup_by_key(|shape| shape.name);
}

fn syntax(page: &mut String, type_name: Option<&str>, properties: &[&Declaration], level: &str) {
    let mut lines: Vec<(&str, (String, bool))> = Vec::new();
    if type_name.is_some() {
        lines.push(("ServiceToken", ("String".to_owned(), false)));
        lines.push(("ServiceTimeout", ("Integer".to_owned(), false)));
    }
    lines.extend(properties.iter().map(|p| (p.name, written(&p.shape))));

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

/// The value in the syntax of a template, and true for a list of such values.
fn written(shape: &Shape) -> (String, bool) {
    match shape {
        Shape::Boolean => ("Boolean".to_owned(), false),
        Shape::Integer(..) => ("Integer".to_owned(), false),
        Shape::String(_) => ("String".to_owned(), false),
        Shape::Object(shape) => (shape.name.to_owned(), false),
        Shape::List(entry) => (written(entry).0, true),
        Shape::StringOrList(_, entry) => (format!("String | [ {}, ... ]", written(entry).0), false),
    }
}

/// A type in words, linked to its chapter.
fn type_name(shape: &Shape) -> String {
    match shape {
        Shape::Boolean => "Boolean".to_owned(),
        Shape::Integer(..) => "Integer".to_owned(),
        Shape::String(_) => "String".to_owned(),
        Shape::Object(shape) => format!("[{}](#{})", shape.name, shape.name.to_lowercase()),
        Shape::List(entry) => format!("Array of {}", type_name(entry)),
        Shape::StringOrList(_, entry) => format!("String or Array of {}", type_name(entry)),
    }
}

fn entry(page: &mut String, property: &Declaration, level: &str) {
    let required = match property.presence {
        Presence::Required => "Yes",
        Presence::Optional | Presence::Default(_) => "No",
    };
    let _ = write!(
        page,
        "{level} `{}`\n\n{}\n\n- *Required*: {required}\n- *Type*: {}\n",
        property.name,
        wrapped(property.description),
        type_name(&property.shape),
    );
    if let Presence::Default(value) = property.presence {
        let _ = writeln!(page, "- *Default*: `{value}`");
    }
    for rule in property.rules {
        if let Rule::DefaultIs(words) = rule {
            let _ = writeln!(page, "- *Default*: {words}");
        }
    }
    shape_facts(page, &property.shape, "");
    let mut update = "No interruption";
    for rule in property.rules {
        match rule {
            Rule::Replacement => update = "Replacement",
            Rule::DefaultIs(_) | Rule::Hint(_) => {}
            Rule::Distinct => page.push_str("- *Unique entries*: Yes\n"),
            Rule::Strings(rules) => match property.shape {
                Shape::List(_) => string_facts(page, rules, " of an entry"),
                _ => string_facts(page, rules, ""),
            },
            Rule::Items(min, max) => limits(page, min, max.as_ref(), " number of entries"),
            Rule::Unique(key) => {
                let _ = writeln!(page, "- *Unique in each entry*: `{key}`");
            }
            Rule::True => page.push_str("- *Allowed values*: `true`\n"),
        }
    }
    let _ = write!(page, "- *Update requires*: {update}\n\n");
}

/// `of`: the part of the value that the facts are about, if it is not the value itself.
fn shape_facts(page: &mut String, shape: &Shape, of: &str) {
    match shape {
        Shape::Boolean | Shape::Object(_) => {}
        Shape::Integer(min, max) => limits(page, min, Some(max), of),
        Shape::String(rules) => string_facts(page, rules, of),
        Shape::List(entry) => shape_facts(page, entry, " of an entry"),
        Shape::StringOrList(rules, entry) => {
            string_facts(page, rules, of);
            shape_facts(page, entry, " of an entry");
        }
    }
}

fn string_facts(page: &mut String, rules: &[StringRule], of: &str) {
    for rule in rules {
        match rule {
            StringRule::Length(min, max) => limits(page, min, Some(max), of),
            StringRule::Pattern(pattern, _) => {
                let _ = writeln!(page, "- *Pattern{of}*: `{pattern}`");
            }
            StringRule::OneOf(values) => {
                let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
                let _ = writeln!(page, "- *Allowed values{of}*: {}", values.join(" | "));
            }
            // The descriptions say these in words.
            StringRule::NotPattern(..) | StringRule::Check(..) => {}
        }
    }
}

fn limits<T>(page: &mut String, min: &T, max: Option<&T>, of: &str)
where
    T: Display + PartialOrd + Default,
{
    if *min > T::default() {
        let _ = writeln!(page, "- *Minimum{of}*: `{min}`");
    }
    if let Some(max) = max {
        let _ = writeln!(page, "- *Maximum{of}*: `{max}`");
    }
}
