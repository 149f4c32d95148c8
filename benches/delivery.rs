//! What the delivery gate costs as the organization grows: `cargo bench --bench delivery`.
//!
//! The real `bootstrap`, optimised, checks organizations of very different sizes of which every
//! account has delivered, against the simulator. Calls and pages are what they would be at AWS; times
//! are those of this machine, where the simulator works on the same cores. Nothing is asserted about
//! time.

#![expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]

use std::{
    error::Error,
    fs,
    time::{Duration, Instant},
};

use simulator::{
    aws::{Aws, Bucket, CLOUDTRAIL, Objects, OrganizationLogs, Timestamp, Trail, World, samples},
    cloudformation::{Event, ResourceType::OrgTrailDelivery, ResponseEndpoint},
    lambda::{Configuration, Function, Invocation, Outcome},
};

/// How many accounts the organizations have.
const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 50_000];
const REGION: &str = "eu-west-1";
/// The longest that a Lambda function may take.
const TIMEOUT: Duration = Duration::from_mins(15);

/// What it took to check one organization.
struct Cost {
    accounts: usize,
    account_pages: usize,
    listings: usize,
    time: Duration,
    peak_kib: u64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "Custom::OrgTrailDelivery, Accounts: All, one Region, all delivered\n\n\
         accounts | pages of accounts | listings | time      | peak memory || accounts | time    | memory"
    );
    let mut smallest = None;
    for accounts in SIZES {
        let cost = check(accounts).await?;
        println!("{}", row(&cost, smallest.as_ref().unwrap_or(&cost)));
        smallest.get_or_insert(cost);
    }
    Ok(())
}

/// An organization whose accounts have all delivered.
fn delivered(accounts: usize) -> World {
    let trail = Trail {
        latest_delivery_time: Some(Timestamp::from_seconds(1.6e9)),
        ..Trail::organization("org-trail").in_region(REGION)
    };
    let logs = OrganizationLogs::new(samples::ORGANIZATION_ID, &[REGION]);
    World::organization()
        .with_accounts_up_to(accounts)
        .with_trusted_access(CLOUDTRAIL)
        .with_trail(trail)
        .with_bucket(samples::BUCKET, Bucket::open(REGION))
        .with_objects(samples::BUCKET, Objects::of_organization(logs))
}

/// Lets a function of its own check one organization.
async fn check(accounts: usize) -> Result<Cost, Box<dyn Error>> {
    let aws = Aws::start(delivered(accounts)).await?;
    let endpoint = ResponseEndpoint::start().await?;
    let function = Configuration::new(env!("CARGO_BIN_EXE_bootstrap"))
        .variable("AWS_ENDPOINT_URL", aws.url())
        .variable("ALLOW_HTTP_RESPONSE_URL", "true")
        .start()
        .await?;
    // Calls nobody: from here on the function is warm, and only the check is measured.
    send(
        &function,
        &endpoint,
        &Event::delete(OrgTrailDelivery, &endpoint.url()),
    )
    .await?;
    let create = Event::create(OrgTrailDelivery, &endpoint.url()).property("Accounts", "All");
    let started = Instant::now();
    let delivering = send(&function, &endpoint, &create).await?;
    let time = started.elapsed();
    if delivering != Some(accounts.to_string()) {
        return Err(format!("{delivering:?} of {accounts} accounts were found").into());
    }
    let operations = aws.operations();
    let count = |name: &str| operations.iter().filter(|called| *called == name).count();
    Ok(Cost {
        accounts,
        account_pages: count("ListAccounts"),
        listings: count("ListObjectsV2"),
        time,
        peak_kib: peak_memory(&function)?,
    })
}

/// Sends a request that has to succeed, and gives the count of delivering accounts in the answer.
async fn send(
    function: &Function,
    endpoint: &ResponseEndpoint,
    event: &Event,
) -> Result<Option<String>, Box<dyn Error>> {
    let outcome = function.invoke(event, Invocation::lasting(TIMEOUT)).await;
    if !matches!(outcome, Outcome::Ok(_)) {
        return Err(format!("the invocation ended with {outcome:?}").into());
    }
    let answer = endpoint.only_answer_to(event.value());
    if !answer.is_success() {
        return Err(answer.reason().into());
    }
    Ok(answer.attribute("AccountsDelivering").map(str::to_owned))
}

/// The most memory that the function's process ever had in use, in KiB.
fn peak_memory(function: &Function) -> Result<u64, Box<dyn Error>> {
    let process = function.process_id().ok_or("the function has ended")?;
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|peak| peak.trim().strip_suffix(" kB"))
        .ok_or("the kernel does not say how much memory the function had")?;
    Ok(peak.trim().parse()?)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio is read, not reckoned with"
)]
fn row(cost: &Cost, smallest: &Cost) -> String {
    let Cost {
        accounts,
        account_pages,
        listings,
        time,
        peak_kib,
    } = cost;
    format!(
        "{accounts:>8} | {account_pages:>17} | {listings:>8} | {:>7.2} s | {:>7.1} MiB || {:>7.0}x | {:>6.1}x | {:>5.2}x",
        time.as_secs_f64(),
        *peak_kib as f64 / 1024.0,
        *accounts as f64 / smallest.accounts as f64,
        time.as_secs_f64() / smallest.time.as_secs_f64(),
        *peak_kib as f64 / smallest.peak_kib as f64,
    )
}
