//! The simulated AWS, and one function that serves its requests.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use simulator::{
    aws::{Aws, World},
    cloudformation::{Event, Response, ResponseEndpoint},
    lambda::{Configuration, Function, Invocation, Outcome as Ended},
    tls::Authority,
};
use tokio::time::timeout;

use crate::Outcome;

/// The longest time of an invocation in Lambda.
const TIMEOUT: Duration = Duration::from_mins(15);
/// Longer than any init.
const INIT_TIMEOUT: Duration = Duration::from_secs(30);

/// The TLS of AWS and of the response URL, which all runs share.
pub struct Tls {
    authority: Authority,
    /// The file of trusted root certificates.
    roots: String,
}

impl Tls {
    /// Writes the file of trusted root certificates: `others` and the simulator's.
    pub fn new(others: &str, file: &Path) -> Outcome<Self> {
        let authority = Authority::new();
        fs::create_dir_all(file.parent().ok_or("the file is in no folder")?)?;
        fs::write(file, format!("{others}\n{}", authority.pem()))?;
        let roots = file.canonicalize()?.display().to_string();
        Ok(Self { authority, roots })
    }
}

/// A function process, with a simulated AWS.
pub struct Stage {
    pub aws: Aws,
    pub endpoint: ResponseEndpoint,
    pub function: Function,
    pub process_id: u32,
}

impl Stage {
    /// Starts the function in a world where each AWS call takes `latency`.
    pub async fn start(
        tls: &Tls,
        configuration: &Configuration,
        world: World,
        latency: Duration,
    ) -> Outcome<Self> {
        let aws = Aws::start_over_tls(world, &tls.authority).await?;
        aws.set_latency(latency);
        let endpoint = ResponseEndpoint::start_over_tls(&tls.authority).await?;
        let configuration = configuration.clone();
        let function = configuration
            .variable("AWS_ENDPOINT_URL", aws.url())
            .variable("SSL_CERT_FILE", &tls.roots)
            // The variable of boto3.
            .variable("AWS_CA_BUNDLE", &tls.roots)
            .start()
            .await?;
        let process_id = function.process_id().ok_or("the function has ended")?;
        Ok(Self { aws, endpoint, function, process_id })
    }

    /// Waits until the function has polled for an event `times` times. The first poll ends the init.
    pub async fn polled(&self, times: usize) -> Outcome<Instant> {
        let polled = timeout(INIT_TIMEOUT, self.function.asked(times)).await;
        let polled = polled.map_err(|_| "the function does not poll for an event")?;
        Ok(polled.map_err(|status| format!("the function ended: {status}"))?)
    }

    /// Invokes the function, which must respond SUCCESS once.
    pub async fn invoke(&self, event: &Event) -> Outcome<Response> {
        let invocation = Invocation::lasting(TIMEOUT);
        let ended = self.function.invoke(event, invocation).await;
        if !matches!(ended, Ended::Ok(_)) {
            return Err(format!("the invocation ended with {ended:?}").into());
        }
        let url = event.text("ResponseURL").unwrap_or_default();
        match &self.endpoint.responses_at(url)[..] {
            [response] if response.is_success() => Ok(response.clone()),
            responses => Err(format!("not one response SUCCESS: {responses:?}").into()),
        }
    }
}
