//! Checks the JSON of a request against the declarations of the properties.

use std::collections::BTreeSet;

use serde_json::Value;

use super::declaration::{Declaration, ObjectShape, Presence, Relation, Rule, Shape, given};
use super::problems::{Path, Problems};
use super::{boolean, integer, string};
use crate::cfn::request::Object;
use crate::domain::string_rule::{self, Malformed, StringRule};

/// The properties that CloudFormation adds to those of every custom resource.
const RESERVED: [&str; 2] = ["ServiceToken", "ServiceTimeout"];

/// Checks the properties of a resource, including those that CloudFormation adds.
pub(super) fn resource(shape: &ObjectShape, properties: &Object, problems: &mut Problems) {
    object(shape, properties, &RESERVED, &Path::default(), problems);
}

fn object(
    shape: &ObjectShape,
    object: &Object,
    reserved: &[&str],
    path: &Path,
    problems: &mut Problems,
) {
    let known: Vec<&str> = shape.properties.iter().map(|known| known.name).collect();
    let names = object.keys().map(String::as_str);
    for name in names.filter(|name| !known.contains(name) && !reserved.contains(name)) {
        problems.add_unknown(path, name, &known);
    }
    for declaration in shape.properties {
        let path = path.property(declaration.name);
        match declaration.given(object) {
            Some(value) => property(declaration, value, &path, problems),
            None if declaration.presence == Presence::Required => {
                problems.add(&path, "is required");
            }
            None => {}
        }
    }
    for relation in shape.relations {
        related(relation, object, path, problems);
    }
}

fn property(declaration: &Declaration, value: &Value, path: &Path, problems: &mut Problems) {
    shaped(&declaration.shape, value, path, problems);
    let before = problems.count();
    for rule in declaration.rules {
        match rule {
            Rule::Replacement | Rule::DefaultIs(_) => {}
            Rule::Hint(hint) => {
                if problems.count() > before {
                    problems.add_hint(hint);
                }
            }
            Rule::Strings(rules) => strings(rules, value, path, problems),
            Rule::Items(min, max) => {
                let count = value.as_array().map_or(*min, Vec::len);
                if count < *min || max.is_some_and(|max| count > max) {
                    problems.add(path, rule);
                }
            }
            Rule::Unique(key) => {
                let mut values = BTreeSet::new();
                for (index, entry) in value.as_array().into_iter().flatten().enumerate() {
                    let value = entry.get(*key).and_then(string);
                    if value.is_some_and(|value| !values.insert(value)) {
                        problems.add(path.entry(index).property(key), rule);
                    }
                }
            }
            Rule::Distinct => {
                let entries = value.as_array().map(Vec::as_slice).unwrap_or_default();
                for (index, entry) in entries.iter().enumerate() {
                    if entries[..index].contains(entry) {
                        problems.add(path.entry(index), rule);
                    }
                }
            }
            Rule::True => {
                if boolean(value) == Some(false) {
                    problems.add(path, rule);
                }
            }
        }
    }
}

fn shaped(shape: &Shape, value: &Value, path: &Path, problems: &mut Problems) {
    match (shape, value) {
        (Shape::Boolean, _) if boolean(value).is_none() => {
            problems.add(path, "must be true or false");
        }
        (Shape::Boolean, _) => {}
        (Shape::Integer(min, max), _) => {
            if integer(value).is_none_or(|integer| !(*min..=*max).contains(&integer)) {
                problems.add(path, format_args!("must be an integer from {min} to {max}"));
            }
        }
        (Shape::List(entry) | Shape::StringOrList(_, entry), Value::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                shaped(entry, value, &path.entry(index), problems);
            }
        }
        (Shape::List(_), _) => problems.add(path, "must be a list"),
        (Shape::Object(shape), Value::Object(value)) => object(shape, value, &[], path, problems),
        (Shape::Object(_), _) => problems.add(path, "must be an object"),
        (Shape::String(rules), _) if string(value).is_some() => {
            strings(rules, value, path, problems);
        }
        (Shape::String(_), _) => problems.add(path, "must be a string"),
        (Shape::StringOrList(rules, _), _) => {
            match string(value).map(|string| string_rule::check(rules, &string)) {
                Some(Ok(())) => {}
                Some(Err(Malformed(rule))) => problems.add(path, format_args!("{rule} or a list")),
                None => problems.add(path, "must be a string or a list"),
            }
        }
    }
}

/// Checks a string, or the strings in a list.
fn strings(rules: &[StringRule], value: &Value, path: &Path, problems: &mut Problems) {
    if let Value::Array(values) = value {
        for (index, value) in values.iter().enumerate() {
            strings(rules, value, &path.entry(index), problems);
        }
    } else if let Some(string) = string(value)
        && let Err(Malformed(rule)) = string_rule::check(rules, &string)
    {
        problems.add(path, rule);
    }
}

fn related(relation: &Relation, object: &Object, path: &Path, problems: &mut Problems) {
    let is_given = |name: &str| given(object, name).is_some();
    match relation {
        Relation::Excludes(one, other) => {
            if is_given(one) && is_given(other) {
                let rule = format_args!("cannot be given together with {one}");
                problems.add(path.property(other), rule);
            }
        }
        Relation::Needs(one, other) => {
            if is_given(one) && !is_given(other) {
                let rule = format_args!("is required with {one}");
                problems.add(path.property(other), rule);
            }
        }
        Relation::When(condition, then, name, rule) => {
            if condition.holds(object) && !then.holds(object) {
                let path = name.map_or_else(|| path.clone(), |name| path.property(name));
                problems.add(path, rule);
            }
        }
        Relation::StringsWhen(condition, list, rules) => {
            if let (true, Some(value)) = (condition.holds(object), given(object, list)) {
                strings(rules, value, &path.property(list), problems);
            }
        }
    }
}
