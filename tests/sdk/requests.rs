//! What is sent.

use std::collections::BTreeSet;

use orgtrail::aws::role::Role;
use orgtrail::core::operation::{Operation, Service};
use orgtrail::core::owner::Tags;
use orgtrail::core::trail::settings::{
    AdvancedSelector, Aggregation, BasicSelector, CloudWatchLogs, Configuration, FieldSelector,
    Operator, Selectors,
};
use orgtrail::core::trail::step::{Change, TrailStep};
use orgtrail::transport::Request;
use proptest::collection::{btree_map, btree_set};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use crate::calls::{Call, full, looks, minimal, switches, texts};
use crate::oracle::Sdk;
use crate::ours::Function;
use crate::samples::reply;
use crate::scene::{configuration, role, text};
use crate::wire::{Wire, form, header, operation};

/// A request, as far as AWS can tell one from another.
#[derive(Debug, PartialEq)]
struct Asked {
    method: String,
    url: String,
    content_type: Option<String>,
    target: Option<String>,
    input: Input,
}

#[derive(Debug, PartialEq)]
enum Input {
    Json(Value),
    /// In which the order says nothing.
    Form(BTreeSet<(String, String)>),
}

impl Asked {
    fn by(request: &Request) -> Self {
        let input = match operation(request).service() {
            Service::Sts => Input::Form(form(request).into_iter().collect()),
            _ => Input::Json(serde_json::from_slice(request.body()).expect("JSON")),
        };
        let header = |name| header(request, name).map(str::to_owned);
        Self {
            method: request.method().to_string(),
            url: request.uri().to_string(),
            content_type: header("content-type"),
            target: header("x-amz-target"),
            input,
        }
    }
}

/// Makes a call with both and compares what is sent. Gives what it was that was asked for.
fn compare(call: &Call, role: Option<&Role>) -> BTreeSet<Operation> {
    let [ours, theirs] = [Wire::new(reply), Wire::new(reply)];
    let configuration = configuration();
    let function = Function::new(&configuration, &ours);
    let sdk = Sdk::new(&configuration, &theirs);
    let (function, sdk) = match role {
        Some(role) => (
            function.assuming(role),
            sdk.assuming(role).expect("a session"),
        ),
        None => (function, sdk),
    };
    for understood in [function.make(call), sdk.make(call)] {
        assert!(understood.is_ok(), "{call:?}: {understood:?}");
    }
    let asked = |wire: &Wire| -> Vec<Asked> { wire.sent().iter().map(Asked::by).collect() };
    assert_eq!(asked(&ours), asked(&theirs), "{call:?}");
    ours.sent().iter().map(operation).collect()
}

#[test]
fn every_operation_is_asked_for_as_the_sdk_asks_for_it() {
    let calls = looks().into_iter().chain(switches()).chain(examples());
    let mut compared: BTreeSet<_> = calls.flat_map(|call| compare(&call, None)).collect();
    for external_id in [None, Some("an id: +&=%/ü")] {
        compared.extend(compare(&Call::Organization, Some(&role(external_id))));
    }
    let all = Operation::ALL.iter().copied();
    // For listings there is no SDK here; `signatures` has them.
    let expected = all.filter(|operation| *operation != Operation::ListObjectsV2);
    assert_eq!(compared, expected.collect());
}

/// Every change with all that there is to say, and with as little as can be.
fn examples() -> impl Iterator<Item = Call> {
    let tags = Tags::from([("team".to_owned(), String::new())]);
    let create = |configuration, tags: &Tags| TrailStep::Create {
        configuration,
        tags: tags.clone(),
    };
    let all_of = |configuration: Configuration| Change {
        organization: Some(configuration.organization),
        bucket: Some(configuration.bucket),
        key_prefix: Some(configuration.key_prefix),
        kms_key: Some(configuration.kms_key),
        sns_topic: Some(configuration.sns_topic),
        cloud_watch_logs: Some(configuration.cloud_watch_logs),
        multi_region: Some(configuration.multi_region),
        global_service_events: Some(configuration.global_service_events),
        log_file_validation: Some(configuration.log_file_validation),
        recursive_logging: Some(configuration.recursive_logging),
    };
    let aggregation = Aggregation {
        event_category: "Data".to_owned(),
        templates: texts(&["API_ACTIVITY", "RESOURCE_ACCESS"]),
    };
    let insights = [
        ("Management", "ApiErrorRateInsight"),
        ("Data", "ApiErrorRateInsight"),
    ];
    let insights = insights.map(|(category, kind)| (category.to_owned(), kind.to_owned()));
    [
        create(full(), &tags),
        create(minimal(), &Tags::new()),
        TrailStep::Update(all_of(full())),
        // With every text cleared.
        TrailStep::Update(all_of(minimal())),
        TrailStep::Update(Change::default()),
        TrailStep::PutSelectors(Selectors::default()),
        TrailStep::PutSelectors(Selectors::Basic(BTreeSet::new())),
        TrailStep::PutSelectors(Selectors::Advanced(BTreeSet::new())),
        TrailStep::PutInsights(insights.into()),
        TrailStep::PutInsights(BTreeSet::new()),
        TrailStep::PutAggregation(Some(aggregation)),
        TrailStep::PutAggregation(None),
        TrailStep::Tag(tags),
        TrailStep::Tag(Tags::new()),
        TrailStep::Untag(BTreeSet::new()),
    ]
    .into_iter()
    .map(Call::Step)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_to_be_changed_the_sdk_would_say_so_too(steps in steps()) {
        for step in steps {
            compare(&Call::Step(step), None);
        }
    }
}

/// A change of each kind that has something to say.
fn steps() -> impl Strategy<Value = [TrailStep; 8]> {
    let basic = btree_set(basic_selector(), 0..4).prop_map(Selectors::Basic);
    let advanced = btree_set(advanced_selector(), 0..4).prop_map(Selectors::Advanced);
    let insights = btree_set((text(), text()), 0..4);
    let create = (given(), tags()).prop_map(|(configuration, tags)| TrailStep::Create {
        configuration,
        tags,
    });
    (
        create,
        change().prop_map(TrailStep::Update),
        basic.prop_map(TrailStep::PutSelectors),
        advanced.prop_map(TrailStep::PutSelectors),
        insights.prop_map(TrailStep::PutInsights),
        option::of(aggregation()).prop_map(TrailStep::PutAggregation),
        tags().prop_map(TrailStep::Tag),
        some_texts().prop_map(TrailStep::Untag),
    )
        .prop_map(<[TrailStep; 8]>::from)
}

fn some_texts() -> impl Strategy<Value = BTreeSet<String>> {
    btree_set(text(), 0..4)
}

fn tags() -> impl Strategy<Value = Tags> {
    btree_map(text(), text(), 0..4)
}

fn logs() -> impl Strategy<Value = CloudWatchLogs> {
    (text(), text()).prop_map(|(log_group_arn, role_arn)| CloudWatchLogs {
        log_group_arn,
        role_arn,
    })
}

fn given() -> impl Strategy<Value = Configuration> {
    let optional = || option::of(text());
    let texts = (text(), [optional(), optional(), optional()]);
    let switches = any::<[bool; 5]>();
    (texts, option::of(logs()), switches).prop_map(
        |((bucket, [key_prefix, kms_key, sns_topic]), cloud_watch_logs, switches)| {
            let [
                organization,
                multi_region,
                global_service_events,
                log_file_validation,
                recursive_logging,
            ] = switches;
            Configuration {
                organization,
                bucket,
                key_prefix,
                kms_key,
                sns_topic,
                cloud_watch_logs,
                multi_region,
                global_service_events,
                log_file_validation,
                recursive_logging,
            }
        },
    )
}

fn change() -> impl Strategy<Value = Change> {
    (given(), any::<[bool; 10]>()).prop_map(|(configuration, said)| {
        let Configuration {
            organization,
            bucket,
            key_prefix,
            kms_key,
            sns_topic,
            cloud_watch_logs,
            multi_region,
            global_service_events,
            log_file_validation,
            recursive_logging,
        } = configuration;
        Change {
            organization: said[0].then_some(organization),
            bucket: said[1].then_some(bucket),
            key_prefix: said[2].then_some(key_prefix),
            kms_key: said[3].then_some(kms_key),
            sns_topic: said[4].then_some(sns_topic),
            cloud_watch_logs: said[5].then_some(cloud_watch_logs),
            multi_region: said[6].then_some(multi_region),
            global_service_events: said[7].then_some(global_service_events),
            log_file_validation: said[8].then_some(log_file_validation),
            recursive_logging: said[9].then_some(recursive_logging),
        }
    })
}

fn basic_selector() -> impl Strategy<Value = BasicSelector> {
    let data_resources = btree_map(text(), some_texts(), 0..4);
    (text(), any::<bool>(), some_texts(), data_resources).prop_map(
        |(read_write_type, management_events, excluded_sources, data_resources)| BasicSelector {
            read_write_type,
            management_events,
            excluded_sources,
            data_resources,
        },
    )
}

fn advanced_selector() -> impl Strategy<Value = AdvancedSelector> {
    let operator = select(&[
        Operator::Equals,
        Operator::StartsWith,
        Operator::EndsWith,
        Operator::NotEquals,
        Operator::NotStartsWith,
        Operator::NotEndsWith,
    ]);
    let field = (text(), btree_map(operator, some_texts(), 0..4));
    let field = field.prop_map(|(field, conditions)| FieldSelector { field, conditions });
    (text(), btree_set(field, 0..4)).prop_map(|(name, fields)| AdvancedSelector { name, fields })
}

fn aggregation() -> impl Strategy<Value = Aggregation> {
    (text(), some_texts()).prop_map(|(event_category, templates)| Aggregation {
        event_category,
        templates,
    })
}
