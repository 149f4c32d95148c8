//! A JSON Schema validator with the generated schemas.

use boon::{Compiler, SchemaIndex, Schemas};
use orgtrail::resource::ResourceType;
use serde_json::{Value, json};

use crate::files::schema;

/// A compiled schema.
pub struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    /// Compiles the schema of a resource type, with the meanings that CloudFormation and `schemas/rules`
    /// add to JSON Schema. A template cannot set a read-only property. `dependentExcluded` names
    /// properties that exclude one another. `dependentRequired` ignores empty strings, as the same rule
    /// in `allOf` does.
    pub fn of(type_name: &str) -> Self {
        let types = ResourceType::ALL.map(ResourceType::description);
        let mut types = types.iter();
        let description = types.find(|description| description.type_name == type_name);
        let mut schema = schema::of(description.expect("a type"));
        let read_only = schema["readOnlyProperties"].take();
        for pointer in read_only.as_array().expect("a list") {
            let name = pointer.as_str().and_then(|pointer| pointer.rsplit_once('/'));
            let properties = schema["properties"].as_object_mut().expect("an object");
            properties.remove(name.expect("a pointer").1);
        }
        schema.as_object_mut().expect("an object").remove("dependentRequired");
        let excluded = schema["dependentExcluded"].take();
        for (one, others) in excluded.as_object().into_iter().flatten() {
            for other in others.as_array().expect("a list") {
                let rules = schema["allOf"].as_array_mut().expect("a list");
                rules.push(json!({ "not": { "required": [one, other] } }));
            }
        }

        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let name = "schema:type";
        compiler.add_resource(name, schema).expect("a resource");
        let index = compiler.compile(name, &mut schemas).expect("a schema");
        Self { schemas, index }
    }

    /// Validates properties.
    pub fn validate(&self, properties: &Value) -> Result<(), String> {
        let result = self.schemas.validate(properties, self.index);
        result.map_err(|error| format!("{error:#}"))
    }
}
