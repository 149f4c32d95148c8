//! What Lambda's environment says of calls to AWS.
//!
//! The variables mean what they mean to every AWS SDK. What else those look at (profiles, containers,
//! instance metadata) a function does not have.

use std::time::SystemTime;

use super::clock::Clock;
use super::credentials::Credentials;
use super::endpoint::Endpoints;
use crate::Variable;
use crate::core::arn::Region;
use crate::core::operation::Service;

/// What calls are made with, unless a role is.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The function's own Region.
    pub region: Option<Region>,
    /// The credentials of the function's role. Lambda sets them once for the life of a process.
    pub credentials: Option<Credentials>,
    /// Where services are.
    pub endpoints: Endpoints,
    /// What time it is.
    pub clock: Clock,
}

impl Configuration {
    /// Reads the environment.
    ///
    /// Cannot fail: what is missing shows at the first call, which then says so to CloudFormation.
    pub fn from_environment(variable: Variable) -> Self {
        let given = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let is_true = |name| given(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let region = given("AWS_REGION").or_else(|| given("AWS_DEFAULT_REGION"));
        let ignored = is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
        let endpoint = |name: &str| given(name).filter(|_| !ignored);
        let of_service = |service: Service| {
            let name = service.name().to_uppercase();
            Some((service, endpoint(&format!("AWS_ENDPOINT_URL_{name}"))?))
        };
        Self {
            region: region.and_then(|code| Region::parse(&code).ok()),
            credentials: credentials(given),
            endpoints: Endpoints {
                of_all: endpoint("AWS_ENDPOINT_URL"),
                of_services: Service::ALL.into_iter().filter_map(of_service).collect(),
                fips: is_true("AWS_USE_FIPS_ENDPOINT"),
                dual_stack: is_true("AWS_USE_DUALSTACK_ENDPOINT"),
            },
            clock: Clock::new(SystemTime::now),
        }
    }
}

/// All of them or none.
fn credentials(given: impl Fn(&str) -> Option<String>) -> Option<Credentials> {
    Some(Credentials {
        key_id: given("AWS_ACCESS_KEY_ID")?,
        secret: given("AWS_SECRET_ACCESS_KEY")?,
        session_token: given("AWS_SESSION_TOKEN"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_given_for_all_services_and_for_one() {
        let endpoints = Configuration::from_environment(|name| match name {
            "AWS_ENDPOINT_URL" => Some("http://all".to_owned()),
            "AWS_ENDPOINT_URL_CLOUDTRAIL" => Some("http://trails".to_owned()),
            "AWS_ENDPOINT_URL_S3" => Some(" ".to_owned()),
            _ => None,
        })
        .endpoints;
        assert_eq!(endpoints.of_all.as_deref(), Some("http://all"));
        let of_service = (Service::CloudTrail, "http://trails".to_owned());
        assert_eq!(endpoints.of_services, [of_service]);
    }

    #[test]
    fn endpoints_are_ignored_where_the_environment_says_so() {
        let endpoints = Configuration::from_environment(|name| match name {
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" => Some("TRUE".to_owned()),
            name if name.starts_with("AWS_ENDPOINT_URL") => Some("http://x".to_owned()),
            _ => None,
        })
        .endpoints;
        assert_eq!((endpoints.of_all, endpoints.of_services), (None, vec![]));
    }

    #[test]
    fn the_region_and_the_kinds_of_endpoints_are_read() {
        let read = Configuration::from_environment(|name| match name {
            "AWS_REGION" => Some(String::new()),
            "AWS_DEFAULT_REGION" => Some("eu-west-1".to_owned()),
            "AWS_USE_FIPS_ENDPOINT" => Some("True".to_owned()),
            "AWS_USE_DUALSTACK_ENDPOINT" => Some("yes".to_owned()),
            _ => None,
        });
        assert_eq!(read.region, Region::parse("eu-west-1").ok());
        assert!(read.endpoints.fips && !read.endpoints.dual_stack);
        assert_eq!(Configuration::from_environment(|_| None).region, None);
    }

    #[test]
    fn credentials_are_whole_or_missing_and_never_printed() {
        let of = |variable| Configuration::from_environment(variable).credentials;
        let whole = of(|name| name.starts_with("AWS_").then(|| name.to_lowercase()));
        let expected = Credentials {
            key_id: "aws_access_key_id".to_owned(),
            secret: "aws_secret_access_key".to_owned(),
            session_token: Some("aws_session_token".to_owned()),
        };
        assert_eq!(format!("{whole:?}"), "Some(Credentials(redacted))");
        assert_eq!(whole, Some(expected));
        assert_eq!(
            of(|name| (name == "AWS_ACCESS_KEY_ID").then(String::new)),
            None
        );
    }
}
