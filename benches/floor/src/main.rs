//! The floor of the benchmark: a function that says SUCCESS to whatever CloudFormation asks, with
//! the runtime, the HTTP and TLS stack and the release profile of the real one. What the real one
//! takes more than this is what its work costs.
//!
//! With `ROUND_TRIPS=true` it also asks AWS as often as the real one has to, and looks at no answer:
//! what the work costs at least, since nobody can spare these calls.

use bytes::Bytes;
use futures_util::future::{join_all, try_join_all};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use orgtrail::connections::Connections;
use orgtrail::transport::Transport;
use serde_json::{Value, json};

/// What the benchmark's AWS takes for signed.
const SIGNATURE: &str = "AWS4-HMAC-SHA256 \
    Credential=ASIAEXAMPLEFUNCTION1/20261123/us-east-1/organizations/aws4_request, \
    SignedHeaders=host, Signature=0";

/// The most calls at once.
const AT_ONCE: usize = 2;

#[expect(
    clippy::disallowed_methods,
    reason = "here it is read, as in the function's main"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What all invocations share.
#[derive(Clone)]
struct Floor {
    connections: Connections,
    /// Where AWS is, if it is asked.
    aws: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    // At init, where there is a full core, as the real function does.
    let connections = Connections::from_environment(variable);
    let asks = variable("ROUND_TRIPS").is_some_and(|value| value == "true");
    let aws = variable("AWS_ENDPOINT_URL").filter(|_| asks);
    let floor = Floor { connections, aws };
    let rehearsal = async {
        join_all((0..AT_ONCE).map(|_| floor.ask())).await;
    };
    floor.connections.rehearse(rehearsal).await;
    let serve = service_fn(move |event: LambdaEvent<Value>| {
        let floor = floor.clone();
        async move { floor.serve(&event.payload).await }
    });
    lambda_runtime::run(serve).await
}

impl Floor {
    async fn serve(&self, event: &Value) -> Result<(), Error> {
        for calls in groups(event["ResourceType"].as_str().unwrap_or_default()) {
            try_join_all((0..*calls).map(|_| self.ask())).await?;
        }
        self.answer(event).await
    }

    /// One call of AWS, if there are to be any.
    async fn ask(&self) -> Result<(), Error> {
        let Some(aws) = &self.aws else { return Ok(()) };
        let request = http::Request::post(format!("{aws}/"))
            .header("authorization", SIGNATURE)
            .header("content-type", "application/x-amz-json-1.1")
            .header(
                "x-amz-target",
                "AWSOrganizationsV20161128.DescribeOrganization",
            );
        let request = request.body(Bytes::from_static(b"{}"))?;
        let response = self.connections.send(request).await?;
        if response.status().is_success() {
            Ok(())
        } else {
            Err(format!("AWS answered {}", response.status()).into())
        }
    }

    /// The smallest answer that CloudFormation takes.
    async fn answer(&self, event: &Value) -> Result<(), Error> {
        let body = json!({
            "Status": "SUCCESS",
            "PhysicalResourceId": "floor",
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
        });
        let url = event["ResponseURL"].as_str().unwrap_or_default();
        let request = http::Request::put(url).body(Bytes::from(body.to_string()))?;
        let response = self.connections.send(request).await?;
        if response.status().is_success() {
            Ok(())
        } else {
            Err(format!("status {}", response.status().as_u16()).into())
        }
    }
}

/// How many calls a Create needs, in groups of which each waits for the one before: docs/calls.md.
fn groups(resource_type: &str) -> &'static [usize] {
    match resource_type {
        "Custom::OrgTrustedAccess" | "Custom::OrgTrail" => &[2, 1, 1],
        _ => &[],
    }
}
