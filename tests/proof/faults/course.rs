//! A course of events on a stage of its own, and what it is measured by: the course without a fault.

use std::collections::BTreeSet;

use simulator::{
    aws::{Call, Service, Timestamp, World},
    cloudformation::{Event, Response},
};
use tokio::time::{Duration, advance};

use super::flow::Flow;
use crate::{
    comparison::comparable,
    stage::{Clock, Played, Stage, play},
};

/// The course without faults. Every course with a fault must lead back to it.
pub struct Reference {
    pub began: World,
    pub response: Response,
    pub ended: World,
    /// After the rest of the resource's life.
    pub gone: World,
    /// After the rollback of an Update, and after the Delete that follows.
    pub rolled_back: Option<(Response, World, World)>,
}

/// One course of events on a stage of its own.
pub struct Course<'a> {
    pub flow: &'a Flow,
    pub stage: Stage,
    pub began: Timestamp,
}

impl<'a> Course<'a> {
    pub fn begin(flow: &'a Flow, world: &World, clock: Clock) -> Self {
        Self { flow, stage: stage(flow, world.clone(), clock), began: clock.timestamp() }
    }

    /// The same from here, apart from this one.
    pub fn fork(&self) -> Self {
        Self { flow: self.flow, stage: self.stage.copy(), began: self.began }
    }

    pub fn comparable(&self) -> World {
        comparable(self.stage.world(), self.began)
    }

    pub async fn send(&self, event: &Event) -> Played {
        let played = self.stage.send(event).await;
        advance(Duration::from_secs(10)).await;
        played
    }
}

/// The stage that a flow is played on.
pub fn stage(flow: &Flow, world: World, clock: Clock) -> Stage {
    Stage::new(world, clock).lasting(flow.lasting).in_region(flow.region)
}

/// The world that the flow begins in.
pub async fn prepare(flow: &Flow, clock: Clock) -> World {
    let stage = stage(flow, flow.world.clone(), clock);
    for event in &flow.before {
        let played = stage.send(event).await;
        assert!(played.response().is_success(), "{}: {}", flow.name, played.response().reason());
    }
    advance(Duration::from_hours(1)).await;
    stage.aws.world(flow.tamper);
    stage.world()
}

impl Reference {
    pub async fn of(flow: &Flow, world: &World, clock: Clock) -> Self {
        let course = Course::begin(flow, world, clock);
        let began = course.comparable();
        let played = course.send(&flow.event).await;
        let response = played.response().clone();
        let ended = course.comparable();
        let gone = course.fork();
        for event in flow.rest_of_life(&response) {
            gone.send(&event).await;
        }
        let rolled_back = match flow.kind() {
            "Update" => {
                let course = Course::begin(flow, world, clock);
                let played = course.send(&flow.rollback(flow.id())).await;
                let back = course.comparable();
                course.send(&flow.deletion_of_old(flow.id())).await;
                Some((played.response().clone(), back, course.comparable()))
            }
            _ => None,
        };
        Self { began, response, ended, gone: gone.comparable(), rolled_back }
    }
}

/// The IAM actions behind the calls of a flow when nothing fails.
pub fn actions(flow: &Flow) -> BTreeSet<String> {
    play(1, async {
        let clock = Clock::start();
        let world = prepare(flow, clock).await;
        let course = Course::begin(flow, &world, clock);
        course.send(&flow.event).await;
        let calls = course.stage.aws.calls().into_iter();
        let action = |call: Call| match call.service {
            Service::S3 => "s3:ListBucket".to_owned(),
            service => format!("{}:{}", service.name(), call.operation),
        };
        calls.map(action).collect()
    })
}
