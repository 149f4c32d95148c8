//! Where a service is called, and for which Region a call to it is signed.
//!
//! The rules are those of the services' endpoint rule sets, as AWS's SDKs have them;
//! `tests/sdk` compares the two for every Region that is known.

use crate::core::arn::Region;
use crate::core::operation::Service;
use crate::core::partition::Partition;

/// What the environment says of endpoints.
#[derive(Debug, Clone, Default)]
pub struct Endpoints {
    /// The endpoint of every service that is not in `of_services`.
    pub of_all: Option<String>,
    /// Endpoints of single services.
    pub of_services: Vec<(Service, String)>,
    /// Those whose cryptography is validated by FIPS 140.
    pub fips: bool,
    /// Those that have addresses of IPv6 as well.
    pub dual_stack: bool,
}

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Scheme and host, perhaps a path, without a slash at its end.
    pub(super) url: String,
    /// The Region that its signatures are for.
    pub(super) region: Region,
}

impl Endpoints {
    /// The endpoint that is used for a service in a Region.
    ///
    /// # Errors
    /// When the environment asks for what excludes one another, as a sentence's end.
    pub(super) fn find(&self, service: Service, region: &Region) -> Result<Endpoint, String> {
        let partition = Partition::of(region);
        // Organizations has one Region in each partition, and takes no signature for another.
        let region = match service {
            Service::Organizations => Region::parse(partition.global_region)
                .map_err(|problem| format!("{}: {problem}", partition.global_region))?,
            Service::CloudTrail | Service::S3 | Service::Sts => region.clone(),
        };
        let url = match self.given(service)? {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("https://{}", self.host(service, &region, partition)),
        };
        Ok(Endpoint { url, region })
    }

    /// Where a bucket is: its own host, as S3 wants it, unless a certificate for `*.s3...` does not
    /// hold for it or the environment names another endpoint (S3 user guide, "Virtual hosting of
    /// buckets").
    ///
    /// # Errors
    /// As [`Self::find`].
    pub(super) fn of_bucket(&self, bucket: &str, region: &Region) -> Result<Endpoint, String> {
        let is_label = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        let host = || self.host(Service::S3, region, Partition::of(region));
        let url = match self.given(Service::S3)? {
            Some(url) => format!("{}/{bucket}", url.trim_end_matches('/')),
            None if bucket.bytes().all(is_label) => format!("https://{bucket}.{}/", host()),
            None => format!("https://{}/{bucket}", host()),
        };
        Ok(Endpoint {
            url,
            region: region.clone(),
        })
    }

    fn given(&self, service: Service) -> Result<Option<&str>, String> {
        let of_service = self.of_services.iter().find(|(of, _)| *of == service);
        let given = of_service.map(|(_, url)| url).or(self.of_all.as_ref());
        match given {
            Some(url) if self.fips || self.dual_stack => Err(format!(
                "the environment names an endpoint, {url}, and asks for FIPS or dual-stack endpoints \
                 as well, which are AWS's own; unset AWS_ENDPOINT_URL and its like, or \
                 AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT"
            )),
            given => Ok(given.map(String::as_str)),
        }
    }

    fn host(&self, service: Service, region: &Region, partition: &Partition) -> String {
        let name = service.name();
        let fips = if self.fips && !is_always_fips(service, partition, self.dual_stack) {
            "-fips"
        } else {
            ""
        };
        match (service, self.dual_stack) {
            // S3 has said it in its own way for longer than there is a suffix for it.
            (Service::S3, true) => {
                format!("s3{fips}.dualstack.{region}.{}", partition.dns_suffix)
            }
            (_, true) => format!("{name}{fips}.{region}.{}", partition.dual_stack_suffix),
            (_, false) => format!("{name}{fips}.{region}.{}", partition.dns_suffix),
        }
    }
}

/// In GovCloud the usual hosts are those of FIPS, and some have no other name.
fn is_always_fips(service: Service, partition: &Partition, dual_stack: bool) -> bool {
    partition.name == "aws-us-gov"
        && match service {
            Service::Organizations => true,
            Service::CloudTrail | Service::Sts => !dual_stack,
            Service::S3 => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(code: &str) -> Region {
        Region::parse(code).expect("a Region code")
    }

    fn of_bucket(endpoints: &Endpoints, bucket: &str, code: &str) -> String {
        let endpoint = endpoints.of_bucket(bucket, &region(code));
        endpoint.expect("an endpoint").url
    }

    #[test]
    fn a_bucket_has_a_host_of_its_own_where_a_certificate_can_hold_for_it() {
        let usual = Endpoints::default();
        for (code, url) in [
            ("us-east-1", "https://org-logs.s3.us-east-1.amazonaws.com/"),
            (
                "cn-north-1",
                "https://org-logs.s3.cn-north-1.amazonaws.com.cn/",
            ),
            (
                "us-gov-west-1",
                "https://org-logs.s3.us-gov-west-1.amazonaws.com/",
            ),
            (
                "eusc-de-east-1",
                "https://org-logs.s3.eusc-de-east-1.amazonaws.eu/",
            ),
        ] {
            assert_eq!(of_bucket(&usual, "org-logs", code), url);
        }
        for bucket in ["org.logs", "Org_Logs"] {
            let url = format!("https://s3.eu-west-1.amazonaws.com/{bucket}");
            assert_eq!(of_bucket(&usual, bucket, "eu-west-1"), url);
        }
        let special = Endpoints {
            fips: true,
            dual_stack: true,
            ..Endpoints::default()
        };
        assert_eq!(
            of_bucket(&special, "org-logs", "us-east-2"),
            "https://org-logs.s3-fips.dualstack.us-east-2.amazonaws.com/"
        );
    }

    #[test]
    fn an_endpoint_of_the_environment_is_taken_the_services_own_first() {
        let endpoints = Endpoints {
            of_all: Some("http://127.0.0.1:1".to_owned()),
            of_services: vec![(Service::S3, "http://127.0.0.1:2/".to_owned())],
            ..Endpoints::default()
        };
        let at = of_bucket(&endpoints, "org-logs", "eu-west-1");
        assert_eq!(at, "http://127.0.0.1:2/org-logs");
        let trails = endpoints.find(Service::CloudTrail, &region("eu-west-1"));
        let expected = Endpoint {
            url: "http://127.0.0.1:1".to_owned(),
            region: region("eu-west-1"),
        };
        assert_eq!(trails, Ok(expected));
    }

    #[test]
    fn a_signature_for_organizations_is_for_its_own_region_wherever_it_is_called() {
        let endpoints = Endpoints {
            of_all: Some("https://vpce-1.example".to_owned()),
            ..Endpoints::default()
        };
        for (code, signed) in [
            ("eu-west-1", "us-east-1"),
            ("us-gov-east-1", "us-gov-west-1"),
            ("cn-north-1", "cn-northwest-1"),
        ] {
            let endpoint = endpoints.find(Service::Organizations, &region(code));
            assert_eq!(endpoint.expect("an endpoint").region, region(signed));
        }
    }

    #[test]
    fn an_endpoint_of_ones_own_is_none_of_fips() {
        let endpoints = Endpoints {
            of_all: Some("https://mine".to_owned()),
            fips: true,
            ..Endpoints::default()
        };
        let problem = endpoints.find(Service::Sts, &region("eu-west-1"));
        let problem = problem.expect_err("not both");
        assert!(
            problem.contains("https://mine") && problem.contains("AWS_USE_FIPS_ENDPOINT"),
            "{problem}"
        );
    }
}
