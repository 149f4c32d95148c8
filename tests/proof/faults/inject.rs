//! The faults of a call.

use std::fmt;

use orgtrail::domain::{
    error_codes::{ErrorCode, Meaning},
    fault::RetryClass,
    operation::Operation,
};
use simulator::aws::{Aws, CLOUDTRAIL, Call, Fault, Service, World};

use crate::declared_errors::declared_errors;

/// A way to fail, with its name.
type Way = (&'static str, fn(Service) -> Fault);

/// The ways in which every call fails.
const WAYS: [Way; 8] = [
    ("throttled", |_| Fault::Throttle),
    ("status 500", |_| Fault::Internal),
    ("connection reset before it took effect", |_| Fault::Reset),
    ("response lost after it took effect", |_| Fault::LostResponse),
    ("no response", |_| Fault::Hang),
    ("access denied", |service| refusal(service, "AccessDenied")),
    ("expired credentials", |service| refusal(service, "ExpiredToken")),
    ("invalid response", |_| Fault::Garbage),
];

/// An error that the services name differently.
fn refusal(service: Service, code: &str) -> Fault {
    match service {
        Service::CloudTrail | Service::Organizations => {
            Fault::error(&format!("{code}Exception"), "not allowed")
        }
        Service::Sts | Service::S3 => {
            Fault::Error { status: 403, code: code.to_owned(), message: "not allowed".to_owned() }
        }
    }
}

/// The effect of an injection.
#[derive(Debug, Clone)]
enum Effect {
    /// The call fails.
    Fault(Fault),
    /// The call fails with this error, which the SDK declares for the operation.
    Declared(String),
    /// Before the call, the function's account loses its access, until the response.
    Access(fn(&mut World)),
}

/// One call of a flow, and its fault, once or from then on.
#[derive(Debug, Clone)]
pub struct Injection {
    operation: String,
    occurrence: u32,
    name: String,
    effect: Effect,
    lasting: bool,
}

impl Injection {
    /// Every way to fail of each of these calls.
    pub fn all(calls: &[Call]) -> Vec<Self> {
        let effects = |call: &Call| {
            WAYS.map(|(name, fault)| (name.to_owned(), Effect::Fault(fault(call.service)))).into()
        };
        each(calls, effects, &[false, true])
    }

    /// Every declared error of each of these calls, except those that would state something about
    /// the world that is not true in it: that what exists does not exist.
    pub fn declared(calls: &[Call]) -> Vec<Self> {
        let declared = declared_errors();
        let effects = |call: &Call| {
            let of_call = |operation: &&Operation| operation.to_string() == call.operation;
            let operation = Operation::ALL.iter().find(of_call).expect("an operation");
            let errors = declared[operation].iter().filter(|error| is_possible_anywhere(error));
            errors.map(|error| (error.clone(), Effect::Declared(error.clone()))).collect()
        };
        each(calls, effects, &[false, true])
    }

    /// Each of these calls by an account that suddenly sees no trails.
    pub fn invisible(calls: &[Call]) -> Vec<Self> {
        let effect = |name: &str, change| (name.to_owned(), Effect::Access(change));
        let effects = |_: &Call| {
            vec![
                effect("the delegation ends", lose_delegation),
                effect("the account leaves the organization", leave_organization),
            ]
        };
        each(calls, effects, &[true])
    }

    /// True if the account of the function loses its access, until the response.
    pub fn is_about_the_caller(&self) -> bool {
        matches!(self.effect, Effect::Access(_))
    }

    /// True if a retry succeeds.
    pub fn is_temporary(&self) -> bool {
        !self.lasting
            && match &self.effect {
                Effect::Fault(fault) => !matches!(fault, Fault::Hang | Fault::Error { .. }),
                // A Delete does not wait until something settles that only a Create arranges.
                Effect::Declared(code) => matches!(
                    ErrorCode::parse(code).meaning(),
                    Meaning::Retry(
                        RetryClass::SlowDown | RetryClass::TryAgain | RetryClass::LetFinish
                    )
                ),
                Effect::Access(_) => false,
            }
    }

    /// The declared error, if the call fails with one.
    pub fn code(&self) -> Option<&str> {
        match &self.effect {
            Effect::Declared(code) => Some(code),
            Effect::Fault(_) | Effect::Access(_) => None,
        }
    }

    /// Injects it.
    pub fn arm(&self, aws: &Aws) {
        let fault = match &self.effect {
            Effect::Fault(fault) => fault.clone(),
            Effect::Declared(code) => Fault::error(code, "not possible"),
            Effect::Access(change) => {
                return aws.before(&self.operation, self.occurrence, *change);
            }
        };
        let last = if self.lasting { u32::MAX } else { self.occurrence };
        aws.inject(&self.operation, self.occurrence..=last, fault);
    }
}

impl fmt::Display for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lasting = if self.lasting { "from then on" } else { "once" };
        write!(f, "{} #{}: {}, {lasting}", self.operation, self.occurrence, self.name)
    }
}

/// An injection for each of these calls, each of its effects, and each duration.
fn each(
    calls: &[Call],
    effects: impl Fn(&Call) -> Vec<(String, Effect)>,
    durations: &[bool],
) -> Vec<Injection> {
    let mut all = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        let operation = &call.operation;
        let same = calls[..=index].iter().filter(|earlier| earlier.operation == *operation);
        let occurrence = u32::try_from(same.count()).expect("few calls");
        for (name, effect) in effects(call) {
            all.extend(durations.iter().map(|&lasting| Injection {
                operation: operation.clone(),
                occurrence,
                name: name.clone(),
                effect: effect.clone(),
                lasting,
            }));
        }
    }
    all
}

/// True if an error says nothing about what exists.
fn is_possible_anywhere(error: &str) -> bool {
    match ErrorCode::parse(error).meaning() {
        Meaning::Retry(_) | Meaning::RetryIf(..) | Meaning::Final | Meaning::RegionNotEnabled => {
            true
        }
        Meaning::AlreadyExists
        | Meaning::NoOrganization
        | Meaning::NotEnabled
        | Meaning::NotFound
        | Meaning::NotOffered
        | Meaning::Impossible(_) => false,
    }
}

fn lose_delegation(world: &mut World) {
    world.delegated_administrators.remove(CLOUDTRAIL);
}

fn leave_organization(world: &mut World) {
    lose_delegation(world);
    world.accounts.remove(&world.default_account.clone());
}
