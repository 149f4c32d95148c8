//! The Plan request and its response.
//!
//! A Plan is no request of CloudFormation. A program invokes the function with the properties of a
//! resource, and the result of the invocation is what a Create or an Update with these properties
//! would change.

use serde::Serialize;
use serde_json::value::RawValue;

use super::envelope::{Fields, read};
use super::properties::Problems;
use super::request::{Object, Request, RequestType};
use super::response::readable;
use crate::domain::plan;
use crate::domain::timestamp::Timestamp;

/// The `RequestType` of a Plan.
const PLAN: &str = "Plan";

/// Why a Plan is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPlan {
    /// It has a `ResponseURL`, so its sender expects CloudFormation's protocol.
    #[error(
        "a Plan must not have a ResponseURL: the plan is the result of the invocation, and nothing \
         was sent to the URL"
    )]
    ResponseUrl,
    /// A field is missing or has another type.
    #[error("the Plan is not valid: {0}")]
    Field(&'static str),
}

/// The Create or Update whose plan an event requests, as if it was issued `now`. `None` if the event is
/// not a Plan.
///
/// With a `PhysicalResourceId` it is an Update, otherwise a Create. `OldResourceProperties` are
/// optional, as in CloudFormation's Update; without them they count as empty.
pub fn planned_request(event: &RawValue, now: Timestamp) -> Option<Result<Request, InvalidPlan>> {
    let fields: Fields = serde_json::from_str(event.get()).ok()?;
    (read::<String>(&fields, "RequestType")? == PLAN).then(|| request(&fields, now))
}

fn request(fields: &Fields, now: Timestamp) -> Result<Request, InvalidPlan> {
    if fields.contains_key("ResponseURL") {
        return Err(InvalidPlan::ResponseUrl);
    }
    let required = |name, problem| {
        let value = read::<String>(fields, name).filter(|value| !value.is_empty());
        value.ok_or(InvalidPlan::Field(problem))
    };
    let physical_id = read::<Option<String>>(fields, "PhysicalResourceId");
    let physical_id = match (physical_id, fields.contains_key("PhysicalResourceId")) {
        (Some(id), _) => id.filter(|id| !id.is_empty()),
        (None, false) => None,
        (None, true) => return Err(InvalidPlan::Field("PhysicalResourceId must be a string")),
    };
    Ok(Request {
        request_type: if physical_id.is_some() { RequestType::Update } else { RequestType::Create },
        resource_type: required("ResourceType", "ResourceType must be a string")?,
        stack_id: required("StackId", "StackId must be the ARN of a stack")?,
        logical_id: required("LogicalResourceId", "LogicalResourceId must be a string")?,
        physical_id,
        properties: read(fields, "ResourceProperties").ok_or(InvalidPlan::Field(
            "ResourceProperties must be an object that is not nested too deeply",
        ))?,
        old_properties: read::<Object>(fields, "OldResourceProperties").unwrap_or_default(),
        issued_at: Some(now),
    })
}

/// The response to a Plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PlanResponse {
    in_sync: bool,
    steps: Vec<Step>,
    refused: String,
    problems: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Step {
    operation: String,
    resource: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    name: String,
    old: String,
    new: String,
}

impl PlanResponse {
    /// The request would be refused, for this reason.
    pub fn refused(reason: &str) -> Self {
        Self { refused: readable(reason), ..Self::default() }
    }

    /// The request would be refused for the problems of its properties.
    pub fn invalid(problems: &Problems) -> Self {
        Self { problems: problems.to_strings(), ..Self::default() }
    }

    /// The operations of the steps, for the log.
    pub fn operations(&self) -> String {
        let operations: Vec<&str> = self.steps.iter().map(|step| step.operation.as_str()).collect();
        operations.join(", ")
    }

    /// Why the request would be refused, for the log.
    pub fn reason(&self) -> Option<String> {
        let refused = Some(&self.refused).filter(|reason| !reason.is_empty());
        let reasons: Vec<&str> =
            refused.into_iter().chain(&self.problems).map(String::as_str).collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }
}

impl From<plan::Plan> for PlanResponse {
    fn from(plan::Plan { in_sync, steps }: plan::Plan) -> Self {
        let steps = steps.into_iter().map(|step| {
            let plan::PlannedStep { operation, resource, changes, replaces } = step;
            let changes = changes.into_iter();
            let changes =
                changes.map(|plan::Change { name, old, new }| Change { name, old, new }).collect();
            Step { operation: operation.to_string(), resource, changes, replaces }
        });
        Self { in_sync, steps: steps.collect(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::to_raw_value;
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::operation::Operation;

    fn event() -> Value {
        json!({
            "RequestType": "Plan",
            "ResourceType": "Custom::OrgTrail",
            "StackId": "arn:aws:cloudformation:eu-west-1:111111111111:stack/audit/uuid",
            "LogicalResourceId": "Trail",
            "ResourceProperties": {"TrailName": "org"},
        })
    }

    fn planned(event: &Value) -> Option<Result<Request, InvalidPlan>> {
        planned_request(&to_raw_value(event).expect("JSON"), Timestamp::from_seconds(1_000))
    }

    fn with(field: &str, value: Value) -> Value {
        let mut event = event();
        event[field] = value;
        event
    }

    #[test]
    fn a_physical_id_makes_it_an_update() {
        for (id, request_type) in [
            (json!(null), RequestType::Create),
            (json!(""), RequestType::Create),
            (json!("id"), RequestType::Update),
        ] {
            let request = planned(&with("PhysicalResourceId", id.clone())).expect("a Plan");
            let request = request.expect("valid");
            assert_eq!(request.request_type, request_type, "{id}");
            assert_eq!(request.physical_id.as_deref(), id.as_str().filter(|id| !id.is_empty()));
        }
        let request = planned(&event()).expect("a Plan").expect("valid");
        assert_eq!(request.request_type, RequestType::Create);
        assert!(request.old_properties.is_empty());
    }

    #[test]
    fn other_events_are_no_plans() {
        for event in [json!([]), json!({}), with("RequestType", json!("plan"))] {
            assert!(planned(&event).is_none(), "{event}");
        }
        let message = json!({"Records": [{"Sns": {"Message": event().to_string()}}]});
        assert!(planned(&message).is_none());
    }

    #[test]
    fn a_problem_names_the_field() {
        for (field, value) in [
            ("ResourceType", json!(null)),
            ("ResourceType", json!("")),
            ("StackId", json!(7)),
            ("LogicalResourceId", json!([])),
            ("PhysicalResourceId", json!(7)),
            ("ResourceProperties", json!("x")),
        ] {
            let problem = planned(&with(field, value)).expect("a Plan").expect_err(field);
            let beginning = format!("the Plan is not valid: {field} ");
            assert!(problem.to_string().starts_with(&beginning), "{problem}");
        }
        for url in [json!("https://host/x"), json!(null)] {
            let refused = planned(&with("ResponseURL", url)).expect("a Plan");
            assert_eq!(refused.err(), Some(InvalidPlan::ResponseUrl));
        }
    }

    #[test]
    fn a_response_has_a_refusal_or_problems() {
        let mut problems = Problems::default();
        problems.add("TrailName", "is required");
        problems.add("S3BucketName", "must be a string");
        let none: [&str; 0] = [];
        for (response, refused, in_problems, reason) in [
            (PlanResponse::default(), "", &none[..], None),
            (
                PlanResponse::refused("the name\nis taken"),
                "the name is taken",
                &none,
                Some("the name is taken"),
            ),
            (
                PlanResponse::invalid(&problems),
                "",
                &["TrailName is required", "S3BucketName must be a string"],
                Some("TrailName is required; S3BucketName must be a string"),
            ),
        ] {
            let expected =
                json!({"InSync": false, "Steps": [], "Refused": refused, "Problems": in_problems});
            assert_eq!(serde_json::to_value(&response).expect("JSON"), expected);
            assert_eq!(response.reason().as_deref(), reason);
            assert_eq!(response.operations(), "");
        }
    }

    #[test]
    fn a_step_has_only_what_applies_to_it() {
        let step = plan::PlannedStep::new(Operation::StartLogging, "trail");
        let changes = Vec::from_iter(plan::Change::of("Name", "a".into(), String::new()));
        let changing = plan::PlannedStep { changes, replaces: Some("old".into()), ..step.clone() };
        let in_sync = PlanResponse::from(plan::Plan::new(Vec::new()));
        assert_eq!(in_sync, PlanResponse { in_sync: true, ..PlanResponse::default() });
        let response = PlanResponse::from(plan::Plan::new(vec![step, changing]));
        assert_eq!(response.operations(), "StartLogging, StartLogging");
        assert_eq!(
            serde_json::to_value(&response).expect("JSON"),
            json!({
                "InSync": false,
                "Steps": [
                    {"Operation": "StartLogging", "Resource": "trail"},
                    {
                        "Operation": "StartLogging",
                        "Resource": "trail",
                        "Changes": [{"Name": "Name", "Old": "a", "New": ""}],
                        "Replaces": "old",
                    },
                ],
                "Refused": "",
                "Problems": [],
            })
        );
    }
}
