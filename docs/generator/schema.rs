//! A type's schema, in the format of the CloudFormation registry with the keywords of cfn-lint.

use orgtrail::cfn::properties::declaration::{
    Condition, Declaration, ObjectShape, Presence, Relation, Rule, Shape,
};
use orgtrail::domain::string_rule::StringRule;
use orgtrail::resource::Description;
use serde_json::{Map, Value, json};

/// `true` and `false` as a string, in any letter case.
const TRUE: &str = "[Tt][Rr][Uu][Ee]";
const FALSE: &str = "[Ff][Aa][Ll][Ss][Ee]";

/// The schema of a resource type.
pub fn of(description: &Description) -> Value {
    let mut definitions = Map::new();
    let mut schema = object(&description.properties, &mut definitions);
    schema["typeName"] = json!(description.type_name);
    if !definitions.is_empty() {
        schema["definitions"] = Value::Object(definitions);
    }

    // CloudFormation's own.
    let properties = &mut schema["properties"];
    properties["ServiceToken"] = json!({
        "description": "The ARN of OrgTrail's function: the output ServiceToken of its stack.",
        "type": "string",
    });
    properties["ServiceTimeout"] = json!({
        "description": "The maximum number of seconds that CloudFormation waits for a response.",
        "type": ["integer", "string"],
        "minimum": 1,
        "maximum": 3600,
        "pattern": "^[0-9]+$",
        "default": 3600,
    });
    // An attribute that is a property too cannot be read-only. `attributes` is not a keyword of the
    // registry, which has no place for those.
    let mut read_only = Vec::new();
    for (name, description) in &description.attributes {
        if properties.get(name).is_none() {
            properties[name] = json!({ "description": one_line(description), "type": "string" });
            read_only.push(pointer(name));
        }
    }
    let attributes = description.attributes.iter().map(|(name, _)| *name);
    schema["readOnlyProperties"] = json!(read_only);
    schema["attributes"] = attributes.collect();
    push(&mut schema, "required", json!("ServiceToken"));

    let all = description.properties.properties.iter();
    let replacement = |property: &&Declaration| {
        let mut rules = property.rules.iter();
        rules.any(|rule| matches!(rule, Rule::Replacement))
    };
    let create_only = all.filter(replacement).map(|property| property.name);
    schema["createOnlyProperties"] = create_only.chain(["ServiceToken"]).map(pointer).collect();
    let identifier = description.identifier.iter().copied();
    schema["primaryIdentifier"] = identifier.map(pointer).collect();
    schema
}

fn pointer(property: &str) -> String {
    format!("/properties/{property}")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn object(shape: &ObjectShape, definitions: &mut Map<String, Value>) -> Value {
    let mut schema = json!({
        "type": "object",
        "description": one_line(shape.description),
        "properties": {},
        "additionalProperties": false,
    });
    for declaration in shape.properties {
        schema["properties"][declaration.name] = property(declaration, definitions);
        if declaration.presence == Presence::Required {
            push(&mut schema, "required", json!(declaration.name));
        }
    }
    for relation in shape.relations {
        add_relation(&mut schema, relation);
    }
    schema
}

fn property(declaration: &Declaration, definitions: &mut Map<String, Value>) -> Value {
    let may_be_blank = declaration.presence != Presence::Required;
    let mut schema = value(&declaration.shape, may_be_blank, definitions);
    let mut description = one_line(declaration.description);
    for rule in declaration.rules {
        match rule {
            Rule::Replacement | Rule::Hint(_) => {}
            Rule::DefaultIs(words) => description = format!("{description} Default: {words}."),
            Rule::Strings(rules) => {
                let schema = match &declaration.shape {
                    Shape::List(_) => &mut schema["items"],
                    _ => &mut schema,
                };
                strings(schema, rules, may_be_blank);
            }
            Rule::Items(min, max) => {
                let list = match &declaration.shape {
                    Shape::StringOrList(..) => &mut schema["anyOf"][1],
                    _ => &mut schema,
                };
                if *min > 0 {
                    list["minItems"] = json!(min);
                }
                if let Some(max) = max {
                    list["maxItems"] = json!(max);
                }
            }
            Rule::Unique(key) => schema["uniqueKeys"] = json!([key]),
            Rule::Distinct => schema["uniqueItems"] = json!(true),
            Rule::True => {
                schema["pattern"] = json!(pattern(&format!("^{TRUE}$"), may_be_blank));
                schema["not"] = json!({ "const": false });
            }
        }
    }
    schema["description"] = json!(description);
    if let Presence::Default(default) = declaration.presence {
        schema["default"] = match declaration.shape {
            Shape::Boolean | Shape::Integer(..) => serde_json::from_str(default).expect("a scalar"),
            _ => json!(default),
        };
    }
    schema
}

/// The schema of a value. Schemas of objects go into `definitions`. An empty string, or a list of
/// empty strings, counts as not given where a value `may_be_blank`.
fn value(shape: &Shape, may_be_blank: bool, definitions: &mut Map<String, Value>) -> Value {
    match shape {
        Shape::Boolean => json!({
            "type": ["boolean", "string"],
            "pattern": pattern(&format!("^({TRUE}|{FALSE})$"), may_be_blank),
        }),
        Shape::Integer(min, max) => json!({
            "type": ["integer", "string"],
            "minimum": min,
            "maximum": max,
            "pattern": pattern("^[0-9]+$", may_be_blank),
        }),
        Shape::String(rules) => {
            let mut schema = json!({ "type": "string" });
            strings(&mut schema, rules, may_be_blank);
            schema
        }
        Shape::List(entry) => {
            let mut schema = json!({ "type": "array" });
            if may_be_blank {
                allow_blank(&mut schema);
            }
            schema["items"] = value(entry, may_be_blank, definitions);
            schema
        }
        Shape::Object(shape) => {
            let mut schema = object(shape, definitions);
            if may_be_blank {
                allow_blank(&mut schema);
            }
            definitions.insert(shape.name.to_owned(), schema);
            json!({ "$ref": format!("#/definitions/{}", shape.name) })
        }
        Shape::StringOrList(rules, entry) => {
            let shapes = [Shape::String(rules), Shape::List(entry)];
            json!({ "anyOf": shapes.map(|shape| value(&shape, may_be_blank, definitions)) })
        }
    }
}

/// Allows an empty string besides values of another type. cfn-lint applies `maxLength` to objects too.
fn allow_blank(schema: &mut Value) {
    schema["type"] = json!([schema["type"], "string"]);
    schema["pattern"] = json!("^$");
}

fn strings(schema: &mut Value, rules: &[StringRule], may_be_blank: bool) {
    for rule in rules {
        match rule {
            StringRule::Length(min, max) => {
                schema["maxLength"] = json!(max);
                match min {
                    0 => {}
                    1 if may_be_blank => {}
                    min if may_be_blank => {
                        schema["anyOf"] = json!([{ "maxLength": 0 }, { "minLength": min }]);
                    }
                    min => schema["minLength"] = json!(min),
                }
            }
            StringRule::Pattern(regex, _) => {
                schema["pattern"] = json!(pattern(regex, may_be_blank));
            }
            StringRule::NotPattern(regex, _) => {
                schema["not"] = json!({ "type": "string", "pattern": regex });
            }
            StringRule::OneOf(values) => {
                let blank = may_be_blank.then_some("");
                schema["enum"] = values.iter().copied().chain(blank).collect();
            }
            StringRule::Check(..) => {}
        }
    }
}

fn pattern(regex: &str, may_be_blank: bool) -> String {
    let blank = if may_be_blank { "^$|" } else { "" };
    format!("{blank}{regex}")
}

fn add_relation(schema: &mut Value, relation: &Relation) {
    match relation {
        Relation::Excludes(one, other) => schema["dependentExcluded"][one] = json!([other]),
        Relation::Needs(one, other) => {
            schema["dependentRequired"][one] = json!([other]);
            let rule = json!({
                "description": format!("{other} is required with {one}"),
                "if": property_with(one, &given()),
                "then": property_with(other, &given()),
            });
            push(schema, "allOf", rule);
        }
        // The rules of cfn-lint report the description.
        Relation::When(when, then, name, rule) => {
            let description = match name {
                Some(name) => format!("{name} {rule}"),
                None => (*rule).to_owned(),
            };
            let rule = json!({
                "description": description, "if": condition(when), "then": condition(then),
            });
            push(schema, "allOf", rule);
        }
        Relation::StringsWhen(when, list, rules) => {
            let mut entry = json!({});
            strings(&mut entry, rules, true);
            let then = json!({ "properties": { *list: { "items": entry } } });
            push(schema, "allOf", json!({ "if": condition(when), "then": then }));
        }
    }
}

fn condition(of: &Condition) -> Value {
    match of {
        Condition::Always => json!({}),
        Condition::IsFalse(name) => {
            let string = json!({ "type": "string", "pattern": format!("^{FALSE}$") });
            property_with(name, &json!({ "anyOf": [{ "const": false }, string] }))
        }
        Condition::Is(name, value) => property_with(name, &scalar(value)),
        Condition::IsGiven(name) => property_with(name, &given()),
        Condition::HasEntries(list) => {
            let mut entries = given();
            entries["type"] = json!("array");
            entries["minItems"] = json!(1);
            property_with(list, &entries)
        }
        Condition::Contains(list, value) => {
            property_with(list, &json!({ "type": "array", "contains": scalar(value) }))
        }
        Condition::AnyEntry(list, of) => {
            let mut entry = condition(of);
            entry["type"] = json!("object");
            property_with(list, &json!({ "type": "array", "contains": entry }))
        }
        Condition::AnyOf(conditions) => {
            json!({ "anyOf": conditions.iter().map(condition).collect::<Vec<_>>() })
        }
        Condition::AllOf(conditions) => {
            json!({ "allOf": conditions.iter().map(condition).collect::<Vec<_>>() })
        }
        Condition::Not(of) => json!({ "not": condition(of) }),
    }
}

/// A value that counts as given.
fn given() -> Value {
    json!({ "minLength": 1, "not": { "const": [""] } })
}

/// A scalar as a template can write it: CloudFormation sends a boolean as a string.
fn scalar(value: &str) -> Value {
    match value.parse::<bool>() {
        Ok(flag) => json!({ "enum": [value, flag] }),
        Err(_) => json!({ "const": value }),
    }
}

/// An object that has a property with such a value.
fn property_with(name: &str, value: &Value) -> Value {
    json!({ "required": [name], "properties": { name: value } })
}

fn push(schema: &mut Value, name: &str, value: Value) {
    match &mut schema[name] {
        Value::Array(list) => list.push(value),
        none => *none = json!([value]),
    }
}
