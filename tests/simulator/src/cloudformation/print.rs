//! The response endpoint for people: prints what CloudFormation would have received.

use super::{answer::Answer, endpoint::ResponseEndpoint};

/// Serves the response endpoint on `port` and prints every answer with a verdict, for ever.
///
/// # Errors
/// When the port is taken.
#[allow(clippy::print_stdout, reason = "people read the responses there")]
pub async fn print_responses(port: u16) -> std::io::Result<()> {
    let endpoint = ResponseEndpoint::listen(port, None).await?;
    eprintln!("listening on {}", endpoint.origin());
    for received in 0.. {
        let answers = endpoint.received(received + 1).await;
        println!("{}", report(&answers[received]));
    }
    Ok(())
}

fn report(answer: &Answer) -> String {
    let body = match serde_json::to_string_pretty(answer.json()) {
        Ok(json) if !answer.json().is_null() => json,
        _ => String::from_utf8_lossy(&answer.body).into_owned(),
    };
    match answer.faults(None).as_slice() {
        [] => format!("{body}\nwell formed ({} bytes)", answer.body.len()),
        faults => format!("{body}\nCloudFormation would not take this: {}", faults.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use hyper::{Request, body::Bytes};
    use serde_json::json;

    use super::*;

    fn answer(body: &str) -> Answer {
        let request = Request::put("/")
            .header("content-length", body.len())
            .body(Bytes::copy_from_slice(body.as_bytes()));
        Answer::received(request.expect("a request"))
    }

    #[test]
    fn a_report_ends_with_the_verdict() {
        let good = json!({
            "Status": "SUCCESS", "PhysicalResourceId": "id",
            "StackId": "stack", "RequestId": "request", "LogicalResourceId": "Trail"
        })
        .to_string();
        let report_of = |body: &str| report(&answer(body)).lines().last().unwrap().to_owned();
        assert_eq!(report_of(&good), format!("well formed ({} bytes)", good.len()));
        assert!(report_of("oops").ends_with("would not take this: the body is not a JSON object"));
    }
}
