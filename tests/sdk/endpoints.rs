//! Where a request goes.

use orgtrail::aws::endpoint::Endpoints;
use orgtrail::aws::environment::Configuration;
use orgtrail::core::operation::Service;
use orgtrail::core::partition::Partition;
use orgtrail::core::trail::step::TrailStep;

use crate::calls::Call;
use crate::oracle::Sdk;
use crate::ours::Function;
use crate::samples::reply;
use crate::scene::{configuration, region, role};
use crate::signatures::scope;
use crate::wire::{Wire, operation};

/// One Region of each partition, and some that nobody knows. Where more would be, in Europe's own
/// partition and in GovCloud, the SDK guesses less: it knows the names of the Regions that are.
const REGIONS: [&str; 12] = [
    "us-east-1",
    "cn-north-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "eu-isoe-west-1",
    "us-isof-south-1",
    "eusc-de-east-1",
    "eu-west-9",
    "us-isolated-1",
    "cn-west-1",
    "us-isob-west-7",
];

/// Where a request for each service goes: URL and Region of the signature.
type Places = Vec<(Service, String, String)>;

fn places(wire: &Wire) -> Places {
    let sent = wire.sent();
    let places = sent.iter().map(|request| {
        let [region, _] = scope(request);
        let service = operation(request).service();
        (service, request.uri().to_string(), region.to_owned())
    });
    places.collect()
}

/// Where both call each service.
fn called(code: &str, endpoints: &Endpoints) -> [Places; 2] {
    let configuration = Configuration {
        region: Some(region(code)),
        endpoints: endpoints.clone(),
        ..configuration()
    };
    let [ours, theirs] = [Wire::new(reply), Wire::new(reply)];
    let calls = [Call::Step(TrailStep::StartLogging), Call::Organization];
    let function = Function::new(&configuration, &ours);
    let sdk = Sdk::new(&configuration, &theirs);
    for call in &calls {
        let made = [function.make(call), sdk.make(call)];
        let [ours, theirs] = made.map(|made| made.is_ok());
        assert_eq!(ours, theirs, "{code}, {endpoints:?}, {call:?}");
    }
    let session = function.assuming(&role(None)).make(&calls[1]);
    let theirs_session = sdk.assume(&role(None));
    assert_eq!(
        session.is_ok(),
        theirs_session.is_ok(),
        "{code}, {endpoints:?}"
    );
    let mut ours = places(&ours);
    // What the session was begun for.
    ours.truncate(3);
    [ours, places(&theirs)]
}

fn switched(fips: bool, dual_stack: bool) -> Endpoints {
    Endpoints {
        fips,
        dual_stack,
        ..Endpoints::default()
    }
}

#[test]
fn every_region_of_every_partition_is_called_where_the_sdk_calls_it() {
    for of_partition in REGIONS {
        let known = Partition::of(&region(of_partition)).regions.iter().copied();
        for code in known.chain([of_partition]) {
            for (fips, dual_stack) in [(false, false), (true, false), (false, true), (true, true)] {
                let [ours, theirs] = called(code, &switched(fips, dual_stack));
                assert_eq!(ours.len(), 3);
                assert_eq!(ours, theirs);
            }
        }
    }
}

#[test]
fn an_endpoint_of_the_environment_is_called_by_both() {
    for url in [
        "http://127.0.0.1:4566",
        "https://vpce.example/",
        "https://vpce.example/a/path/",
        "https://x:443",
    ] {
        for code in REGIONS {
            let endpoints = Endpoints {
                of_all: Some(url.to_owned()),
                ..Endpoints::default()
            };
            let [ours, mut theirs] = called(code, &endpoints);
            // Organizations takes no signature but for its own Region in a partition. The SDK signs
            // for the function's once there is an endpoint, and is refused.
            for (service, _, signed) in &mut theirs {
                if *service == Service::Organizations {
                    assert_eq!(signed, code);
                    *signed = Partition::of(&region(code)).global_region.to_owned();
                }
            }
            assert_eq!(ours.len(), 3);
            assert_eq!(ours, theirs);
        }
    }
}

#[test]
fn an_endpoint_of_the_environment_is_none_of_awss_kinds() {
    for (fips, dual_stack) in [(true, false), (false, true), (true, true)] {
        let endpoints = Endpoints {
            of_all: Some("https://mine".to_owned()),
            ..switched(fips, dual_stack)
        };
        for code in REGIONS {
            assert_eq!(called(code, &endpoints), [vec![], vec![]]);
        }
    }
}
