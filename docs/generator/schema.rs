//! A type's schema, in the format of the CloudFormation registry with the keywords of cfn-lint.

use orgtrail::cfn::schema::{Form, Limits, ObjectForm, PropertyForm, Rule, Text, TypeForm};
use serde_json::{Map, Value, json};

/// `true` and `false` as a text, in any letter case.
const TRUE: &str = "[Tt][Rr][Uu][Ee]";
const FALSE: &str = "[Ff][Aa][Ll][Ss][Ee]";

/// The schema of a resource type.
pub fn of(form: &TypeForm) -> Value {
    let mut definitions = Map::new();
    let mut schema = object(&form.properties, &mut definitions);
    schema.insert("typeName".to_owned(), json!(form.type_name));
    if !definitions.is_empty() {
        schema.insert("definitions".to_owned(), Value::Object(definitions));
    }

    // CloudFormation's own.
    let properties = entry(&mut schema, "properties", json!({}));
    properties["ServiceToken"] = json!({
        "description": "The ARN of OrgTrail's function: the output ServiceToken of its stack.",
        "type": "string",
    });
    properties["ServiceTimeout"] = json!({
        "description": "How many seconds CloudFormation waits for an answer.",
        "type": ["integer", "string"],
        "minimum": 1,
        "maximum": 3600,
        "pattern": "^[0-9]+$",
        "default": 3600,
    });
    // What is a property too cannot be read-only. `attributes` is not the registry's: it has no place
    // for those.
    let mut read_only = Vec::new();
    for (name, description) in &form.attributes {
        if properties.get(name).is_none() {
            properties[name] = json!({ "description": one_line(description), "type": "string" });
            read_only.push(pointer(name));
        }
    }
    let attributes: Vec<&str> = form.attributes.iter().map(|(name, _)| *name).collect();
    schema.insert("readOnlyProperties".to_owned(), json!(read_only));
    schema.insert("attributes".to_owned(), json!(attributes));
    push(&mut schema, "required", json!("ServiceToken"));

    let all = form.properties.properties.iter();
    let create_only: Vec<String> = all
        .filter(|property| property.replacement)
        .map(|property| pointer(property.name))
        .chain([pointer("ServiceToken")])
        .collect();
    schema.insert("createOnlyProperties".to_owned(), json!(create_only));
    let identifier: Vec<String> = form.identifier.iter().map(|name| pointer(name)).collect();
    schema.insert("primaryIdentifier".to_owned(), json!(identifier));
    Value::Object(schema)
}

fn pointer(property: &str) -> String {
    format!("/properties/{property}")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn object(form: &ObjectForm, definitions: &mut Map<String, Value>) -> Map<String, Value> {
    let mut schema = Map::new();
    let mut properties = Map::new();
    for form in &form.properties {
        properties.insert(form.name.to_owned(), property(form, definitions));
        if form.required {
            push(&mut schema, "required", json!(form.name));
        }
    }
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("description".to_owned(), json!(one_line(form.description)));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("additionalProperties".to_owned(), json!(false));
    for rule in &form.rules {
        add_rule(&mut schema, *rule);
    }
    schema
}

fn property(form: &PropertyForm, definitions: &mut Map<String, Value>) -> Value {
    let mut schema = value(&form.form, definitions);
    let mut description = one_line(form.description);
    if let Some(otherwise) = form.otherwise {
        description = format!("{description} Default: {otherwise}.");
    }
    schema["description"] = json!(description);
    if let Some(default) = &form.default {
        schema["default"] = default.clone();
    }
    schema
}

/// The schema of a value; those of objects go into `definitions`.
pub fn value(form: &Form, definitions: &mut Map<String, Value>) -> Value {
    match form {
        Form::Flag => json!({
            "type": ["boolean", "string"],
            "pattern": format!("^({TRUE}|{FALSE})$"),
        }),
        Form::True => json!({
            "type": ["boolean", "string"],
            "pattern": format!("^{TRUE}$"),
            "not": { "const": false },
        }),
        Form::Text(form) => text(form),
        Form::List(form) => {
            let mut schema = json!({ "type": "array", "items": value(&form.entry, definitions) });
            limit(&mut schema, form.items, ["minItems", "maxItems"]);
            if let Some(key) = form.unique {
                schema["uniqueKeys"] = json!([key]);
            }
            schema
        }
        Form::Object(form) => {
            let schema = object(form, definitions);
            definitions.insert(form.name.to_owned(), Value::Object(schema));
            json!({ "$ref": format!("#/definitions/{}", form.name) })
        }
        Form::Either(forms) => {
            let forms: Vec<Value> = forms.iter().map(|form| value(form, definitions)).collect();
            json!({ "anyOf": forms })
        }
    }
}

fn text(form: &Text) -> Value {
    let mut schema = json!({ "type": "string" });
    limit(&mut schema, form.length, ["minLength", "maxLength"]);
    if !form.words.is_empty() {
        schema["enum"] = json!(form.words);
    }
    if let Some(pattern) = &form.pattern {
        schema["pattern"] = json!(pattern);
    }
    if let Some(pattern) = &form.never {
        schema["not"] = json!({ "pattern": pattern });
    }
    schema
}

fn limit(schema: &mut Value, limits: Limits, [least, most]: [&str; 2]) {
    if limits.least > 0 {
        schema[least] = json!(limits.least);
    }
    if let Some(limit) = limits.most {
        schema[most] = json!(limit);
    }
}

/// A flag that is there and false.
fn is_false(flag: &str) -> Value {
    let value = json!({ "anyOf": [
        { "const": false },
        { "type": "string", "pattern": format!("^{FALSE}$") },
    ] });
    json!({ "required": [flag], "properties": { flag: value } })
}

fn add_rule(schema: &mut Map<String, Value>, rule: Rule) {
    let filled =
        |list: &str| json!({ "required": [list], "properties": { list: { "minItems": 1 } } });
    match rule {
        Rule::BothOrNeither(one, other) => {
            let each = entry(schema, "dependentRequired", json!({}));
            each[one] = json!([other]);
            each[other] = json!([one]);
            // An empty text counts as none.
            let both = |length: Value| json!({ "properties": { one: length, other: length } });
            let rule = json!({ "anyOf": [
                both(json!({ "minLength": 1 })),
                both(json!({ "maxLength": 0 })),
            ] });
            push(schema, "allOf", rule);
        }
        Rule::NotBoth(one, other) => {
            entry(schema, "dependentExcluded", json!({}))[one] = json!([other]);
        }
        Rule::FalseOnlyWithFalse(flag, other) => {
            let rule = json!({ "if": is_false(flag), "then": is_false(other) });
            push(schema, "allOf", rule);
        }
        Rule::FalseNeedsEntry { flag, list, of } => {
            let rule = json!({
                "if": is_false(flag),
                "then": { "required": [list], "properties": { list: { "contains": filled(of) } } },
            });
            push(schema, "allOf", rule);
        }
        Rule::AnyFilled(lists) => {
            let any: Vec<Value> = lists.iter().map(|list| filled(list)).collect();
            push(schema, "allOf", json!({ "anyOf": any }));
        }
    }
}

fn entry<'a>(schema: &'a mut Map<String, Value>, name: &str, empty: Value) -> &'a mut Value {
    schema.entry(name).or_insert(empty)
}

fn push(schema: &mut Map<String, Value>, name: &str, value: Value) {
    if let Value::Array(list) = entry(schema, name, json!([])) {
        list.push(value);
    }
}
