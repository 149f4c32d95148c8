//! The faults of a call.

use std::fmt;

use orgtrail::domain::{
    error_codes::{ErrorCode, Meaning},
    operation::Operation,
};
use simulator::aws::{Aws, CLOUDTRAIL, Call, Fault, Service, World};

use crate::declared_errors::declared_errors;

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Throttled,
    Internal,
    Reset,
    Lost,
    Hang,
    Denied,
    Expired,
    Garbage,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Throttled,
        Self::Internal,
        Self::Reset,
        Self::Lost,
        Self::Hang,
        Self::Denied,
        Self::Expired,
        Self::Garbage,
    ];

    /// For the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Internal => "status 500",
            Self::Reset => "connection reset before it took effect",
            Self::Lost => "response lost after it took effect",
            Self::Hang => "no answer",
            Self::Denied => "access denied",
            Self::Expired => "expired credentials",
            Self::Garbage => "invalid answer",
        }
    }

    fn fault(self, service: Service) -> Fault {
        match self {
            Self::Throttled => Fault::Throttle,
            Self::Internal => Fault::Internal,
            Self::Reset => Fault::Reset,
            Self::Lost => Fault::LostResponse,
            Self::Hang => Fault::Hang,
            Self::Denied => refusal(service, "AccessDenied"),
            Self::Expired => refusal(service, "ExpiredToken"),
            Self::Garbage => Fault::Garbage,
        }
    }
}

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

/// The fault of a call.
#[derive(Debug, Clone)]
enum What {
    /// It fails in this way.
    Fails(Way),
    /// It fails with this error, which the SDK declares for the operation.
    Declared(String),
    /// Until the response, the function's account no longer is CloudTrail's delegated administrator.
    LosesDelegation,
    /// Until the response, the function's account no longer belongs to the organization.
    LeavesOrganization,
}

/// One call of a flow that something happens to, once or from then on.
#[derive(Debug, Clone)]
pub struct Injection {
    service: Service,
    operation: String,
    occurrence: u32,
    what: What,
    lasting: bool,
}

impl Injection {
    /// Every way to fail of each of these calls.
    pub fn all(calls: &[Call]) -> Vec<Self> {
        each(calls, |_| Way::ALL.into_iter().map(What::Fails).collect(), &[false, true])
    }

    /// Every declared error of each of these calls, except those that would state something about
    /// the world that is not true in it: that what exists does not exist.
    pub fn declared(calls: &[Call]) -> Vec<Self> {
        let declared = declared_errors();
        let errors = |call: &Call| {
            let of_call = |operation: &&Operation| operation.to_string() == call.operation;
            let operation = Operation::ALL.iter().find(of_call).expect("an operation");
            let errors = declared[operation].iter();
            errors
                .filter(|error| says_nothing_of_the_world(error))
                .cloned()
                .map(What::Declared)
                .collect()
        };
        each(calls, errors, &[false, true])
    }

    /// Each of these calls by an account that suddenly sees no trails.
    pub fn invisible(calls: &[Call]) -> Vec<Self> {
        each(calls, |_| vec![What::LosesDelegation, What::LeavesOrganization], &[true])
    }

    /// True if the account of the function changes, until the response.
    pub fn is_about_the_caller(&self) -> bool {
        match self.what {
            What::LosesDelegation | What::LeavesOrganization => true,
            What::Fails(_) | What::Declared(_) => false,
        }
    }

    /// The declared error, if the call fails with one.
    pub fn code(&self) -> Option<&str> {
        match &self.what {
            What::Declared(code) => Some(code),
            What::Fails(_) | What::LosesDelegation | What::LeavesOrganization => None,
        }
    }

    /// Lets it happen.
    pub fn arm(&self, aws: &Aws) {
        let operation = &self.operation;
        let fault = match &self.what {
            What::Fails(way) => way.fault(self.service),
            What::Declared(code) => Fault::error(code, "not possible"),
            What::LosesDelegation => {
                aws.before(operation, self.occurrence, lose_delegation);
                return;
            }
            What::LeavesOrganization => {
                aws.before(operation, self.occurrence, |world| {
                    lose_delegation(world);
                    world.accounts.remove(&world.default_account.clone());
                });
                return;
            }
        };
        if self.lasting {
            aws.inject(operation, self.occurrence.., fault);
        } else {
            aws.inject(operation, self.occurrence, fault);
        }
    }
}

impl fmt::Display for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lasting = if self.lasting { "from then on" } else { "once" };
        let (operation, occurrence) = (&self.operation, self.occurrence);
        let what = match &self.what {
            What::Fails(way) => way.name(),
            What::Declared(code) => code,
            What::LosesDelegation => "the delegation ends",
            What::LeavesOrganization => "the account leaves the organization",
        };
        write!(f, "{operation} #{occurrence}: {what}, {lasting}")
    }
}

/// An injection for each of these calls, everything that can happen to it, and each duration.
fn each(calls: &[Call], what: impl Fn(&Call) -> Vec<What>, durations: &[bool]) -> Vec<Injection> {
    let mut all = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        let earlier = &calls[..=index];
        let same = earlier.iter().filter(|c| c.operation == call.operation);
        let occurrence = u32::try_from(same.count()).expect("few calls");
        for what in what(call) {
            for lasting in durations {
                all.push(Injection {
                    service: call.service,
                    operation: call.operation.clone(),
                    occurrence,
                    what: what.clone(),
                    lasting: *lasting,
                });
            }
        }
    }
    all
}

/// True if an error says nothing about what exists.
fn says_nothing_of_the_world(error: &str) -> bool {
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
