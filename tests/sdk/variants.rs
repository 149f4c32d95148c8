//! An answer, varied.

use serde_json::{Map, Value, json};

/// The value; with a member less, with null for a member, each in turn; with members that nobody knows.
pub fn variants(value: &Value) -> Vec<Value> {
    let mut variants = vec![value.clone(), strange(value)];
    for (object, name) in members(value, "") {
        let changed = |change: fn(&mut Map<String, Value>, String)| {
            let mut variant = value.clone();
            let object = variant.pointer_mut(&object);
            let object = object.and_then(Value::as_object_mut);
            change(object.expect("what was found"), name.clone());
            variant
        };
        variants.push(changed(|object, name| object[&name] = Value::Null));
        variants.push(changed(|object, name| drop(object.remove(&name))));
    }
    variants
}

/// Where objects are, and what is in them.
fn members(value: &Value, path: &str) -> Vec<(String, String)> {
    match value {
        Value::Object(object) => object
            .iter()
            .flat_map(|(name, value)| {
                let mut members = members(value, &format!("{path}/{name}"));
                members.push((path.to_owned(), name.clone()));
                members
            })
            .collect(),
        Value::Array(entries) => entries
            .iter()
            .enumerate()
            .flat_map(|(index, entry)| members(entry, &format!("{path}/{index}")))
            .collect(),
        _ => Vec::new(),
    }
}

/// The value with something in every object that nobody knows yet.
fn strange(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let members = object.iter();
            let members = members.map(|(name, value)| (name.clone(), strange(value)));
            let strange = json!({ "Trail": [null, { "Name": 7.5, "Tags": [[]] }, "\u{1f600}"] });
            members
                .chain([("AOfTomorrow".to_owned(), strange)])
                .collect()
        }
        Value::Array(entries) => entries.iter().map(strange).collect(),
        value => value.clone(),
    }
}
