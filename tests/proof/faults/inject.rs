//! What can happen to a call.

use std::fmt;

use simulator::aws::{Aws, Call, Fault, Service};

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Throttled,
    Internal,
    Reset,
    Lost,
    Hang,
    Denied,
    Garbage,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Throttled,
        Self::Internal,
        Self::Reset,
        Self::Lost,
        Self::Hang,
        Self::Denied,
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
            Self::Denied => match service {
                Service::CloudTrail | Service::Organizations => {
                    Fault::error("AccessDeniedException", "not allowed")
                }
                Service::Sts | Service::S3 => Fault::Error {
                    status: 403,
                    code: "AccessDenied".to_owned(),
                    message: "not allowed".to_owned(),
                },
            },
            Self::Garbage => Fault::Garbage,
        }
    }
}

/// One call of a flow that fails in one way, once or from then on.
#[derive(Debug, Clone)]
pub struct Injection {
    service: Service,
    operation: String,
    occurrence: u32,
    way: Way,
    lasting: bool,
}

impl Injection {
    /// Every way to fail of every one of these calls.
    pub fn all(calls: &[Call]) -> Vec<Self> {
        let mut all = Vec::new();
        for (index, call) in calls.iter().enumerate() {
            let earlier = &calls[..=index];
            let same = earlier.iter().filter(|c| c.operation == call.operation);
            let occurrence = u32::try_from(same.count()).expect("few calls");
            for way in Way::ALL {
                for lasting in [false, true] {
                    all.push(Self {
                        service: call.service,
                        operation: call.operation.clone(),
                        occurrence,
                        way,
                        lasting,
                    });
                }
            }
        }
        all
    }

    /// Lets it happen.
    pub fn arm(&self, aws: &Aws) {
        let (operation, fault) = (&self.operation, self.way.fault(self.service));
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
        write!(f, "{operation} #{occurrence}: {}, {lasting}", self.way.name())
    }
}
