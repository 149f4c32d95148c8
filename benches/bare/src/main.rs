//! The bare function of the benchmark.
//!
//! It makes the AWS calls of OrgTrail's Create requests in the same order and with the same
//! concurrency, through the same SDK and HTTP client, ignores the results and responds SUCCESS. The
//! difference between the two is the cost of OrgTrail's own code.

use aws_config::BehaviorVersion;
use aws_sdk_cloudtrail::{error::BuildError, types::Tag};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use orgtrail::http;
use serde_json::{Value, json};
use tokio::join;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let http = http::client();
    let configuration = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http::for_sdk(http.clone()))
        .load()
        .await;
    let function = &Function {
        cloudtrail: aws_sdk_cloudtrail::Client::new(&configuration),
        organizations: aws_sdk_organizations::Client::new(&configuration),
        http,
    };
    let serve = service_fn(|event: LambdaEvent<Value>| function.serve(event.payload));
    lambda_runtime::run(serve).await
}

struct Function {
    cloudtrail: aws_sdk_cloudtrail::Client,
    organizations: aws_sdk_organizations::Client,
    http: reqwest::Client,
}

impl Function {
    async fn serve(&self, event: Value) -> Result<(), Error> {
        match event["ResourceType"].as_str() {
            Some("Custom::OrgTrustedAccess") => self.enable_trusted_access().await,
            _ => {
                // OrgTrail lists the other trails beside everything else.
                let (created, _) =
                    join!(self.create_trail(&event), self.cloudtrail.list_trails().send());
                created?;
            }
        }
        self.respond(&event).await
    }

    async fn enable_trusted_access(&self) {
        let client = &self.organizations;
        let _ = join!(
            client.describe_organization().send(),
            client.list_aws_service_access_for_organization().send(),
        );
        let enable = client.enable_aws_service_access();
        let _ = enable.service_principal("cloudtrail.amazonaws.com").send().await;
        let list = client.list_aws_service_access_for_organization();
        let _ = list.send().await;
    }

    async fn create_trail(&self, event: &Value) -> Result<(), BuildError> {
        let property = |name: &str| event["ResourceProperties"][name].as_str();
        let name = property("TrailName").unwrap_or_default();
        let _ = join!(
            self.organizations.describe_organization().send(),
            self.cloudtrail.get_trail().name(name).send(),
        );
        let tag = |key: &str, field: &str| {
            let value = event[field].as_str().unwrap_or_default();
            Tag::builder().key(key).value(value).build()
        };
        let create = self.cloudtrail.create_trail().name(name);
        let _ = create
            .is_organization_trail(true)
            .s3_bucket_name(property("S3BucketName").unwrap_or_default())
            .is_multi_region_trail(true)
            .include_global_service_events(true)
            .enable_log_file_validation(true)
            .tags_list(tag("Stack", "StackId")?)
            .tags_list(tag("LogicalId", "LogicalResourceId")?)
            .send()
            .await;
        let _ = self.cloudtrail.start_logging().name(name).send().await;
        Ok(())
    }

    async fn respond(&self, event: &Value) -> Result<(), Error> {
        let response = json!({
            "Status": "SUCCESS",
            "PhysicalResourceId": "bare",
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
        });
        let url = event["ResponseURL"].as_str().unwrap_or_default();
        let request = self.http.put(url).body(response.to_string());
        request.send().await?.error_for_status()?;
        Ok(())
    }
}
