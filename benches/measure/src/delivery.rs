//! The delivery gate in organizations of growing size: the Create of a `Custom::OrgTrailDelivery` that
//! checks all accounts, all of which have delivered.

use std::{fmt::Write, path::Path, time::Duration};

use simulator::{
    aws::{
        Bucket, CLOUDTRAIL, Objects, OrganizationLogs, Timestamp, Trail, World,
        samples::{BUCKET, ORGANIZATION_ID},
    },
    cloudformation::{Event, ResourceType::OrgTrailDelivery},
    lambda::Configuration,
};

use crate::{
    Outcome,
    process::{cpu_ms, peak_mb},
    results::Spread,
    stage::{Stage, Tls},
};

/// An organization has at most 50,000 accounts.
const ACCOUNTS: [u32; 5] = [10, 100, 1_000, 10_000, 50_000];
/// The processes for each size.
const PROCESSES: usize = 3;
const REGION: &str = "eu-west-1";

/// Measures all sizes, and returns the table.
pub async fn measure(target: &Path) -> Outcome<String> {
    let tls = Tls::new("", &target.join("bench/roots.pem"))?;
    let bootstrap = target.join("lambda/bootstrap/bootstrap").canonicalize()?;
    let mut table = String::from(
        "| Accounts | AWS calls | Time, s | CPU, ms | CPU per account, µs | Peak memory, MB |\n\
         |--:|--:|--:|--:|--:|--:|\n",
    );
    for accounts in ACCOUNTS {
        eprintln!("{accounts} accounts");
        let mut samples = Vec::new();
        for _ in 0..PROCESSES {
            samples.push(check(&tls, &bootstrap, accounts).await?);
        }
        let median = |column: usize| Spread::of(samples.iter().map(|row| row[column])).median;
        let [calls, seconds, cpu, peak] = [0, 1, 2, 3].map(median);
        let each = cpu * 1e3 / f64::from(accounts);
        writeln!(
            table,
            "| {accounts} | {calls} | {seconds:.3} | {cpu:.1} | {each:.0} | {peak:.1} |"
        )?;
    }
    Ok(table)
}

/// The AWS calls, seconds, CPU time in milliseconds and peak memory in MB of one check. The init of the
/// process counts only for the memory.
async fn check(tls: &Tls, bootstrap: &Path, accounts: u32) -> Outcome<[f64; 4]> {
    let configuration = Configuration::new(bootstrap);
    let world = organization(accounts.try_into()?);
    let stage = Stage::start(tls, &configuration, world, Duration::ZERO).await?;
    let polled = stage.polled(1).await?;
    let init = cpu_ms(stage.process_id)?;
    let event = Event::create(OrgTrailDelivery, &stage.endpoint.url());
    let response = stage.invoke(&event.property("Accounts", "All")).await?;
    let delivering = response.attribute("AccountsDelivering");
    if delivering != Some(&*accounts.to_string()) {
        return Err(format!("{delivering:?} of {accounts} accounts deliver").into());
    }
    Ok([
        f64::from(u32::try_from(stage.aws.calls().len())?),
        (response.arrived - polled).as_secs_f64(),
        cpu_ms(stage.process_id)? - init,
        peak_mb(stage.process_id)?,
    ])
}

fn organization(accounts: usize) -> World {
    let trail = Trail {
        latest_delivery_time: Some(Timestamp::from_seconds(1.6e9)),
        ..Trail::organization("org-trail").in_region(REGION)
    };
    let logs = OrganizationLogs::new(ORGANIZATION_ID, &[REGION], Timestamp::system());
    World::organization()
        .with_accounts_up_to(accounts)
        .with_trusted_access(CLOUDTRAIL)
        .with_trail(trail)
        .with_bucket(BUCKET, Bucket::open(REGION))
        .with_objects(BUCKET, Objects::of_organization(logs))
}
