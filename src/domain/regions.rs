//! AWS's partitions: parts of AWS that know nothing of one another, each with names of its own.
//!
//! Sources: `partitions.json` of botocore 1.43 for the prefixes, and its `endpoints.json`, service
//! `cloudtrail`, for the Regions. Whether a Region exists is for AWS to say,
//! and a new one belongs to the partition that its name says.

use super::names::Region;

/// A partition.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// As ARNs have it.
    pub name: &'static str,
    /// What the codes of its Regions begin with.
    prefix: &'static str,
    /// The Regions with CloudTrail, as far as they are known. Needed for one question only: whether an
    /// organization event data store exists anywhere, which CloudTrail answers for one Region at a
    /// time, and no API that the function may call lists Regions.
    pub regions: &'static [&'static str],
}

impl Partition {
    /// The partition of a Region.
    pub fn of(region: &Region) -> &'static Self {
        let is_of = |other: &&Self| region.as_str().starts_with(other.prefix);
        OTHERS.iter().find(is_of).unwrap_or(&AWS)
    }
}

/// The commercial one.
static AWS: Partition = Partition {
    name: "aws",
    prefix: "",
    regions: &[
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
};

/// All others.
static OTHERS: [Partition; 7] = [
    Partition {
        name: "aws-cn",
        prefix: "cn-",
        regions: &["cn-north-1", "cn-northwest-1"],
    },
    Partition {
        name: "aws-us-gov",
        prefix: "us-gov-",
        regions: &["us-gov-east-1", "us-gov-west-1"],
    },
    Partition {
        name: "aws-iso",
        prefix: "us-iso-",
        regions: &["us-iso-east-1", "us-iso-west-1"],
    },
    Partition {
        name: "aws-iso-b",
        prefix: "us-isob-",
        regions: &["us-isob-east-1", "us-isob-west-1"],
    },
    Partition {
        name: "aws-iso-e",
        prefix: "eu-isoe-",
        regions: &["eu-isoe-west-1"],
    },
    Partition {
        name: "aws-iso-f",
        prefix: "us-isof-",
        regions: &["us-isof-east-1", "us-isof-south-1"],
    },
    Partition {
        name: "aws-eusc",
        prefix: "eusc-",
        regions: &["eusc-de-east-1"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(region: &str) -> &'static Partition {
        Partition::of(&Region::parse(region).expect("a Region code"))
    }

    #[test]
    fn every_region_is_in_the_partition_that_its_name_says() {
        for partition in OTHERS.iter().chain([&AWS]) {
            let regions = partition.regions;
            assert!(!regions.is_empty(), "{partition:?}");
            for region in regions {
                assert_eq!(of(region), partition, "{region}");
            }
        }
    }

    #[test]
    fn a_region_that_nobody_knows_yet_has_a_partition() {
        for (region, partition) in [
            ("eu-west-9", "aws"),
            ("us-isolated-1", "aws"),
            ("cn-west-1", "aws-cn"),
            ("us-gov-north-1", "aws-us-gov"),
            ("us-isob-west-7", "aws-iso-b"),
            ("eusc-fr-west-1", "aws-eusc"),
        ] {
            assert_eq!(of(region).name, partition, "{region}");
        }
    }
}
