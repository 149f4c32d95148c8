//! The flows of `Custom::OrgTrustedAccess` and `Custom::OrgDelegatedAdministrator`.

use serde_json::{Value, json};
use simulator::aws::{CLOUDTRAIL, World};

use super::flow::Flow;
use crate::{
    states::{FEW_REGIONS, SECURITY, plain, without_dependents},
    support::{GENERATED, OrgDelegatedAdministrator, OrgTrustedAccess, SENTINEL},
};

/// The ID of trusted access that the resource enabled.
pub const ENABLED: &str = "trusted-access/cloudtrail.amazonaws.com/enabled";
/// Another service.
pub const CONFIG: &str = "config.amazonaws.com";
/// The ID of an administrator that the resource registered.
pub const REGISTERED: &str =
    "delegated-administrator/cloudtrail.amazonaws.com/222222222222/registered";

/// A world without trusted access for CloudTrail.
pub fn off() -> World {
    without_dependents().with(|world| world.trusted_access.remove(CLOUDTRAIL))
}

/// Properties with which Delete switches off.
pub fn disabling(service: &str) -> Value {
    json!({ "ServicePrincipal": service, "DeleteBehavior": "Disable" })
}

/// Flows of trusted access.
pub fn trusted_access() -> Vec<Flow> {
    let create = |name, world| Flow::create(name, OrgTrustedAccess, world, disabling(CLOUDTRAIL));
    let update = |name, world, new| {
        Flow::update(name, OrgTrustedAccess, world, ENABLED, [disabling(CLOUDTRAIL), new])
    };
    let delete = |name, world, id: &str, properties| {
        Flow::delete(name, OrgTrustedAccess, world, id, properties)
    };
    let config = "trusted-access/config.amazonaws.com/enabled";
    let trusting_config = || without_dependents().with_trusted_access(CONFIG);
    vec![
        create("Create: enable", off()),
        create("Create: enable, with a role", off()).with_roles(),
        create("Create: enabled already", without_dependents()),
        update("Update: nothing", without_dependents(), disabling(CLOUDTRAIL)),
        update("Update: enable again", off(), disabling(CLOUDTRAIL)),
        update("Update: another service", without_dependents(), disabling("backup.amazonaws.com")),
        delete("Delete: Keep", without_dependents(), ENABLED, json!({})),
        delete("Delete: Disable", without_dependents(), ENABLED, disabling(CLOUDTRAIL))
            .in_region(FEW_REGIONS),
        delete("Delete: Disable, with dependents", plain(), ENABLED, disabling(CLOUDTRAIL))
            .in_region(FEW_REGIONS),
        delete("Delete: Disable, of what is off", off(), ENABLED, disabling(CLOUDTRAIL)),
        delete(
            "Delete: Disable, another service with dependents",
            trusting_config(),
            config,
            disabling(CONFIG),
        ),
        delete(
            "Delete: Disable, another service",
            trusting_config().with(|world| world.delegated_administrators.clear()),
            config,
            disabling(CONFIG),
        ),
        delete(
            "Delete: of a canceled Create",
            without_dependents(),
            GENERATED,
            disabling(CLOUDTRAIL),
        ),
        delete("Delete: of what was never made", off(), SENTINEL, disabling(CLOUDTRAIL)),
    ]
}

/// Flows of delegated administrators.
pub fn delegated_administrators() -> Vec<Flow> {
    let of = |service: &str| json!({ "AccountId": SECURITY, "ServicePrincipal": service });
    let create =
        |name, world, service| Flow::create(name, OrgDelegatedAdministrator, world, of(service));
    let update = |name, world, service| {
        let properties = [of(CLOUDTRAIL), of(service)];
        Flow::update(name, OrgDelegatedAdministrator, world, REGISTERED, properties)
    };
    let delete = |name, world, id: &str, service| {
        Flow::delete(name, OrgDelegatedAdministrator, world, id, of(service))
    };
    let registered = |service| plain().with_delegated_administrator(service, SECURITY);
    let config = REGISTERED.replace(CLOUDTRAIL, CONFIG);
    let trusting_config = || plain().with_trusted_access(CONFIG);
    vec![
        create("Create: with CloudTrail", plain(), CLOUDTRAIL),
        create("Create: with CloudTrail, with a role", plain(), CLOUDTRAIL).with_roles(),
        create("Create: with Organizations", trusting_config(), CONFIG),
        create("Create: registered already", registered(CLOUDTRAIL), CLOUDTRAIL),
        update("Update: nothing", registered(CLOUDTRAIL), CLOUDTRAIL),
        update("Update: register again", plain(), CLOUDTRAIL),
        update(
            "Update: another service",
            registered(CLOUDTRAIL).with_trusted_access(CONFIG),
            CONFIG,
        ),
        delete("Delete: with CloudTrail", registered(CLOUDTRAIL), REGISTERED, CLOUDTRAIL),
        delete(
            "Delete: with Organizations",
            registered(CONFIG).with_trusted_access(CONFIG),
            &config,
            CONFIG,
        ),
        delete("Delete: of what is gone", plain(), REGISTERED, CLOUDTRAIL),
        delete(
            "Delete: of what was there before",
            registered(CLOUDTRAIL),
            &REGISTERED.replace("registered", "preexisting"),
            CLOUDTRAIL,
        ),
        delete("Delete: of a canceled Create", registered(CLOUDTRAIL), GENERATED, CLOUDTRAIL),
    ]
}
