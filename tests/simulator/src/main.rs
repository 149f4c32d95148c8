//! The simulator as a program, for trying OrgTrail out beside an emulator of the rest of AWS.
//!
//! ```text
//! simulator aws --world <seed.json> [--port <n>] [--s3-endpoint <url>]
//! simulator responses [--port <n>]
//! ```
//!
//! `aws` prints one line, `listening on http://127.0.0.1:<port>`, when it is ready, and serves until
//! it is killed. `responses` prints what CloudFormation would have made of every answer it gets.

use std::{collections::BTreeMap, error::Error, process::ExitCode};

use simulator::{
    aws::{Aws, S3, World},
    cloudformation,
};

const USAGE: &str = "\
usage: simulator aws --world <seed.json> [--port <n>] [--s3-endpoint <url>]
       simulator responses [--port <n>]";

type Outcome = Result<(), Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let subcommand = arguments.next().unwrap_or_default();
    let outcome = match (subcommand.as_str(), Options::read(arguments)) {
        ("aws", Ok(options)) => serve_aws(options).await,
        ("responses", Ok(options)) => print_responses(options).await,
        (_, Err(error)) => Err(error),
        (other, _) => Err(format!("no subcommand {other:?}\n{USAGE}").into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::print_stdout)] // what starts the simulator reads there where it listens
async fn serve_aws(mut options: Options) -> Outcome {
    let seed = options.take("world").ok_or(USAGE)?;
    let port = options.take_port()?;
    let s3 = match options.take("s3-endpoint") {
        Some(url) => {
            Some(S3::at(&url).ok_or_else(|| format!("{url} is not http://<host>:<port>"))?)
        }
        None => None,
    };
    options.check_nothing_is_left()?;
    let text = std::fs::read_to_string(&seed).map_err(|error| format!("{seed}: {error}"))?;
    let world: World = serde_json::from_str(&text).map_err(|error| format!("{seed}: {error}"))?;
    let aws = Aws::start_at(port, world, s3).await?;
    println!("listening on {}", aws.url());
    std::future::pending().await
}

async fn print_responses(mut options: Options) -> Outcome {
    let port = options.take_port()?;
    options.check_nothing_is_left()?;
    Ok(cloudformation::print_responses(port).await?)
}

/// The `--name value` pairs of a command line.
struct Options(BTreeMap<String, String>);

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut options = BTreeMap::new();
        while let Some(argument) = arguments.next() {
            let name = argument
                .strip_prefix("--")
                .ok_or_else(|| format!("what is {argument:?}?"))?;
            let value = arguments
                .next()
                .ok_or_else(|| format!("{argument} wants a value"))?;
            options.insert(name.to_owned(), value);
        }
        Ok(Self(options))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// 0, for any free one, where none is given.
    fn take_port(&mut self) -> Result<u16, Box<dyn Error>> {
        let Some(port) = self.take("port") else {
            return Ok(0);
        };
        port.parse()
            .map_err(|_| format!("{port} is not a port").into())
    }

    fn check_nothing_is_left(&self) -> Outcome {
        match self.0.keys().next() {
            Some(name) => Err(format!("no option --{name}\n{USAGE}").into()),
            None => Ok(()),
        }
    }
}
