//! The floor of the benchmark: a function that says SUCCESS to whatever CloudFormation asks, with
//! the runtime, the HTTP and TLS stack and the release profile of the real one. What the real one
//! takes more than this is what its work costs.

use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use orgtrail::aws::connections::Connections;
use serde_json::{Value, json};

#[expect(
    clippy::disallowed_methods,
    reason = "here it is read, as in the function's main"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    // At init, where there is a full core, as the real function does.
    let http = Connections::from_environment(variable);
    let serve = service_fn(move |event: LambdaEvent<Value>| {
        let http = http.clone();
        async move { answer(&http, &event.payload).await }
    });
    lambda_runtime::run(serve).await
}

/// The smallest answer that CloudFormation takes.
async fn answer(http: &Connections, event: &Value) -> Result<(), Error> {
    let body = json!({
        "Status": "SUCCESS",
        "PhysicalResourceId": "floor",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    });
    let mut request = HttpRequest::new(SdkBody::from(body.to_string()));
    request.set_method("PUT")?;
    request.set_uri(event["ResponseURL"].as_str().unwrap_or_default())?;
    let response = http.call(request).await?;
    if response.status().is_success() {
        Ok(())
    } else {
        Err(format!("status {}", response.status().as_u16()).into())
    }
}
