//! What one request took of a function's process.

use std::{
    fmt,
    ops::RangeInclusive,
    path::Path,
    time::{Duration, Instant},
};

use nix::{time::clock_getcpuclockid, unistd::Pid};
use serde::Serialize;
use simulator::{
    aws::Aws,
    cloudformation::{Answer, Event, ResourceType::OrgTrailDelivery, ResponseEndpoint},
    lambda::{Configuration, Function, Invocation, Outcome},
};

use crate::{
    Failure,
    courses::{Course, Scene},
    memory,
};

/// The longest that a Lambda function may take.
const TIMEOUT: Duration = Duration::from_mins(15);
/// In how many processes a size is measured: in many while that takes less than [`LONG`].
const REPETITIONS: RangeInclusive<usize> = 3..=9;
const LONG: Duration = Duration::from_secs(20);

/// What a course took.
#[derive(Serialize)]
pub struct Measured {
    /// Its name.
    pub course: &'static str,
    /// What its sizes count.
    pub unit: &'static str,
    /// In the order of their sizes.
    pub steps: Vec<Step>,
}

/// What one size took: medians, and all that they are the medians of.
#[derive(Serialize)]
pub struct Step {
    /// How much of the unit there was.
    pub size: usize,
    /// The event's length.
    pub event_bytes: usize,
    /// Calls to AWS. A gate that takes long asks for the trail's status meanwhile, as time goes by.
    pub calls: usize,
    /// From the invocation to its end, in milliseconds.
    pub milliseconds: f64,
    /// Of the process in that time, in milliseconds.
    pub cpu_milliseconds: f64,
    /// The most memory that the process ever had in use, in KiB.
    pub peak_kib: u64,
    /// What was measured.
    pub samples: Vec<Sample>,
}

/// What one process took.
#[derive(Serialize)]
pub struct Sample {
    calls: usize,
    milliseconds: f64,
    cpu_milliseconds: f64,
    peak_kib: u64,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} calls, {:.1} ms, {:.2} ms of CPU, {} KiB",
            self.calls, self.milliseconds, self.cpu_milliseconds, self.peak_kib
        )
    }
}

/// Measures one size.
///
/// # Errors
/// When the function does not answer as it should.
pub async fn step(course: &Course, size: usize, bootstrap: &Path) -> Result<Step, Failure> {
    let mut samples = Vec::new();
    let mut event_bytes = 0;
    let began = Instant::now();
    for repetition in 1..=*REPETITIONS.end() {
        if repetition > *REPETITIONS.start() && began.elapsed() > LONG {
            break;
        }
        let endpoint = ResponseEndpoint::start().await?;
        let scene = (course.scene)(size, &endpoint.url());
        event_bytes = scene.event.value().to_string().len();
        samples.push(sample(scene, &endpoint, bootstrap).await?);
    }
    Ok(Step {
        size,
        event_bytes,
        calls: median(&samples, |sample| sample.calls, usize::cmp),
        milliseconds: median(&samples, |sample| sample.milliseconds, f64::total_cmp),
        cpu_milliseconds: median(&samples, |sample| sample.cpu_milliseconds, f64::total_cmp),
        peak_kib: median(&samples, |sample| sample.peak_kib, u64::cmp),
        samples,
    })
}

/// Lets a function of its own serve one request.
async fn sample(
    scene: Scene,
    endpoint: &ResponseEndpoint,
    bootstrap: &Path,
) -> Result<Sample, Failure> {
    let aws = Aws::start(scene.world).await?;
    let configuration = Configuration::new(bootstrap)
        .variable("AWS_ENDPOINT_URL", aws.url())
        .variable("ALLOW_HTTP_RESPONSE_URL", "true");
    if let Some(before) = &scene.before {
        let answer = send(&configuration.start().await?, endpoint, before).await?;
        if !answer.is_success() {
            return Err(answer.reason().into());
        }
    }
    let function = configuration.start().await?;
    // Calls nobody: from here on the function is warm, and only the request is measured.
    let idle = Event::delete(OrgTrailDelivery, &endpoint.url());
    send(&function, endpoint, &idle).await?;
    aws.forget_calls();
    if let Some((operation, fault)) = scene.fault {
        aws.inject(operation, 1.., fault);
    }

    let event = scene.event.answered_at(&endpoint.url());
    let (before, started) = (cpu_time(&function)?, Instant::now());
    let answer = send(&function, endpoint, &event).await?;
    let (elapsed, after) = (started.elapsed(), cpu_time(&function)?);
    scene.expected.check(&answer)?;
    let cpu = after.checked_sub(before).ok_or("CPU time ran backwards")?;
    Ok(Sample {
        calls: aws.calls().len(),
        milliseconds: milliseconds(elapsed),
        cpu_milliseconds: milliseconds(cpu),
        peak_kib: memory::peak(process_id(&function)?)? / 1_024,
    })
}

/// Sends a request and gives its one answer.
async fn send(
    function: &Function,
    endpoint: &ResponseEndpoint,
    event: &Event,
) -> Result<Answer, Failure> {
    let outcome = function.invoke(event, Invocation::lasting(TIMEOUT)).await;
    if !matches!(outcome, Outcome::Ok(_)) {
        return Err(format!("the invocation ended with {outcome:?}").into());
    }
    Ok(endpoint.only_answer_to(event.value()))
}

/// What the function's process has had of the processors so far.
fn cpu_time(function: &Function) -> Result<Duration, Failure> {
    let process = i32::try_from(process_id(function)?)?;
    let clock = clock_getcpuclockid(Pid::from_raw(process))?;
    Ok(clock.now()?.into())
}

fn process_id(function: &Function) -> Result<u32, Failure> {
    Ok(function.process_id().ok_or("the function has ended")?)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// The middle one.
fn median<T: Copy>(
    samples: &[Sample],
    figure: impl Fn(&Sample) -> T,
    compare: impl Fn(&T, &T) -> std::cmp::Ordering,
) -> T {
    let mut figures: Vec<T> = samples.iter().map(figure).collect();
    figures.sort_by(compare);
    figures[figures.len() / 2]
}
