//! Names and IDs: a parsed value prints as the input, and no string is an ID of two kinds.

use orgtrail::cfn::response::is_not_created;
use orgtrail::domain::delegated_administrator::DelegatedAdministratorId;
use orgtrail::domain::delivery;
use orgtrail::domain::names::{AccountId, Region, ServicePrincipal, TrailArn, TrailName};
use orgtrail::domain::owner::{self, Owner, Ownership, Tags};
use orgtrail::domain::regions::Partition;
use orgtrail::domain::trusted_access::TrustedAccessId;

/// Takes a string for each kind of name, and its two halves (around the first line end) for a stack
/// and a resource, or an alias and a key.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    names(text);
    physical_ids(text);
    let (one, other) = text.split_once('\n').unwrap_or((text, ""));
    ownership(one, other);
    aliases(one, other);
}

fn names(text: &str) {
    if let Ok(name) = text.parse::<TrailName>() {
        assert_eq!((name.as_str(), name.to_string().as_str()), (text, text));
        assert!((3..=128).contains(&text.len()) && text.is_ascii());
    }
    if let Ok(region) = text.parse::<Region>() {
        assert_eq!((region.as_str(), region.to_string().as_str()), (text, text));
        assert!(Partition::of(&region).name.starts_with("aws"));
    }
    if let Ok(service) = text.parse::<ServicePrincipal>() {
        assert_eq!(service.into_string(), text);
        // It becomes a part of physical IDs, in which '/' is the separator.
        assert!(!text.contains('/') && !text.is_empty());
    }
    if let Ok(account) = text.parse::<AccountId>() {
        assert_eq!(account.to_string(), text);
    }
    if let Some(account) = AccountId::of_arn(text) {
        assert!(text.contains(&format!(":{account}")));
    }
}

fn physical_ids(text: &str) {
    let trail = text.parse::<TrailArn>().ok().map(|arn| {
        assert_eq!(AccountId::of_arn(text), Some(arn.account()));
        assert_eq!(delivery::trail_of_id(&delivery::physical_id(&arn)).as_ref(), Some(&arn));
        arn.to_string()
    });
    let gate = delivery::trail_of_id(text).map(|arn| delivery::physical_id(&arn));
    let trusted_access = TrustedAccessId::parse(text).map(|id| id.to_string());
    let administrator = DelegatedAdministratorId::parse(text).map(|id| id.to_string());
    let sentinel = is_not_created(text).then(|| text.to_owned());
    let printed: Vec<String> =
        [trail, gate, trusted_access, administrator, sentinel].into_iter().flatten().collect();
    assert!(printed.len() <= 1, "an ID of two kinds: {printed:?}");
    assert!(printed.iter().all(|printed| printed == text), "{printed:?}");
}

/// An owner recognizes its own tags, and no other owner does.
fn ownership(stack_id: &str, logical_id: &str) {
    let owner = Owner::new(stack_id, logical_id);
    let tags = owner.tags();
    assert!(tags.keys().all(|key| owner::is_our_tag(key)));
    assert!(tags.values().all(|value| value.chars().count() <= 256));
    assert_eq!(owner.ownership_of(&tags), Ownership::Ours { adopted: false });
    let adopted = owner.tags_of_adopted();
    assert_eq!(owner.ownership_of(&adopted), Ownership::Ours { adopted: true });
    // IDs longer than CloudFormation's are cut to the length of a tag.
    if stack_id.len() < 250 && logical_id.len() < 250 {
        for other in [
            Owner::new(&format!("{stack_id}x"), logical_id),
            Owner::new(stack_id, &format!("{logical_id}x")),
        ] {
            let read = other.ownership_of(&tags);
            assert!(matches!(read, Ownership::Others { .. }), "{read:?}");
        }
    }
}

/// The tag of an alias is parsed to the same alias and key.
fn aliases(alias: &str, key: &str) {
    let key = format!("arn:aws:kms:eu-west-1:222222222222:key/{key}");
    if let Some(note) = owner::kms_alias_tag(alias, &key) {
        let tags = Tags::from([note]);
        assert_eq!(owner::kms_alias(&tags, &format!("{key}0")), None);
        // The ID of a key contains no '=', because the tag uses it as the separator.
        if !key.contains('=') {
            assert_eq!(owner::kms_alias(&tags, &key), Some(alias));
        }
    }
}
