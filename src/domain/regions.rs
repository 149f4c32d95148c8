//! The partitions of AWS and their Regions.
//!
//! Sources: `partitions.json` of botocore 1.43 for the prefixes, and its `endpoints.json`, service
//! `cloudtrail`, for the Regions. A Region that is not listed belongs to the partition of its prefix.

use super::names::Region;

/// A partition.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// The name in ARNs.
    pub name: &'static str,
    /// The prefix of its Region codes.
    prefix: &'static str,
    /// The known Regions with CloudTrail. Used only to search for organization event data stores:
    /// CloudTrail lists those of one Region, and no API that the function may call lists Regions; and
    /// to recognize a Region that may not exist.
    pub regions: &'static [&'static str],
}

impl Partition {
    /// The partition of a Region.
    pub fn of(region: &Region) -> &'static Self {
        let is_of = |other: &&Self| region.as_str().starts_with(other.prefix);
        OTHERS.iter().find(is_of).unwrap_or(&AWS)
    }

    /// True if a Region is one of those that are listed. A newer one is not.
    pub fn knows(region: &Region) -> bool {
        Self::of(region).regions.contains(&region.as_str())
    }

    const fn new(
        name: &'static str,
        prefix: &'static str,
        regions: &'static [&'static str],
    ) -> Self {
        Self { name, prefix, regions }
    }
}

#[rustfmt::skip]
static AWS: Partition = Partition::new("aws", "", &[
    "af-south-1",
    "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
    "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
    "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
    "ca-central-1", "ca-west-1",
    "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2",
    "eu-west-1", "eu-west-2", "eu-west-3",
    "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1",
    "us-east-1", "us-east-2", "us-west-1", "us-west-2",
]);

#[rustfmt::skip]
static OTHERS: [Partition; 7] = [
    Partition::new("aws-cn", "cn-", &["cn-north-1", "cn-northwest-1"]),
    Partition::new("aws-us-gov", "us-gov-", &["us-gov-east-1", "us-gov-west-1"]),
    Partition::new("aws-iso", "us-iso-", &["us-iso-east-1", "us-iso-west-1"]),
    Partition::new("aws-iso-b", "us-isob-", &["us-isob-east-1", "us-isob-west-1"]),
    Partition::new("aws-iso-e", "eu-isoe-", &["eu-isoe-west-1"]),
    Partition::new("aws-iso-f", "us-isof-", &["us-isof-east-1", "us-isof-south-1"]),
    Partition::new("aws-eusc", "eusc-", &["eusc-de-east-1"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(region: &str) -> &'static Partition {
        Partition::of(&region.parse::<Region>().expect("a Region code"))
    }

    #[test]
    fn listed_regions_match_their_partition() {
        for partition in OTHERS.iter().chain([&AWS]) {
            assert!(!partition.regions.is_empty(), "{partition:?}");
            for region in partition.regions {
                assert_eq!(of(region), partition, "{region}");
            }
        }
    }

    #[test]
    fn unlisted_regions_have_a_partition() {
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
