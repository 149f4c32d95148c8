//! One round of one contestant: a cold start in a world of its own, and a few requests after it.

use std::{error::Error, time::Duration, time::Instant};

use nix::{time::ClockId, unistd::Pid};
use serde::Serialize;
use simulator::{
    aws::{Aws, Bucket, CLOUDTRAIL, World, samples::BUCKET},
    cloudformation::{
        Answer, Event,
        ResourceType::{self, OrgTrail, OrgTrustedAccess},
        ResponseEndpoint,
    },
    lambda::{Function, Invocation, Outcome},
    tls::Authority,
};
use tokio::time::timeout;

use crate::{
    calls::{TimedCall, depth},
    contestants::Contestant,
    memory,
    share::{Group, Place, Share},
};

/// Where the function and the bucket are.
const REGION: &str = "eu-west-1";
/// How often the requests are sent again after the cold start.
const WARM_REQUESTS: usize = 3;
/// Longer than anything takes.
const AMPLE: Duration = Duration::from_secs(30);
/// The most that is shown of the log of a function that failed.
const LOG: usize = 4_000;

type Failure = Box<dyn Error>;

/// What a contestant is measured under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conditions {
    pub share: Share,
    /// How long each call of AWS takes on its way.
    pub latency: Duration,
}

/// What all rounds share.
pub struct Stage {
    /// Of AWS and of the response endpoint.
    pub authority: Authority,
    /// The file that clients read their roots from.
    pub roots: String,
    /// Where shares can be limited; nowhere, and only the full core is measured.
    pub place: Option<Place>,
}

/// What something took, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cost {
    pub wall: f64,
    pub cpu: f64,
}

impl Cost {
    /// The same without so many milliseconds in which the process had nothing to do.
    fn without(self, wall: f64) -> Self {
        Self {
            wall: self.wall - wall,
            ..self
        }
    }
}

/// One cold start with what followed it, and whose it was.
#[derive(Debug, Serialize)]
pub struct Round {
    pub contestant: String,
    pub share: Share,
    pub latency_ms: u128,
    /// What came of it.
    #[serde(flatten)]
    pub figures: Figures,
}

/// What a cold start and what followed it took.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// From the start of the process until it asked for an event.
    pub init: Cost,
    /// From the start of the process until trusted access was answered.
    pub first_answer: Cost,
    /// From the start of the process until the trail was answered too.
    pub answered: Cost,
    /// The same two requests again, in a world as new as the first.
    pub warm: Vec<Cost>,
    /// The most memory that the process ever had in use.
    pub peak_bytes: u64,
    /// What was called during the cold start.
    pub calls: Vec<TimedCall>,
    /// How many of the calls lie one behind the other.
    pub depth: usize,
}

/// Measures one contestant once.
///
/// # Errors
/// When anything was not as it must be, with the function's log.
pub async fn round(
    stage: &Stage,
    contestant: &Contestant,
    conditions: Conditions,
) -> Result<Round, Failure> {
    let aws = Aws::start_over_tls(fresh(), &stage.authority).await?;
    aws.set_latency(conditions.latency);
    let endpoint = ResponseEndpoint::start_over_tls(&stage.authority).await?;
    let group = match (conditions.share, &stage.place) {
        (Share::FullCore, _) => None,
        (Share::Smallest, Some(place)) => Some(place.group()?),
        (Share::Smallest, None) => return Err("the share cannot be limited here".into()),
    };
    let configuration = contestant
        .configuration
        .clone()
        .variable("AWS_ENDPOINT_URL", aws.url())
        .variable("SSL_CERT_FILE", &stage.roots)
        .variable("AWS_CA_BUNDLE", &stage.roots);
    let function = configuration.start().await?;
    let process_id = function.process_id().ok_or("the function has ended")?;
    if let Some(group) = &group {
        group.join(process_id)?;
    }
    let course = Course {
        aws,
        endpoint,
        function,
        process_id,
        works: contestant.works,
    };
    let limit = || group.as_ref().map_or(Ok(()), Group::limit);
    let measured = course.run(limit).await;
    let log = course.function.stop().await;
    let log: String = log.chars().take(LOG).collect();
    let figures = measured.map_err(|why| format!("{}: {why}\n{log}", contestant.name))?;
    Ok(Round {
        contestant: contestant.name.clone(),
        share: conditions.share,
        latency_ms: conditions.latency.as_millis(),
        figures,
    })
}

/// An organization where nothing is on yet, with a bucket that CloudTrail may write to.
fn fresh() -> World {
    World::organization().with_bucket(BUCKET, Bucket::open(REGION))
}

/// A function on its way through a round, and its surroundings.
struct Course {
    aws: Aws,
    endpoint: ResponseEndpoint,
    function: Function,
    process_id: u32,
    works: bool,
}

impl Course {
    /// All of a round; `limit` is called as soon as the init is over.
    async fn run(&self, limit: impl Fn() -> std::io::Result<()>) -> Result<Figures, Failure> {
        let asked = self.asked(1).await?;
        let init = self.since_start(asked)?;
        limit()?;
        // Until now there was no event to be had: the kernel may take ten milliseconds to let a process
        // into a group.
        let waited = milliseconds(asked.elapsed());
        let answer = self.answered(OrgTrustedAccess).await?;
        let first_answer = self.since_start(answer.arrived)?.without(waited);
        let answer = self.answered(OrgTrail).await?;
        // Only then has it done with the second request all that it does.
        self.asked(3).await?;
        let answered = self.since_start(answer.arrived)?.without(waited);
        self.check()?;
        let start = self.function.started();
        let calls = self.aws.calls();
        let calls: Vec<TimedCall> = calls
            .iter()
            .map(|call| TimedCall::new(call, start))
            .collect();
        let mut warm = Vec::new();
        for repetition in 1..=WARM_REQUESTS {
            warm.push(self.again(repetition).await?);
        }
        Ok(Figures {
            init,
            first_answer,
            answered,
            warm,
            peak_bytes: memory::peak(self.process_id)?,
            depth: depth(&calls),
            calls,
        })
    }

    /// The two requests once more, where nothing is on.
    async fn again(&self, repetition: usize) -> Result<Cost, Failure> {
        self.aws.world(|world| *world = fresh());
        let (start, cpu) = (Instant::now(), self.cpu()?);
        self.answered(OrgTrustedAccess).await?;
        let answer = self.answered(OrgTrail).await?;
        self.asked(3 + 2 * repetition).await?;
        self.check()?;
        Ok(Cost {
            wall: milliseconds(answer.arrived - start),
            cpu: self.cpu()? - cpu,
        })
    }

    async fn asked(&self, times: usize) -> Result<Instant, Failure> {
        let asked = timeout(AMPLE, self.function.asked(times)).await;
        let asked = asked.map_err(|_| "the function does not ask for an event")?;
        Ok(asked.map_err(|status| format!("the function ended: {status}"))?)
    }

    /// Sends a Create, and gives the answer once the invocation has returned.
    async fn answered(&self, resource_type: ResourceType) -> Result<Answer, Failure> {
        let create = Event::create(resource_type, &self.endpoint.url());
        let invocation = Invocation::lasting(AMPLE);
        let outcome = self.function.invoke(&create, invocation).await;
        if !matches!(outcome, Outcome::Ok(_)) {
            return Err(format!("the invocation ended with {outcome:?}").into());
        }
        let url = create
            .text("ResponseURL")
            .ok_or("the event has a response URL")?;
        let answers = self.endpoint.answers_at(url);
        let [answer] = answers.as_slice() else {
            return Err(format!("{} answers instead of one", answers.len()).into());
        };
        let same = |field: &str| answer.json()[field] == create.value()[field];
        let ours = ["StackId", "RequestId", "LogicalResourceId"]
            .into_iter()
            .all(same);
        if !answer.is_success() || !ours {
            return Err(format!("{resource_type:?} was answered {}", answer.json()).into());
        }
        Ok(answer.clone())
    }

    /// Whether the world is what the answers say.
    fn check(&self) -> Result<(), Failure> {
        let (on, logging) = self.aws.world(|world| {
            let trail = world.trail(OrgTrail.physical_id());
            let on = world.trusted_access.contains_key(CLOUDTRAIL);
            (on, trail.is_some_and(|trail| trail.is_logging))
        });
        if (on, logging) != (self.works, self.works) {
            return Err(format!("trusted access: {on}, a trail that logs: {logging}").into());
        }
        Ok(())
    }

    /// What the process took from its start to an instant that has just been.
    fn since_start(&self, instant: Instant) -> Result<Cost, Failure> {
        Ok(Cost {
            wall: milliseconds(instant - self.function.started()),
            cpu: self.cpu()?,
        })
    }

    /// The processor time of all threads of the process so far, in milliseconds.
    fn cpu(&self) -> Result<f64, Failure> {
        let process = Pid::from_raw(self.process_id.try_into()?);
        let time = ClockId::pid_cpu_clock_id(process)?.now()?;
        Ok(milliseconds(Duration::from(time)))
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
