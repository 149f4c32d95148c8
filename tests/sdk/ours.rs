//! The function's own way of calling AWS.

use std::fmt::Debug;
use std::sync::Arc;

use futures_util::TryStreamExt;
use orgtrail::aws::call::Patience;
use orgtrail::aws::environment::Configuration;
use orgtrail::aws::role::Role;
use orgtrail::aws::trail::Trails;
use orgtrail::aws::{Aws, Roles};
use orgtrail::core::fault::Fault;
use tokio::time::Instant;

use crate::calls::{Call, SERVICE, administrator};
use crate::scene::{STACK, run, trail};
use crate::wire::Wire;

/// The function.
pub struct Function {
    pub aws: Aws,
}

impl Function {
    /// One that calls over `wire`.
    pub fn new(configuration: &Configuration, wire: &Wire) -> Self {
        Self {
            aws: Aws::new(configuration.clone(), Arc::new(wire.clone())),
        }
    }

    /// The same with a role.
    pub fn assuming(self, role: &Role) -> Self {
        let roles = Roles {
            management: Some(role.clone()),
            log_bucket: None,
        };
        Self {
            aws: self.aws.assuming(roles).for_stack(STACK),
        }
    }

    /// Makes a call once and gives what was understood, as `Debug` writes it.
    pub fn make(&self, call: &Call) -> Result<String, Fault> {
        run(self.answer(call))
    }

    async fn answer(&self, call: &Call) -> Result<String, Fault> {
        let (aws, once) = (&self.aws, once());
        let region = &aws.region().expect("a Region");
        let (trails, arn) = (Trails::new(aws, region), &trail());
        match call {
            Call::Step(step) => written(trails.execute(arn, step, once).await),
            Call::Find(name) => written(trails.find(name, once).await),
            Call::Observe => written(trails.observe(arn, once).await),
            Call::Status => written(trails.status(arn, once).await),
            Call::Trails => written(trails.all(once).await),
            Call::Stores => {
                let stores = aws.organization_event_data_stores(vec![region.clone()], once);
                written(stores.await)
            }
            Call::Organization => written(aws.organization(once).await),
            Call::Accounts => written(aws.active_accounts(once).try_concat().await),
            Call::TrustedAccess(service) => written(aws.trusted_access(service, once).await),
            Call::Switch(step) => written(aws.switch_trusted_access(SERVICE, *step, once).await),
            Call::Administrators => written(aws.delegated_administrators(SERVICE, once).await),
            Call::Registration(step) => {
                let account = administrator();
                let change = aws.change_registration(region, SERVICE, account, *step, once);
                written(change.await)
            }
        }
    }
}

/// The patience for one attempt.
pub fn once() -> Patience {
    Patience::until(Instant::now())
}

/// What was understood, comparable whatever it is.
pub fn written<T: Debug>(answer: Result<T, Fault>) -> Result<String, Fault> {
    answer.map(|answer| format!("{answer:#?}"))
}
