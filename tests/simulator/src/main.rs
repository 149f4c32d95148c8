//! The simulator as a program, for trying OrgTrail out beside an emulator of the rest of AWS.
//!
//! ```text
//! simulator aws --world <seed.json> [--port <n>]
//! simulator responses [--port <n>]
//! ```
//!
//! `aws` prints one line, `listening on http://127.0.0.1:<port>`, when it is ready, and serves until
//! it is killed. `responses` prints what CloudFormation would have made of every response it gets.

use std::{error::Error, process::ExitCode};

use simulator::{
    aws::{Aws, World},
    cloudformation,
};

const USAGE: &str = "\
usage: simulator aws --world <seed.json> [--port <n>]
       simulator responses [--port <n>]";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    // Port 0 stands for any free one.
    let outcome = match arguments[..] {
        ["aws", "--world", seed] => serve_aws(seed, "0").await,
        ["aws", "--world", seed, "--port", port] => serve_aws(seed, port).await,
        ["responses"] => print_responses("0").await,
        ["responses", "--port", port] => print_responses(port).await,
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::print_stdout)] // the program that starts the simulator reads the address there
async fn serve_aws(seed: &str, port: &str) -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(seed).map_err(|error| format!("{seed}: {error}"))?;
    let world: World = serde_json::from_str(&text).map_err(|error| format!("{seed}: {error}"))?;
    let aws = Aws::start_at(port.parse()?, world).await?;
    println!("listening on {}", aws.url());
    std::future::pending().await
}

async fn print_responses(port: &str) -> Result<(), Box<dyn Error>> {
    Ok(cloudformation::print_responses(port.parse()?).await?)
}
