//! The response endpoint for people: prints what CloudFormation would have received.

use super::{endpoint::ResponseEndpoint, response::Response};

/// Serves the response endpoint on `port` and prints every response with a verdict, forever.
///
/// # Errors
/// When the port is taken.
#[allow(clippy::print_stdout, reason = "people read the responses there")]
pub async fn print_responses(port: u16) -> std::io::Result<()> {
    let endpoint = ResponseEndpoint::listen(port, None).await?;
    eprintln!("listening on {}", endpoint.origin());
    for received in 0.. {
        let responses = endpoint.received(received + 1).await;
        println!("{}", report(&responses[received]));
    }
    Ok(())
}

fn report(response: &Response) -> String {
    let body = match serde_json::to_string_pretty(response.json()) {
        Ok(json) if !response.json().is_null() => json,
        _ => String::from_utf8_lossy(&response.body).into_owned(),
    };
    match response.faults(None).as_slice() {
        [] => format!("{body}\nwell formed ({} bytes)", response.body.len()),
        faults => format!("{body}\nCloudFormation would not take this: {}", faults.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use hyper::{Request, body::Bytes};
    use serde_json::json;

    use super::*;

    fn response(body: &str) -> Response {
        let request = Request::put("/")
            .header("content-length", body.len())
            .body(Bytes::copy_from_slice(body.as_bytes()));
        Response::received(request.expect("a request"))
    }

    #[test]
    fn a_report_ends_with_the_verdict() {
        let good = json!({
            "Status": "SUCCESS", "PhysicalResourceId": "id",
            "StackId": "stack", "RequestId": "request", "LogicalResourceId": "Trail"
        })
        .to_string();
        let report_of = |body: &str| report(&response(body)).lines().last().unwrap().to_owned();
        assert_eq!(report_of(&good), format!("well formed ({} bytes)", good.len()));
        assert!(report_of("oops").ends_with("would not take this: the body is not a JSON object"));
    }
}
