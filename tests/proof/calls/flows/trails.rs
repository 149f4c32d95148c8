//! What a trail needs.

use orgtrail::domain::operation::Operation::{
    self, AddTags, AssumeRole, CreateTrail, DeleteTrail, DescribeOrganization,
    GetEventConfiguration, GetEventSelectors, GetInsightSelectors, GetTrail, GetTrailStatus,
    ListTags, PutEventConfiguration, PutEventSelectors, PutInsightSelectors, RemoveTags,
    StartLogging, StopLogging, UpdateTrail,
};
use serde_json::{Value, json};
use simulator::aws::{Trail, World};

use super::Case;
use crate::{
    calls::graph::{Answer, Least},
    faults::{
        flow::Flow,
        trails::{RENAMED_ARN, adopting, renamed},
    },
    requests::INVENTED,
    support::{
        OrgTrail, SENTINEL, TRAIL_ARN, adopted, nobodys, ours, somebody_elses, trail_properties,
    },
    worlds::{base, delegated, everything, plain},
};

const ORGANIZATION: &str = "`Fn::GetAtt` has the organization's id, which no other call says; it names the management \
     account, whose id every organization trail bears";
const NAME: &str = "is the name free?";
const ONE_BY_ONE: &str = "a change comes after the one before it has succeeded: CloudTrail takes \
                          one a second, and their order is promised";
const MARK: &str = "whose the trail is, its tags say; nothing is changed, deleted or released \
                    before they are read";

/// What is read of a trail besides GetTrail; each `after` these answers, if any.
fn rest(least: &mut Least, after: &[Answer], waits: &'static str) -> Vec<Answer> {
    let reads: [(Operation, &str); 5] = [
        (
            GetTrailStatus,
            "does it log? and since when, by which a failed Create knows what it may remove",
        ),
        (
            GetEventSelectors,
            "what somebody changed by hand is put right, whatever the Update is about",
        ),
        (
            GetInsightSelectors,
            "what somebody changed by hand is put right, whatever the Update is about",
        ),
        (
            GetEventConfiguration,
            "what somebody changed by hand is put right, whatever the Update is about",
        ),
        (ListTags, MARK),
    ];
    let read = |(operation, because)| match after {
        [] => least.call(operation, because),
        _ => least.then(after, waits, operation, because),
    };
    reads.map(read).to_vec()
}

/// What an Update reads of the trail that the resource has, all of it at once.
fn all_of_it(least: &mut Least) -> Vec<Answer> {
    least.call(DescribeOrganization, ORGANIZATION);
    let mut answers = vec![least.call(
        GetTrail,
        "what somebody changed by hand is put right, whatever the Update is about; `Fn::GetAtt` \
         has its ARNs",
    )];
    answers.extend(rest(least, &[], ""));
    answers
}

/// Changes one after another, the first of them `after` what was read.
fn changes(
    least: &mut Least,
    after: &[Answer],
    waits: &'static str,
    changes: &[(Operation, &'static str)],
) {
    let mut answers = after.to_vec();
    let mut waits = waits;
    for (operation, because) in changes {
        answers = vec![least.then(&answers, waits, *operation, because)];
        waits = ONE_BY_ONE;
    }
}

const NOT_IN_VAIN: &str = "only calls that change something are made, so CreateTrail is not how \
                           to find out that a name is taken";
const CREATE: (Operation, &str) = (CreateTrail, "there is no such trail");
const START: (Operation, &str) = (
    StartLogging,
    "CreateTrail does not start it; it comes last, so that a trail that cannot be completed has \
     recorded nothing",
);
const SELECTORS: (Operation, &str) = (
    PutEventSelectors,
    "the selectors differ, and no other call takes them",
);
const INSIGHTS: (Operation, &str) = (
    PutInsightSelectors,
    "the insights differ, and no other call takes them",
);
const AGGREGATION: (Operation, &str) = (
    PutEventConfiguration,
    "the aggregation differs, and no other call takes it",
);
const NOTE: (Operation, &str) = (
    AddTags,
    "which key an alias stands for is known once CloudTrail has answered, and is noted on the \
     trail: else the next Update could not tell an alias that drifted",
);

/// A free name, in the management account.
fn made(then: &'static [(Operation, &'static str)]) -> impl FnOnce(&mut Least) {
    move |least| {
        least.call(DescribeOrganization, ORGANIZATION);
        let is_free = least.call(GetTrail, NAME);
        let steps = [&[CREATE], then].concat();
        changes(least, &[is_free], NOT_IN_VAIN, &steps);
    }
}

/// The same with a role, without which there is no other call.
fn made_with_a_role(least: &mut Least) {
    const WAITS: &str = "every call is signed with the role's credentials";
    let role = least.call(AssumeRole, "the function calls with a role");
    least.then(&[role], WAITS, DescribeOrganization, ORGANIZATION);
    let is_free = least.then(&[role], WAITS, GetTrail, NAME);
    changes(least, &[is_free], NOT_IN_VAIN, &[CREATE, START]);
}

/// How a delegated administrator looks whether the name is free.
fn name_as_delegated(least: &mut Least) -> Answer {
    let organization = least.call(DescribeOrganization, ORGANIZATION);
    least.call(
        GetTrail,
        "usually the function calls as the management account, and whether it does is not known \
         yet: to wait for that would cost every other function a round trip",
    );
    least.then(
        &[organization],
        "a delegated administrator sees the organization's trail by its ARN only, which has the \
         management account's id in it",
        GetTrail,
        NAME,
    )
}

fn made_as_delegated(least: &mut Least) {
    let is_free = name_as_delegated(least);
    changes(least, &[is_free], NOT_IN_VAIN, &[CREATE, START]);
}

const ONLY_IF_THERE: &str = "usually the name is free, and then there is nothing to read; where it is not, whose the trail \
     is and what differs is asked at once";

/// A name that is taken, and what is done about it.
fn taken(then: &'static [(Operation, &'static str)]) -> impl FnOnce(&mut Least) {
    move |least| {
        least.call(DescribeOrganization, ORGANIZATION);
        let is_there = least.call(GetTrail, NAME);
        let read = rest(least, &[is_there], ONLY_IF_THERE);
        changes(least, &read, MARK, then);
    }
}

/// Creates.
pub fn creates() -> Vec<Case> {
    let create = |name, world, properties| Flow::create(name, OrgTrail, world, properties);
    let with_selectors = trail_properties(json!({
        "EventSelectors": [{ "ReadWriteType": "WriteOnly" }],
        "InsightSelectors": [{ "InsightType": "ApiCallRateInsight" }],
    }));
    vec![
        Case::new(create("the name is free", plain(), base()), made(&[START])),
        Case::new(
            create(
                "the name is free, with selectors and insights",
                plain(),
                with_selectors,
            ),
            made(&[SELECTORS, INSIGHTS, START]),
        ),
        Case::new(
            create("the name is free, with everything", plain(), everything()),
            made(&[SELECTORS, INSIGHTS, AGGREGATION, START, NOTE]),
        ),
        Case::new(
            create("the name is free, with a role", plain(), base()).with_roles(),
            made_with_a_role,
        ),
        Case::new(
            create(
                "the name is free, as delegated administrator",
                delegated(plain()),
                base(),
            ),
            made_as_delegated,
        ),
        Case::new(
            create("delivered again", plain(), everything()).after_create(everything()),
            taken(&[]),
        ),
        Case::new(
            create(
                "delivered again, as delegated administrator",
                delegated(plain()),
                base(),
            )
            .after_create(base()),
            |least| {
                let is_there = name_as_delegated(least);
                rest(least, &[is_there], ONLY_IF_THERE);
            },
        ),
        Case::new(
            create(
                "the name is taken: `Fail`",
                plain().with_trail(somebody_elses()),
                base(),
            ),
            taken(&[]),
        )
        .refused(),
        Case::new(
            create(
                "the name is taken: `Adopt`",
                plain().with_trail(nobodys()),
                adopting(base()),
            ),
            taken(&[(
                AddTags,
                "the trail says that it is the resource's, and adopted",
            )]),
        ),
    ]
}

const DIFFERS: &str = "what differs and whose the trail is, the reads say";
const UPDATE: (Operation, &str) = (UpdateTrail, "settings differ");

/// An Update in place.
fn updated(then: &'static [(Operation, &'static str)]) -> impl FnOnce(&mut Least) {
    move |least| {
        let read = all_of_it(least);
        changes(least, &read, DIFFERS, then);
    }
}

/// In the rollback of a rename: the trail is as it should be, and what the failed Update made under
/// the new name goes.
fn rolled_back(least: &mut Least) {
    let read = all_of_it(least);
    let waits = "the resource's own trail comes first, and a mark is read right before it is acted \
                 on";
    let start = least.then(
        &read,
        waits,
        GetTrailStatus,
        "what has logged for longer than the Update may have taken is an audit record, and stays",
    );
    let tags = least.then(&read, waits, ListTags, MARK);
    changes(
        least,
        &[start, tags],
        MARK,
        &[(
            DeleteTrail,
            "the failed Update made it, and no Delete will ever name it",
        )],
    );
}

/// Another name, as delegated administrator.
fn renamed_as_delegated(least: &mut Least) {
    least.call(DescribeOrganization, ORGANIZATION);
    let is_free = least.call(
        GetTrail,
        "is the name free? the management account's id is in the ARN of the trail so far",
    );
    changes(least, &[is_free], NOT_IN_VAIN, &[CREATE, START]);
}

/// Updates.
pub fn updates() -> Vec<Case> {
    let update = |name, world: World, old: Value, new: Value| {
        Flow::update(name, OrgTrail, world, TRAIL_ARN, [old, new])
    };
    let made_before =
        |name, old: Value, new: Value| update(name, plain(), old.clone(), new).after_create(old);
    let delegated_before =
        |name, new: Value| update(name, delegated(plain()), base(), new).after_create(base());
    let one = trail_properties(json!({ "EnableLogFileValidation": false }));
    let silent = trail_properties(json!({ "IsLogging": false }));
    let several = trail_properties(json!({
        "S3KeyPrefix": "organization",
        "EventSelectors": [{ "ReadWriteType": "WriteOnly" }],
        "InsightSelectors": [{ "InsightType": "ApiCallRateInsight" }],
        "Tags": [{ "Key": "team", "Value": "security" }],
    }));
    let both = plain().with_trail(Trail {
        name: "renamed".to_owned(),
        start_logging_time: None,
        ..ours()
    });
    let rollback = Flow::update(
        "back to the old name, in the rollback of a rename",
        OrgTrail,
        both.with_trail(ours()),
        TRAIL_ARN,
        [renamed(), base()],
    );
    let invented = Flow::update(
        "an id that CloudFormation made up",
        OrgTrail,
        plain(),
        INVENTED,
        [base(), base()],
    );
    vec![
        Case::new(
            made_before("nothing changed", everything(), everything()),
            updated(&[]),
        ),
        Case::new(
            delegated_before("nothing changed, as delegated administrator", base()),
            updated(&[]),
        ),
        Case::new(
            made_before("of one setting", base(), one),
            updated(&[UPDATE]),
        ),
        Case::new(
            made_before("stops logging", base(), silent),
            updated(&[(StopLogging, "`IsLogging` is `false`")]),
        ),
        Case::new(
            made_before("of settings, selectors, insights and tags", base(), several),
            updated(&[UPDATE, SELECTORS, INSIGHTS, (AddTags, "the tags differ")]),
        ),
        Case::new(
            made_before("to a new name", base(), renamed()),
            made(&[START]),
        ),
        Case::new(
            delegated_before("to a new name, as delegated administrator", renamed()),
            renamed_as_delegated,
        ),
        Case::new(
            update("the trail is gone", plain(), base(), base()),
            updated(&[CREATE, START]),
        ),
        Case::new(
            update(
                "the trail is another owner's now",
                plain().with_trail(somebody_elses()),
                base(),
                base(),
            ),
            updated(&[]),
        )
        .refused(),
        Case::new(rollback, rolled_back),
        Case::new(invented.after_create(base()), taken(&[])),
    ]
}

/// A Delete by ARN, and what comes of it.
fn by_arn(then: &'static [(Operation, &'static str)]) -> impl FnOnce(&mut Least) {
    move |least| {
        let mark = least.call(ListTags, MARK);
        changes(least, &[mark], MARK, then);
    }
}

const DELETE: (Operation, &str) = (DeleteTrail, "the resource made it");

/// A Delete by an id that says nothing, as delegated administrator.
fn by_name_as_delegated(least: &mut Least) {
    let is_not_own = least.call(
        ListTags,
        "usually the function calls as the management account, whose trail it then is",
    );
    let organization = least.then(
        &[is_not_own],
        "usually the trail has been found by then",
        DescribeOrganization,
        "the trail of a delegated administrator bears the management account's id",
    );
    let mark = least.then(
        &[organization],
        "the ARN has the management account's id in it",
        ListTags,
        MARK,
    );
    changes(least, &[mark], MARK, &[DELETE]);
}

/// Deletes.
pub fn deletes() -> Vec<Case> {
    let of = |name, world: World, id: &str| Flow::delete(name, OrgTrail, world, id, base());
    let with = |trail: Trail| plain().with_trail(trail);
    vec![
        Case::new(
            of("its own", plain(), TRAIL_ARN).after_create(base()),
            by_arn(&[DELETE]),
        ),
        Case::new(
            of(
                "its own, as delegated administrator",
                delegated(plain()),
                TRAIL_ARN,
            )
            .after_create(base()),
            by_arn(&[DELETE]),
        ),
        Case::new(
            of("what it adopted", with(adopted()), TRAIL_ARN),
            by_arn(&[(RemoveTags, "the trail stays and is nobody's again")]),
        ),
        Case::new(
            of("another owner's", with(somebody_elses()), TRAIL_ARN),
            by_arn(&[]),
        ),
        Case::new(of("it is gone", plain(), RENAMED_ARN), by_arn(&[])),
        Case::without_calls(of("what was never made", plain(), SENTINEL)),
        Case::new(
            of("an id that CloudFormation made up", plain(), INVENTED).after_create(base()),
            by_arn(&[DELETE]),
        ),
        Case::new(
            of(
                "an id that CloudFormation made up, as delegated administrator",
                delegated(plain()),
                INVENTED,
            )
            .after_create(base()),
            by_name_as_delegated,
        ),
        Case::new(
            of(
                "an id that CloudFormation made up, the name is another owner's",
                with(somebody_elses()),
                INVENTED,
            ),
            by_arn(&[]),
        ),
    ]
}
