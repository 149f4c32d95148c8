//! The two that have to agree: a JSON Schema validator with the generated schema, and the function's
//! own reading of the properties.

use boon::{Compiler, SchemaIndex, Schemas};
use orgtrail::cfn::properties;
use orgtrail::cfn::request::{Object, Request, RequestType};
use orgtrail::core::arn::Region;
use orgtrail::resource::org_delegated_administrator::OrgDelegatedAdministratorProperties;
use orgtrail::resource::org_trail::desired::desired;
use orgtrail::resource::org_trail_delivery::properties::wanted;
use orgtrail::resource::org_trusted_access::OrgTrustedAccessProperties;
use serde_json::{Value, json};

use crate::files::schema;
use crate::support::REGION;

/// A compiled schema.
pub struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    /// Compiles any schema.
    pub fn new(schema: Value) -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let name = "schema:type";
        compiler.add_resource(name, schema).expect("a resource");
        let index = compiler.compile(name, &mut schemas).expect("a schema");
        Self { schemas, index }
    }

    /// Compiles the schema of a resource type, with what CloudFormation and cfn-lint take its words
    /// to mean and JSON Schema does not: a template cannot give a read-only property, and
    /// `dependentExcluded` says that two properties exclude one another.
    pub fn of(type_name: &str) -> Self {
        let types = orgtrail::resource::forms();
        let form = types.iter().find(|form| form.type_name == type_name);
        let mut schema = schema::of(form.expect("a type"));
        for pointer in schema["readOnlyProperties"]
            .as_array()
            .expect("a list")
            .clone()
        {
            let name = pointer
                .as_str()
                .expect("a pointer")
                .trim_start_matches("/properties/");
            let properties = schema["properties"].as_object_mut().expect("an object");
            properties.remove(name).expect("a read-only property");
        }
        let excluded = schema
            .get("dependentExcluded")
            .cloned()
            .unwrap_or(json!({}));
        for (one, others) in excluded.as_object().expect("an object") {
            for other in others.as_array().expect("a list") {
                let rule = json!({ "not": { "required": [one, other] } });
                let all = schema["allOf"].as_array_mut().expect("a list");
                all.push(rule);
            }
        }
        Self::new(schema)
    }

    /// Whether the schema takes it, and if not, why.
    pub fn takes(&self, value: &Value) -> Result<(), String> {
        let verdict = self.schemas.validate(value, self.index);
        verdict.map_err(|error| format!("{error:#}"))
    }
}

/// Whether the function takes the properties, and if not, why.
pub fn function_takes(type_name: &str, properties: &Value) -> Result<(), String> {
    let properties = properties.as_object().expect("an object");
    match type_name {
        "Custom::OrgTrail" => desired(&create(properties), &own_region())
            .map(drop)
            .map_err(|problems| problems.to_string()),
        "Custom::OrgTrailDelivery" => wanted(properties)
            .map(drop)
            .map_err(|failure| failure.reason),
        "Custom::OrgTrustedAccess" => read::<OrgTrustedAccessProperties>(properties),
        "Custom::OrgDelegatedAdministrator" => {
            read::<OrgDelegatedAdministratorProperties>(properties)
        }
        unknown => panic!("{unknown}"),
    }
}

fn read<T: properties::Property>(properties: &Object) -> Result<(), String> {
    let (value, problems) = properties::read::<T>(properties);
    let value = problems.unless_any(value);
    value.map(drop).map_err(|problems| problems.to_string())
}

fn own_region() -> Region {
    Region::parse(REGION).expect("a Region")
}

fn create(properties: &Object) -> Request {
    Request {
        request_type: RequestType::Create,
        resource_type: "Custom::OrgTrail".to_owned(),
        stack_id: "arn:aws:cloudformation:eu-west-1:111111111111:stack/audit/1".to_owned(),
        logical_id: "Trail".to_owned(),
        physical_id: None,
        properties: properties.clone(),
        old_properties: Object::new(),
        issued_at: None,
    }
}

/// What CloudFormation makes of properties on their way: every scalar a text.
pub fn as_sent(value: &Value) -> Value {
    match value {
        Value::Bool(flag) => json!(flag.to_string()),
        Value::Number(number) => json!(number.to_string()),
        Value::Array(entries) => entries.iter().map(as_sent).collect(),
        Value::Object(fields) => {
            let sent = fields.iter();
            sent.map(|(name, value)| (name.clone(), as_sent(value)))
                .collect()
        }
        Value::Null | Value::String(_) => value.clone(),
    }
}
