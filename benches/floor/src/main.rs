//! The floor of the benchmark: a function that says SUCCESS to whatever CloudFormation asks, with
//! the runtime, the HTTP and TLS stack and the release profile of the real one. What the real one
//! takes more than this is what its work costs.

use aws_smithy_http_client::{Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let http = connector();
    let serve = service_fn(move |event: LambdaEvent<Value>| {
        let http = http.clone();
        async move { answer(&http, &event.payload).await }
    });
    lambda_runtime::run(serve).await
}

/// Built at init, where there is a full core, as the real function does.
fn connector() -> SharedHttpConnector {
    let ring = tls::rustls_provider::CryptoMode::Ring;
    let connector = Connector::builder()
        .tls_provider(tls::Provider::Rustls(ring))
        .proxy_config(ProxyConfig::from_env())
        .connector_settings(HttpConnectorSettings::builder().build());
    SharedHttpConnector::new(connector.build())
}

/// The smallest answer that CloudFormation takes.
async fn answer(http: &SharedHttpConnector, event: &Value) -> Result<(), Error> {
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
