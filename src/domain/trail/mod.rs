//! An organization trail: what is wanted of it, what is seen of it, and the steps between.
//!
//! [`settings`] is the vocabulary, [`plan`] the decisions, [`step`] what a decision is made of.

pub mod plan;
pub mod settings;
pub mod step;

use std::collections::BTreeSet;

use super::names::{Region, TrailArn, TrailName};
use super::owner::Tags;
use super::timestamp::Timestamp;
use settings::{Recording, Settings};

/// What a stack wants of its trail. Nothing here means "default": properties were read into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredTrail {
    /// With the home Region, the trail's identity.
    pub name: TrailName,
    /// Where the trail is created and changed.
    pub home_region: Region,
    /// What CreateTrail and UpdateTrail set.
    pub settings: Settings,
    /// What is recorded, and whether.
    pub recording: Recording,
    /// The template's tags.
    pub tags: Tags,
    /// Keys of tags that the template had before and has no longer.
    pub dropped_tags: BTreeSet<String>,
    /// What to do about a trail of this name that is not ours.
    pub existing: ExistingTrail,
}

/// What Create does where the name is taken by a trail that this resource does not own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExistingTrail {
    /// Leave it alone and fail.
    Fail,
    /// Take it over; it will be released, never deleted.
    Adopt,
}

/// What CloudTrail says of a trail, all of it, and what is known beyond its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedTrail {
    /// As CloudTrail returned it: the physical id.
    pub arn: TrailArn,
    /// What GetTrail answers. The KMS key is an ARN here, and the topic too.
    pub settings: Settings,
    /// What is recorded, and whether.
    pub recording: Recording,
    /// All tags, anybody's.
    pub tags: Tags,
    /// The name that is known to have led to the KMS key: the alias that the note on the trail
    /// remembers ([`super::owner::kms_alias_tag`]), or what was just given to CloudTrail.
    pub kms_alias: Option<String>,
    /// When the trail last began to log; `None` if it never has.
    pub started_logging: Option<Timestamp>,
}
