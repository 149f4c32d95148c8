//! What grows, from how much to how much, and what the request then is.

mod gates;
mod messages;
mod trails;
mod trusted_access;

use simulator::{
    aws::{Fault, World},
    cloudformation::{Answer, Event, ResponseUrl},
};

use crate::Failure;

/// The largest event that Lambda takes of CloudFormation, which invokes asynchronously, in bytes.
pub const LARGEST_EVENT: usize = 1_000_000;

/// Requests of one kind and of growing size.
#[derive(Clone, Copy)]
pub struct Course {
    /// What it is called.
    pub name: &'static str,
    /// What the size counts.
    pub unit: &'static str,
    /// From few to as many as there can be.
    pub sizes: &'static [usize],
    /// What a size looks like.
    pub scene: fn(usize, &ResponseUrl) -> Scene,
}

impl Course {
    const fn new(
        name: &'static str,
        unit: &'static str,
        sizes: &'static [usize],
        scene: fn(usize, &ResponseUrl) -> Scene,
    ) -> Self {
        Self {
            name,
            unit,
            sizes,
            scene,
        }
    }
}

/// One request.
pub struct Scene {
    /// AWS as it is before.
    pub world: World,
    /// A request that another process serves first.
    pub before: Option<Event>,
    /// What happens to every call of an operation.
    pub fault: Option<(&'static str, Fault)>,
    /// The request that is measured.
    pub event: Event,
    /// What its answer has to be.
    pub expected: Expected,
}

/// What shows that the work was done.
pub enum Expected {
    /// SUCCESS.
    Success,
    /// SUCCESS, with this attribute.
    Attribute(&'static str, String),
    /// FAILED, with a reason that begins with this.
    Refused(&'static str),
}

impl Scene {
    fn new(world: World, event: Event, expected: Expected) -> Self {
        Self {
            world,
            before: None,
            fault: None,
            event,
            expected,
        }
    }
}

impl Expected {
    /// Whether the answer is it.
    ///
    /// # Errors
    /// What is otherwise.
    pub fn check(&self, answer: &Answer) -> Result<(), Failure> {
        let met = match self {
            Self::Success => answer.is_success(),
            Self::Attribute(name, value) => {
                answer.is_success() && answer.attribute(name) == Some(value.as_str())
            }
            Self::Refused(beginning) => {
                !answer.is_success() && answer.reason().starts_with(beginning)
            }
        };
        if met {
            Ok(())
        } else {
            let shown: String = answer.json().to_string().chars().take(500).collect();
            Err(format!("another answer was expected than {shown}").into())
        }
    }
}

/// All of them.
pub fn all() -> Vec<Course> {
    [
        gates::courses(),
        trails::courses(),
        trusted_access::courses(),
        messages::courses(),
    ]
    .concat()
}
