//! The Regions that CloudTrail is offered in.
//!
//! Needed for one question only: whether an organization event data store exists anywhere, which
//! CloudTrail answers for one Region at a time. No AWS API that the function may call lists Regions.

/// The Regions of a partition, as far as they are known.
///
/// Source: `endpoints.json` of botocore 1.43, service `cloudtrail`.
pub fn of_partition(partition: &str) -> &'static [&'static str] {
    match partition {
        "aws" => &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
        "aws-cn" => &["cn-north-1", "cn-northwest-1"],
        "aws-us-gov" => &["us-gov-east-1", "us-gov-west-1"],
        "aws-iso" => &["us-iso-east-1", "us-iso-west-1"],
        "aws-iso-b" => &["us-isob-east-1", "us-isob-west-1"],
        "aws-iso-e" => &["eu-isoe-west-1"],
        "aws-iso-f" => &["us-isof-east-1", "us-isof-south-1"],
        "aws-eusc" => &["eusc-de-east-1"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::arn::{Region, partition_of};

    #[test]
    fn every_region_is_in_the_partition_that_its_name_says() {
        for partition in [
            "aws",
            "aws-cn",
            "aws-us-gov",
            "aws-iso",
            "aws-iso-b",
            "aws-iso-e",
            "aws-iso-f",
            "aws-eusc",
        ] {
            assert!(!of_partition(partition).is_empty());
            for region in of_partition(partition) {
                let region = Region::parse(region).expect("a Region code");
                assert_eq!(partition_of(&region), partition, "{region}");
            }
        }
    }
}
