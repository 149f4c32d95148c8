//! Cold starts of OrgTrail, of the bare function and of the function in Python.
//!
//! Each starts in its own process, with an organization in which nothing is enabled, and serves
//! the two Create requests of a stack: trusted access, then a trail.

use std::{collections::BTreeMap, fmt, fs, io, path::Path, time::Duration};

use serde::Serialize;
use simulator::{
    aws::{Bucket, CLOUDTRAIL, Call, World, samples::BUCKET},
    cloudformation::{
        Event,
        ResourceType::{OrgTrail, OrgTrustedAccess},
    },
    lambda::Configuration,
};

use crate::{
    Outcome,
    process::{ControlGroup, cpu_ms, peak_mb},
    stage::{Stage, Tls},
};

const REGION: &str = "eu-west-1";
/// The maximum length of the log of a failed function that is shown.
const LOG: usize = 4_000;
/// In milliseconds. Long enough to show which calls overlap, even on a busy machine.
const CHECK_LATENCY: u64 = 200;

/// This machine's processor, as Lambda calls it.
pub const HOST: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };

/// The measured functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Function {
    OrgTrail,
    Bare,
    Python,
}

use Function::{Bare, Python};

impl Function {
    /// In the order of the table.
    pub const ALL: [Self; 3] = [Self::OrgTrail, Bare, Python];

    /// The command that starts it. `awslambdaric` is the client of the Runtime API in Lambda's Python.
    fn configuration(self, target: &Path, python: &Path) -> Configuration {
        match self {
            Self::OrgTrail => Configuration::new(target.join("lambda/bootstrap/bootstrap")),
            Bare => Configuration::new(target.join("bench/bare/bare/bootstrap")),
            Python => Configuration::new(python)
                .argument("-m")
                .argument("awslambdaric")
                .argument("function.handler")
                .directory("benches/python")
                .variable("LAMBDA_TASK_ROOT", ".")
                .variable("PYTHONDONTWRITEBYTECODE", "1"),
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OrgTrail => "OrgTrail",
            Bare => "bare function",
            Python => "Python",
        })
    }
}

/// The CPU share after init, and the latency of AWS calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Conditions {
    /// The share of 128 MB instead of a full core.
    pub limited: bool,
    pub latency_ms: u64,
}

pub const LIMITED_WITH_LATENCY: Conditions = conditions(true, 20);
pub const LIMITED: Conditions = conditions(true, 0);
pub const FULL_CORE: Conditions = conditions(false, 0);

const fn conditions(limited: bool, latency_ms: u64) -> Conditions {
    Conditions { limited, latency_ms }
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.limited { "128 MB" } else { "full core" })?;
        match self.latency_ms {
            0 => f.write_str(", no latency"),
            latency => write!(f, ", {latency} ms per AWS call"),
        }
    }
}

/// One cold start.
#[derive(Serialize)]
pub struct Sample {
    pub function: Function,
    pub conditions: Conditions,
    /// From the start of the process until it polls for its first event.
    pub init_ms: f64,
    /// From the start of the process until both responses have arrived.
    pub ms: f64,
    /// CPU time of the process until it polls for a third event.
    pub cpu_ms: f64,
    pub peak_mb: f64,
}

/// The results of a run.
#[derive(Serialize)]
pub struct Measured {
    /// The AWS calls of OrgTrail and of the bare function; those in one string overlap.
    pub calls: Vec<String>,
    /// The sizes of the zip files by architecture, in MB.
    pub zips: BTreeMap<&'static str, BTreeMap<Function, f64>>,
    pub samples: Vec<Sample>,
}

/// Measures all functions in turn under all conditions, `rounds` times.
pub async fn measure(
    target: &Path,
    python: &Path,
    roots: &Path,
    rounds: usize,
) -> Outcome<Measured> {
    let (target, python) = (target.canonicalize()?, std::path::absolute(python)?);
    let tls = Tls::new(&fs::read_to_string(roots)?, &target.join("bench/roots.pem"))?;
    let mut functions = Function::ALL.map(|name| (name, name.configuration(&target, &python)));
    let check = conditions(false, CHECK_LATENCY);
    let (_, calls) = cold_start(&tls, &functions[0], check).await?;
    let (_, same) = cold_start(&tls, &functions[1], check).await?;
    if calls != same {
        return Err(format!("OrgTrail calls {calls:?}, the bare function {same:?}").into());
    }
    let mut samples = Vec::new();
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        for conditions in [LIMITED_WITH_LATENCY, LIMITED, FULL_CORE] {
            for function in &functions {
                let (sample, _) = cold_start(&tls, function, conditions).await?;
                samples.push(sample);
            }
        }
        // Both follow Python, which fills the caches of the processor, equally often.
        functions.swap(0, 1);
    }
    Ok(Measured { calls, zips: zips(&target)?, samples })
}

fn zips(target: &Path) -> io::Result<BTreeMap<&'static str, BTreeMap<Function, f64>>> {
    #[expect(clippy::cast_precision_loss, reason = "no zip is that large")]
    let size =
        |file: &Path| Ok::<_, io::Error>(fs::metadata(target.join(file))?.len() as f64 / 1e6);
    let mut zips = BTreeMap::new();
    for architecture in ["arm64", "x86_64"] {
        let package = Path::new("package").join(architecture);
        let mut sizes = BTreeMap::from([
            (Function::OrgTrail, size(&package.join("bootstrap.zip"))?),
            (Python, size("bench/python.zip".as_ref())?),
        ]);
        if architecture == HOST {
            sizes.insert(Bare, size("bench/bare.zip".as_ref())?);
        }
        zips.insert(architecture, sizes);
    }
    Ok(zips)
}

/// Measures one cold start; also returns its AWS calls.
async fn cold_start(
    tls: &Tls,
    (function, configuration): &(Function, Configuration),
    conditions: Conditions,
) -> Outcome<(Sample, Vec<String>)> {
    let world = World::organization().with_bucket(BUCKET, Bucket::open(REGION));
    let latency = Duration::from_millis(conditions.latency_ms);
    let group = conditions.limited.then(ControlGroup::new).transpose()?;
    let stage = Stage::start(tls, configuration, world, latency).await?;
    let sample = serve(&stage, group.as_ref(), *function, conditions).await;
    let calls = round_trips(&stage.aws.calls());
    // The control group can be removed only after the process has ended.
    let log = stage.function.stop().await;
    let log: String = log.chars().take(LOG).collect();
    let sample = sample.map_err(|problem| format!("{function}: {problem}\n{log}"))?;
    Ok((sample, calls))
}

async fn serve(
    stage: &Stage,
    group: Option<&ControlGroup>,
    function: Function,
    conditions: Conditions,
) -> Outcome<Sample> {
    if let Some(group) = group {
        group.join(stage.process_id)?;
    }
    let (started, polled) = (stage.function.started(), stage.polled(1).await?);
    if let Some(group) = group {
        group.limit()?;
    }
    // The kernel may take ten milliseconds to move a process into a group. The function waits meanwhile.
    let waited = polled.elapsed();
    stage.invoke(&Event::create(OrgTrustedAccess, &stage.endpoint.url())).await?;
    let response = stage.invoke(&Event::create(OrgTrail, &stage.endpoint.url())).await?;
    stage.polled(3).await?;
    let done = stage.aws.world(|world| {
        let trail = world.trail(OrgTrail.physical_id());
        world.trusted_access.contains_key(CLOUDTRAIL) && trail.is_some_and(|trail| trail.is_logging)
    });
    if !done {
        return Err("it responds SUCCESS without a trail that logs".into());
    }
    Ok(Sample {
        function,
        conditions,
        init_ms: (polled - started).as_secs_f64() * 1e3,
        ms: (response.arrived - (started + waited)).as_secs_f64() * 1e3,
        cpu_ms: cpu_ms(stage.process_id)?,
        peak_mb: peak_mb(stage.process_id)?,
    })
}

/// The calls. Each string contains the calls of one round trip: those that began at about the same
/// time, if every call lasts for [`CHECK_LATENCY`].
fn round_trips(calls: &[Call]) -> Vec<String> {
    let mut calls: Vec<&Call> = calls.iter().collect();
    calls.sort_by_key(|call| call.began);
    let half = Duration::from_millis(CHECK_LATENCY / 2);
    let groups = calls.chunk_by(|before, after| after.began < before.began + half);
    let joined = groups.map(|group| {
        let mut operations: Vec<&str> = group.iter().map(|call| &*call.operation).collect();
        operations.sort_unstable();
        operations.join(" + ")
    });
    joined.collect()
}
