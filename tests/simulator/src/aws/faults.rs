//! Faults that tests inject between a caller and a service.

use std::ops::{RangeFrom, RangeInclusive};

use hyper::StatusCode;

use super::{Service, ServiceError, World, wire};
use crate::http::Reply;

/// Something that happens to a call, instead of its effect or after it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Fault {
    /// An error of the service's; the call has no effect.
    Error {
        /// HTTP status.
        status: u16,
        /// The `__type` member, or the `Code` element.
        code: String,
        /// The `Message` member.
        message: String,
    },
    /// The service's way to say that there were too many calls; no effect.
    Throttle,
    /// Status 500; no effect.
    Internal,
    /// The connection is closed before anything happens.
    Reset,
    /// The call takes effect, and then the connection is closed.
    LostResponse,
    /// There is never a response, nor an effect.
    Hang,
    /// A page of HTML from something that is not AWS, such as a proxy; no effect. With status 200,
    /// unless the operation has no output: of its response the AWS SDK reads nothing but the status.
    Garbage,
}

/// The operations whose successful response has no body, or an empty one.
const WITHOUT_OUTPUT: [&str; 11] = [
    "AddTags",
    "DeleteTrail",
    "DeregisterDelegatedAdministrator",
    "DeregisterOrganizationDelegatedAdmin",
    "DisableAWSServiceAccess",
    "EnableAWSServiceAccess",
    "RegisterDelegatedAdministrator",
    "RegisterOrganizationDelegatedAdmin",
    "RemoveTags",
    "StartLogging",
    "StopLogging",
];

impl Fault {
    /// An error of status 400.
    pub fn error(code: &str, message: &str) -> Self {
        Self::Error { status: 400, code: code.to_owned(), message: message.to_owned() }
    }

    /// The reply that the caller receives.
    pub(super) fn reply(&self, service: Service, operation: &str, request_id: &str) -> Reply {
        let (status, message) = match self {
            Self::Error { status, message, .. } => (*status, message.as_str()),
            Self::Throttle if service == Service::S3 => (503, "Please reduce your request rate."),
            Self::Throttle => (400, "Rate exceeded"),
            Self::Internal => (500, "Internal error"),
            Self::Reset | Self::LostResponse => return Reply::Reset,
            Self::Hang => return Reply::Hang,
            Self::Garbage if WITHOUT_OUTPUT.contains(&operation) => {
                return Reply::Send(wire::garbage(StatusCode::BAD_GATEWAY));
            }
            Self::Garbage => return Reply::Send(wire::garbage(StatusCode::OK)),
        };
        let code = self.code(service).unwrap_or_default();
        let error = ServiceError::new(code, message).with_status(status);
        Reply::Send(wire::respond(service, operation, Err(error), request_id))
    }

    /// The error code that the caller gets, where it gets one.
    pub(super) fn code(&self, service: Service) -> Option<&str> {
        match (self, service) {
            (Self::Error { code, .. }, _) => Some(code),
            (Self::Throttle, Service::CloudTrail) => Some("ThrottlingException"),
            (Self::Throttle, Service::Organizations) => Some("TooManyRequestsException"),
            (Self::Throttle, Service::Sts) => Some("Throttling"),
            (Self::Throttle, Service::S3) => Some("SlowDown"),
            (Self::Internal, Service::CloudTrail | Service::Sts) => Some("InternalFailure"),
            (Self::Internal, Service::Organizations) => Some("ServiceException"),
            (Self::Internal, Service::S3) => Some("InternalError"),
            (Self::Reset | Self::LostResponse | Self::Hang | Self::Garbage, _) => None,
        }
    }
}

/// The calls of an operation, counted from 1 and from now: `1`, `2..=3`, `1..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrences(RangeInclusive<u32>);

impl From<u32> for Occurrences {
    fn from(only: u32) -> Self {
        Self(only..=only)
    }
}

impl From<RangeInclusive<u32>> for Occurrences {
    fn from(range: RangeInclusive<u32>) -> Self {
        Self(range)
    }
}

impl From<RangeFrom<u32>> for Occurrences {
    fn from(range: RangeFrom<u32>) -> Self {
        Self(range.start..=u32::MAX)
    }
}

/// A test's change of the world just before a call.
type Change = Box<dyn FnOnce(&mut World) + Send>;

/// The faults and changes that wait for their calls.
#[derive(Default)]
pub(super) struct Schedule {
    faults: Vec<(Waiting, Fault)>,
    changes: Vec<(Waiting, Change)>,
}

/// The calls that something waits for, and how many have passed.
struct Waiting {
    operation: String,
    occurrences: RangeInclusive<u32>,
    seen: u32,
}

impl Waiting {
    fn new(operation: &str, Occurrences(occurrences): Occurrences) -> Self {
        Self { operation: operation.to_owned(), occurrences, seen: 0 }
    }

    /// Counts a call; true if it is one of the chosen calls.
    fn meets(&mut self, operation: &str) -> bool {
        if self.operation != "*" && self.operation != operation {
            return false;
        }
        self.seen += 1;
        self.occurrences.contains(&self.seen)
    }
}

impl Schedule {
    pub(super) fn inject(&mut self, operation: &str, occurrences: Occurrences, fault: Fault) {
        self.faults.push((Waiting::new(operation, occurrences), fault));
    }

    pub(super) fn before(&mut self, operation: &str, occurrence: u32, change: Change) {
        self.changes.push((Waiting::new(operation, occurrence.into()), change));
    }

    /// The fault of a call that is happening: the first that was injected for it.
    pub(super) fn fault(&mut self, operation: &str) -> Option<Fault> {
        let mut met = None;
        for (waiting, fault) in &mut self.faults {
            if waiting.meets(operation) && met.is_none() {
                met = Some(fault.clone());
            }
        }
        met
    }

    /// Makes the changes that were waiting for a call that is happening.
    pub(super) fn change(&mut self, operation: &str, world: &mut World) {
        for (_, change) in self.changes.extract_if(.., |(waiting, _)| waiting.meets(operation)) {
            change(world);
        }
    }
}
