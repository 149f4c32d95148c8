//! The flows of `Custom::OrgTrail`.

use serde_json::{Value, json};
use simulator::aws::{EventSelectors, Trail, World};

use super::flow::Flow;
use crate::{
    states::{base, delegated, everything, plain},
    support::{
        BUCKET, GENERATED, OrgTrail, SENTINEL, TRAIL_ARN, adopted, adopting, merged, ours,
        owned_by_another_stack, trail_properties, unowned,
    },
};

/// The ARN of the trail under the name that a rename is to.
pub const RENAMED_ARN: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/renamed";

/// Properties with that name.
pub fn renamed() -> Value {
    trail_properties(json!({ "TrailName": "renamed" }))
}

fn create(name: &'static str, world: World, properties: Value) -> Flow {
    Flow::create(name, OrgTrail, world, properties)
}

fn update(name: &'static str, world: World, old: Value, new: Value) -> Flow {
    Flow::update(name, OrgTrail, world, TRAIL_ARN, [old, new])
}

/// An Update of the trail with this ID to all properties.
fn update_of(name: &'static str, world: World, id: &str) -> Flow {
    Flow::update(name, OrgTrail, world, id, [base(), everything()])
}

fn delete(name: &'static str, world: World) -> Flow {
    delete_of(name, world, TRAIL_ARN)
}

fn delete_of(name: &'static str, world: World, id: &str) -> Flow {
    Flow::delete(name, OrgTrail, world, id, base())
}

/// A world in which another stack has the trail.
fn taken() -> World {
    plain().with_trail(owned_by_another_stack())
}

/// All changes that an administrator can make to a trail.
fn drift(world: &mut World) {
    let trail = world.trail_mut(TRAIL_ARN).expect("the trail");
    *trail = Trail {
        s3_key_prefix: Some("hidden".to_owned()),
        sns_topic_arn: None,
        kms_key_id: None,
        cloud_watch_logs_log_group_arn: None,
        cloud_watch_logs_role_arn: None,
        include_global_service_events: false,
        is_multi_region_trail: false,
        log_file_validation_enabled: true,
        is_organization_trail: false,
        recursive_logging: true,
        event_selectors: EventSelectors::Default,
        insight_selectors: Vec::new(),
        aggregation_configurations: Vec::new(),
        is_logging: false,
        ..trail.clone()
    };
    trail.tags.remove("team");
}

/// Creates.
pub fn creates() -> Vec<Flow> {
    let half_made = Trail { is_logging: false, start_logging_time: None, ..ours() };
    let denying = |action: &str| plain().denying(action);
    vec![
        create("of a free name, with everything", plain(), everything()),
        create("of a free name, with a role", plain(), base()).with_roles(),
        create("of a free name, as delegated administrator", delegated(plain()), base()),
        create("of another owner's name: Fail", taken(), base()),
        create("of an unowned name: Fail", plain().with_trail(unowned()), base()),
        create("of another owner's name: Adopt", taken(), adopting(everything()))
            .adopting(TRAIL_ARN),
        create("of an unowned name: Adopt", plain().with_trail(unowned()), adopting(everything()))
            .adopting(TRAIL_ARN),
        create(
            "of an unowned name: Adopt, refused halfway",
            denying("cloudtrail:PutEventSelectors").with_trail(unowned()),
            adopting(everything()),
        )
        .adopting(TRAIL_ARN),
        create(
            "of an unowned name that shows late: Adopt, refused halfway",
            denying("cloudtrail:PutEventSelectors")
                .with_trail(Trail { unseen_reads: 2, ..unowned() }),
            adopting(everything()),
        )
        .in_brief()
        .adopting(TRAIL_ARN),
        create("with a bucket policy that keeps CloudTrail out", closed(), base()).in_brief(),
        create("that is refused halfway", denying("cloudtrail:PutEventSelectors"), everything()),
        create("that is refused at the end", denying("cloudtrail:StartLogging"), base()),
        create(
            "that is refused at the end, as delegated administrator",
            delegated(denying("cloudtrail:StartLogging")),
            base(),
        ),
        create("of what it made already", plain(), everything()).after_create(everything()),
        create("of what it left half-made", plain().with_trail(half_made), everything()),
        create("of its own trail that was retained", plain().with_trail(ours()), everything()),
        create(
            "of its own trail that was retained, refused halfway",
            denying("cloudtrail:PutEventSelectors").with_trail(ours()),
            everything(),
        ),
    ]
}

/// A world whose bucket has no policy, so that CloudTrail cannot write to it.
fn closed() -> World {
    let policy = simulator::aws::Policy::Missing;
    plain().with(|world| world.buckets.get_mut(BUCKET).expect("the bucket").policy = policy)
}

/// A trail that another stack has under the name that a rename is to.
fn in_the_way() -> World {
    plain().with_trail(Trail { name: "renamed".to_owned(), ..owned_by_another_stack() })
}

/// Updates of one trail.
fn updates_in_place() -> Vec<Flow> {
    let with = |trail: Trail| plain().with_trail(trail);
    let prefixed = trail_properties(json!({ "S3KeyPrefix": "organization" }));
    let silent = trail_properties(json!({ "IsLogging": false }));
    let made = |name, old: Value, new| update(name, plain(), old.clone(), new).after_create(old);
    vec![
        made("that changes nothing", everything(), everything()),
        made("of every property", base(), everything()),
        made("that takes every property away", everything(), base()),
        made("that stops logging", base(), silent),
        made("after drift of every kind", everything(), everything()).tampered(drift),
        made("with a role", base(), everything()).with_roles(),
        update("as delegated administrator", delegated(plain()), base(), prefixed)
            .after_create(base()),
        update("of a trail that is gone", plain(), base(), everything()),
        update("of a trail that is another owner's now", taken(), base(), base()),
        update("of a trail whose tags are gone", with(unowned()), base(), everything())
            .adopting(TRAIL_ARN),
        update("of a trail that was adopted", with(adopted()), base(), everything()),
        update_of("of an ID that CloudFormation generated", plain(), GENERATED)
            .after_create(base()),
        update_of("of what was never made", plain(), SENTINEL),
    ]
}

/// Updates that replace one trail by another.
fn renames() -> Vec<Flow> {
    let rename = |name, world, new| update(name, world, base(), new).after_create(base());
    let renamed_with_everything = || merged(everything(), json!({ "TrailName": "renamed" }));
    let both = plain().with_trail(Trail { name: "renamed".to_owned(), ..ours() });
    vec![
        rename("of the name", plain(), renamed()),
        rename("of the name, with everything", plain(), renamed_with_everything()),
        rename("of the name, refused at the end", plain(), renamed())
            .tampered(|world| deny(world, "cloudtrail:StartLogging")),
        rename("of the name to another owner's: Fail", in_the_way(), renamed()),
        rename("of the name to another owner's: Adopt", in_the_way(), adopting(renamed()))
            .adopting(RENAMED_ARN),
        rename(
            "of the name to another owner's: Adopt, refused halfway",
            in_the_way(),
            adopting(renamed_with_everything()),
        )
        .tampered(|world| deny(world, "cloudtrail:PutEventSelectors"))
        .adopting(RENAMED_ARN),
        Flow::update(
            "back to the old name, in a rollback",
            OrgTrail,
            both,
            RENAMED_ARN,
            [renamed(), base()],
        )
        .after_create(base()),
    ]
}

fn deny(world: &mut World, action: &str) {
    world.denied_actions.insert(action.to_owned());
}

/// Updates.
pub fn updates() -> Vec<Flow> {
    [updates_in_place(), renames()].concat()
}

/// Deletes.
pub fn deletes() -> Vec<Flow> {
    let with = |trail: Trail| plain().with_trail(trail);
    vec![
        delete("of its own", plain()).after_create(base()),
        delete("of its own, with a role", plain()).with_roles().after_create(base()),
        delete("of its own, as delegated administrator", delegated(plain())).after_create(base()),
        delete("of what it adopted", with(adopted())),
        delete("of another owner's", taken()),
        delete("of an unowned trail", with(unowned())),
        delete("of what is gone", plain()),
        delete_of("of a canceled Create", plain(), GENERATED).after_create(base()),
        delete_of(
            "of a canceled Create, as delegated administrator",
            delegated(plain()),
            GENERATED,
        )
        .after_create(base()),
        delete_of("of a canceled Create that never began", plain(), GENERATED).in_brief(),
        delete_of("of a canceled Create of another owner's name", taken(), GENERATED),
        delete_of("of what was never made", plain(), SENTINEL),
    ]
}
