//! What trusted access and delegated administrators need.

use orgtrail::domain::{
    arn::Region,
    operation::Operation::{
        DeregisterOrganizationDelegatedAdmin, DescribeOrganization, DisableAWSServiceAccess,
        EnableAWSServiceAccess, GetEventDataStore, GetTrail, ListAWSServiceAccessForOrganization,
        ListDelegatedAdministrators, ListEventDataStores, ListTrails,
        RegisterDelegatedAdministrator, RegisterOrganizationDelegatedAdmin,
    },
    partition::Partition,
};
use serde_json::{Value, json};
use simulator::aws::{CLOUDTRAIL, World};

use super::Case;
use crate::{
    calls::graph::{Answer, Least},
    faults::{
        flow::Flow,
        switches::{CONFIG, ENABLED, REGISTERED, disabling, off},
    },
    requests::INVENTED,
    support::{OrgDelegatedAdministrator, OrgTrustedAccess, REGION, SENTINEL},
    worlds::{FEW_REGIONS, SECURITY, plain, without_dependents},
};

/// What every Create and Update of trusted access asks: answers whether it is on.
fn look(least: &mut Least) -> Answer {
    least.call(
        DescribeOrganization,
        "`Fn::GetAtt` has the organization's id, which no other call says",
    );
    least.call(
        ListAWSServiceAccessForOrganization,
        "`Ref` says who switched it on, and what is on already is not switched on again",
    )
}

fn enable(least: &mut Least) {
    let is_off = look(least);
    let enabled = least.then(
        &[is_off],
        "only calls that change something are made",
        EnableAWSServiceAccess,
        "it is off",
    );
    least.then(
        &[enabled],
        "EnableAWSServiceAccess answers with nothing",
        ListAWSServiceAccessForOrganization,
        "SUCCESS comes only once Organizations lists it; `Fn::GetAtt` has the date",
    );
}

/// What Delete asks before it switches off: answers of what may depend on trusted access, when
/// there are so many trails and event data stores to look at.
fn dependents(least: &mut Least, regions: usize, trails: usize, stores: usize) -> Vec<Answer> {
    let mut answers = vec![
        least.call(
            ListAWSServiceAccessForOrganization,
            "what is off already is not switched off",
        ),
        least.call(
            ListDelegatedAdministrators,
            "an administrator of the service depends on it",
        ),
    ];
    let listed = least.call(
        ListTrails,
        "an organization trail of any Region depends on it",
    );
    answers.push(listed);
    let stores_listed = least.call(
        ListEventDataStores,
        "an organization event data store of any Region depends on it, and CloudTrail lists those \
         of one Region at a time",
    );
    least.times(regions);
    answers.push(stores_listed);
    if trails > 0 {
        answers.push(least.then(
            &[listed],
            "ListTrails gives their ARNs; to ask DescribeTrails of every Region instead would cost \
             those without any trail a call in each",
            GetTrail,
            "ListTrails does not say which trails are an organization's",
        ));
        least.times(trails);
    }
    if stores > 0 {
        answers.push(least.then(
            &[stores_listed],
            "ListEventDataStores gives their ARNs",
            GetEventDataStore,
            "ListEventDataStores does not say which are an organization's",
        ));
        least.times(stores);
    }
    answers
}

fn disable(least: &mut Least, nothing_depends: &[Answer]) {
    least.then(
        nothing_depends,
        "it is never switched off while anything depends on it: every account's copy of every \
         organization trail would go",
        DisableAWSServiceAccess,
        "it is on, and `DeleteBehavior` is `Disable`",
    );
}

/// A world without any trail.
fn without_trails() -> World {
    let mut world = without_dependents();
    world.trails.clear();
    world
}

/// Flows of trusted access.
pub fn trusted_access() -> Vec<Case> {
    let create = |name, world| Flow::create(name, OrgTrustedAccess, world, disabling(CLOUDTRAIL));
    let update = |name, world| {
        let properties = [disabling(CLOUDTRAIL), disabling(CLOUDTRAIL)];
        Flow::update(name, OrgTrustedAccess, world, ENABLED, properties)
    };
    let delete = |name, world, id: &str, properties| {
        Flow::delete(name, OrgTrustedAccess, world, id, properties)
    };
    let on = without_dependents;
    let config = "trusted-access/config.amazonaws.com/enabled";
    let other_service = {
        let mut world = on().with_trusted_access(CONFIG);
        world.delegated_administrators.clear();
        world
    };
    vec![
        Case::new(create("Create: it is off", off()), enable),
        Case::new(create("Create: it is on already", on()), |least| {
            look(least);
        }),
        Case::new(update("Update: nothing changed", on()), |least| {
            look(least);
        }),
        Case::new(update("Update: switched off meanwhile", off()), enable),
        Case::without_calls(delete("Delete: `Keep`", on(), ENABLED, json!({}))),
        Case::new(
            delete(
                "Delete: `Disable`, nothing depends on it",
                without_trails(),
                ENABLED,
                disabling(CLOUDTRAIL),
            ),
            |least| {
                let own = Region::parse(REGION).expect("a Region code");
                let regions = Partition::of(&own).regions.len();
                let nothing = dependents(least, regions, 0, 0);
                disable(least, &nothing);
            },
        ),
        Case::new(
            delete(
                "Delete: `Disable`, with two trails and a data store of the account alone, in a \
                 partition of two Regions",
                on(),
                ENABLED,
                disabling(CLOUDTRAIL),
            )
            .in_region(FEW_REGIONS),
            |least| {
                let nothing = dependents(least, 2, 2, 1);
                disable(least, &nothing);
            },
        ),
        Case::new(
            delete(
                "Delete: `Disable`, a trail depends on it",
                plain(),
                ENABLED,
                disabling(CLOUDTRAIL),
            )
            .in_region(FEW_REGIONS),
            |least| {
                dependents(least, 2, 2, 1);
            },
        )
        .refused(),
        Case::new(
            delete(
                "Delete: `Disable`, another service",
                other_service,
                config,
                disabling(CONFIG),
            ),
            |least| {
                let is_on = least.call(
                    ListAWSServiceAccessForOrganization,
                    "what is off already is not switched off",
                );
                let nobody = least.call(
                    ListDelegatedAdministrators,
                    "an administrator of the service depends on it",
                );
                disable(least, &[is_on, nobody]);
            },
        ),
        Case::without_calls(delete(
            "Delete: an id that CloudFormation made up",
            on(),
            INVENTED,
            disabling(CLOUDTRAIL),
        )),
        Case::without_calls(delete(
            "Delete: what was never made",
            on(),
            SENTINEL,
            disabling(CLOUDTRAIL),
        )),
    ]
}

fn registered(least: &mut Least) -> Answer {
    least.call(
        ListDelegatedAdministrators,
        "`Ref` says who registered it, `Fn::GetAtt` has the account's ARN, and what is registered \
         already is not registered again",
    )
}

fn register(with_cloudtrail: bool) -> impl FnOnce(&mut Least) {
    move |least| {
        let is_not = registered(least);
        let done = least.then(
            &[is_not],
            "only calls that change something are made",
            if with_cloudtrail {
                RegisterOrganizationDelegatedAdmin
            } else {
                RegisterDelegatedAdministrator
            },
            "it is not registered",
        );
        least.then(
            &[done],
            "the registration answers with nothing",
            ListDelegatedAdministrators,
            "SUCCESS comes only once Organizations lists it; `Fn::GetAtt` has the account's ARN",
        );
    }
}

fn deregister(least: &mut Least) {
    least.call(
        DeregisterOrganizationDelegatedAdmin,
        "the resource's own id says that it registered the account, so nothing is asked before",
    );
}

/// Flows of delegated administrators.
pub fn delegated_administrators() -> Vec<Case> {
    let of =
        |service: &str| -> Value { json!({ "AccountId": SECURITY, "ServicePrincipal": service }) };
    let create =
        |name, world, service| Flow::create(name, OrgDelegatedAdministrator, world, of(service));
    let update = |name, world| {
        let properties = [of(CLOUDTRAIL), of(CLOUDTRAIL)];
        Flow::update(
            name,
            OrgDelegatedAdministrator,
            world,
            REGISTERED,
            properties,
        )
    };
    let delete = |name, world, id: &str| {
        Flow::delete(name, OrgDelegatedAdministrator, world, id, of(CLOUDTRAIL))
    };
    let is_registered = || plain().with_delegated_administrator(CLOUDTRAIL, SECURITY);
    let found_before = REGISTERED.replace("registered", "preexisting");
    vec![
        Case::new(
            create("Create: with CloudTrail", plain(), CLOUDTRAIL),
            register(true),
        ),
        Case::new(
            create(
                "Create: with another service",
                plain().with_trusted_access(CONFIG),
                CONFIG,
            ),
            register(false),
        ),
        Case::new(
            create("Create: registered already", is_registered(), CLOUDTRAIL),
            |least| {
                registered(least);
            },
        ),
        Case::new(
            update("Update: nothing changed", is_registered()),
            |least| {
                registered(least);
            },
        ),
        Case::new(
            update("Update: deregistered meanwhile", plain()),
            register(true),
        ),
        Case::new(delete("Delete", is_registered(), REGISTERED), deregister),
        Case::new(
            delete("Delete: it is gone", plain(), REGISTERED),
            deregister,
        ),
        Case::without_calls(delete(
            "Delete: it was there before",
            is_registered(),
            &found_before,
        )),
        Case::without_calls(delete(
            "Delete: an id that CloudFormation made up",
            is_registered(),
            INVENTED,
        )),
    ]
}
