//! The account that the function runs in and the account that its calls come from: the three
//! supported combinations, and the reasons if access is not possible.

#[path = "../support/mod.rs"]
mod support;

mod assuming;
mod life;
mod refusals;
mod sessions;
mod visibility;

use simulator::{
    aws::{AssumableRole, Call, Service, World},
    cloudformation::{ACCOUNT, Event, STACK_ID},
    lambda::Configuration,
};

use support::{CLOUDTRAIL, Scene, Transport, ready};

const TRANSPORT: Transport = Transport::Plain;

/// The organization's management account.
const MANAGEMENT: &str = ACCOUNT;
/// The account of the pipeline.
const SECURITY: &str = "222222222222";
/// Any other account of the organization.
const MEMBER: &str = "333333333333";

/// The role in the management account.
const ROLE: &str = "arn:aws:iam::111111111111:role/orgtrail/OrgTrail";
/// The external ID that its trust policy requires.
const EXTERNAL_ID: &str = "example-external-id";

/// The account of the function, and the identity that its calls use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The function runs in the management account.
    ManagementAccount,
    /// The function runs in the security account and assumes a role in the management account.
    Role,
    /// The function runs in the security account, which is CloudTrail's delegated administrator.
    DelegatedAdministrator,
}

impl Way {
    const ALL: [Self; 3] = [Self::ManagementAccount, Self::Role, Self::DelegatedAdministrator];

    /// A world that permits this access.
    fn world(self) -> World {
        match self {
            Self::ManagementAccount => ready(),
            Self::Role => ready().with_assumable_role(role()).called_by(SECURITY),
            Self::DelegatedAdministrator => {
                let delegated = ready()
                    .with_delegated_administrator(CLOUDTRAIL, SECURITY)
                    .with_service_linked_role(CLOUDTRAIL);
                delegated.called_by(SECURITY)
            }
        }
    }

    /// The account that CloudTrail and Organizations see.
    fn caller(self) -> &'static str {
        match self {
            Self::ManagementAccount | Self::Role => MANAGEMENT,
            Self::DelegatedAdministrator => SECURITY,
        }
    }

    async fn scene(self) -> Scene {
        self.scene_in(self.world()).await
    }

    async fn scene_in(self, world: World) -> Scene {
        match self {
            Self::Role => Scene::configured(world, with_role).await,
            Self::ManagementAccount | Self::DelegatedAdministrator => Scene::of(world).await,
        }
    }
}

/// The configuration of a function that assumes the role.
fn with_role(configuration: Configuration) -> Configuration {
    configuration
        .variable("MANAGEMENT_ROLE_ARN", ROLE)
        .variable("MANAGEMENT_ROLE_EXTERNAL_ID", EXTERNAL_ID)
}

/// The role with a correct trust policy.
fn role() -> AssumableRole {
    AssumableRole::new(ROLE).trusting(SECURITY).demanding(EXTERNAL_ID)
}

/// The request, from a stack with this name in the function's own account.
fn in_stack(name: &str, scene: &Scene, event: Event) -> Event {
    let account = scene.aws.world(|world| world.default_account.clone());
    let stack_id = STACK_ID.replace("organization-logging", name).replace(ACCOUNT, &account);
    let token = event.text("ServiceToken").unwrap_or_default();
    let token = token.replace(ACCOUNT, &account);
    event
        .with("StackId", stack_id)
        .with("ServiceToken", token.as_str())
        .property("ServiceToken", token)
}

/// The request, from the default stack in the function's own account.
fn here(scene: &Scene, event: Event) -> Event {
    in_stack("organization-logging", scene, event)
}

/// The calls to STS so far.
fn assumptions(scene: &Scene) -> Vec<Call> {
    let calls = scene.aws.calls().into_iter();
    calls.filter(|call| call.service == Service::Sts).collect()
}

/// The calls to the other services so far.
fn work(scene: &Scene) -> Vec<Call> {
    let calls = scene.aws.calls().into_iter();
    calls.filter(|call| call.service != Service::Sts).collect()
}
