//! A template of the examples, resolved as CloudFormation resolves it for one stack.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use saphyr::{LoadableYamlNode, Yaml};
use serde_json::{Map, Value, json};

/// A template and the values of its parameters.
pub struct Template {
    document: Value,
    parameters: BTreeMap<String, Value>,
}

impl Template {
    /// Reads a template of the project for a stack in `account` and `region`.
    ///
    /// Lists are given as strings with commas, as to CloudFormation.
    pub fn read(path: &str, account: &str, region: &str, given: &[(&str, &str)]) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{path}: {error}"));
        let document = converted(&Yaml::load_from_str(&text).expect("YAML")[0]);
        let pseudo = [
            ("AWS::AccountId", account),
            ("AWS::Partition", "aws"),
            ("AWS::Region", region),
            ("AWS::StackName", "stack"),
            ("AWS::URLSuffix", "amazonaws.com"),
        ];
        let mut parameters: BTreeMap<String, Value> =
            pseudo.map(|(name, value)| (name.to_owned(), json!(value))).into();
        for (name, declared) in document["Parameters"].as_object().into_iter().flatten() {
            let value = given.iter().find(|(given, _)| given == name);
            let value = value.map_or(declared["Default"].clone(), |(_, value)| json!(value));
            assert!(!value.is_null(), "{path}: no value for {name}");
            let value = match (declared["Type"].as_str(), value) {
                (Some("CommaDelimitedList"), Value::String(list)) => {
                    json!(list.split(',').collect::<Vec<_>>())
                }
                (_, value) => value,
            };
            parameters.insert(name.clone(), value);
        }
        for (name, _) in given {
            assert!(parameters.contains_key(*name), "{path}: no parameter {name}");
        }
        Self { document, parameters }
    }

    /// A property of a resource.
    pub fn property(&self, resource: &str, property: &str) -> Value {
        let properties = &self.document["Resources"][resource]["Properties"];
        let value = properties.get(property).unwrap_or_else(|| panic!("{resource}.{property}"));
        self.resolved(value)
    }

    fn resolved(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items
                .iter()
                .map(|item| self.resolved(item))
                .filter(|item| !is_no_value(item))
                .collect(),
            Value::Object(members) => match members.iter().next() {
                Some((function, argument)) if function.starts_with('!') => {
                    self.evaluated(function, argument)
                }
                _ => {
                    let members =
                        members.iter().map(|(name, item)| (name.clone(), self.resolved(item)));
                    Value::Object(members.filter(|(_, item)| !is_no_value(item)).collect())
                }
            },
            _ => value.clone(),
        }
    }

    fn evaluated(&self, function: &str, argument: &Value) -> Value {
        match function {
            "!Ref" => self.referred(text(argument)),
            "!GetAtt" => json!(text(argument)),
            "!Condition" => json!(self.holds(text(argument))),
            "!Sub" if argument.is_string() => self.substituted(text(argument), &Map::new()),
            "!Sub" => {
                let variables = self.resolved(&argument[1]);
                self.substituted(text(&argument[0]), variables.as_object().expect("variables"))
            }
            "!If" if self.holds(text(&argument[0])) => self.resolved(&argument[1]),
            "!If" => self.resolved(&argument[2]),
            "!Equals" => json!(self.resolved(&argument[0]) == self.resolved(&argument[1])),
            "!Not" => json!(self.resolved(&argument[0]) == json!(false)),
            "!Select" => {
                let index = argument[0].as_u64().and_then(|index| usize::try_from(index).ok());
                self.resolved(&argument[1])[index.expect("an index")].clone()
            }
            "!Split" => {
                let whole = self.resolved(&argument[1]);
                json!(text(&whole).split(text(&argument[0])).collect::<Vec<_>>())
            }
            "!Join" => {
                let parts = self.resolved(&argument[1]);
                let parts = parts.as_array().expect("a list").iter().map(text);
                json!(parts.collect::<Vec<_>>().join(text(&argument[0])))
            }
            _ => panic!("the function {function} is not supported"),
        }
    }

    fn holds(&self, condition: &str) -> bool {
        self.resolved(&self.document["Conditions"][condition]) == json!(true)
    }

    /// The value of a parameter. A resource stands for itself.
    fn referred(&self, name: &str) -> Value {
        match name {
            "AWS::NoValue" => json!({ "!NoValue": null }),
            _ => self.parameters.get(name).cloned().unwrap_or_else(|| json!(name)),
        }
    }

    fn substituted(&self, template: &str, variables: &Map<String, Value>) -> Value {
        let mut parts = template.split("${");
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').expect("a closing brace");
            let value = variables.get(name).cloned().unwrap_or_else(|| self.referred(name));
            whole.push_str(text(&value));
            whole.push_str(rest);
        }
        json!(whole)
    }
}

fn is_no_value(value: &Value) -> bool {
    value.get("!NoValue").is_some()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

/// YAML as JSON: a tag becomes an object with one member, `{"!Ref": ...}`.
fn converted(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Tagged(tag, inner) => json!({ (format!("!{}", tag.suffix)): converted(inner) }),
        Yaml::Sequence(entries) => entries.iter().map(converted).collect(),
        Yaml::Mapping(members) => {
            let members = members
                .iter()
                .map(|(name, value)| (text(&converted(name)).to_owned(), converted(value)));
            Value::Object(members.collect())
        }
        scalar => scalar
            .as_bool()
            .map(Value::from)
            .or_else(|| scalar.as_integer().map(Value::from))
            .or_else(|| scalar.as_str().map(Value::from))
            .unwrap_or(Value::Null),
    }
}
