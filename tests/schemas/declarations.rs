//! The declarations of properties are sound in what the compiler cannot check.

use orgtrail::cfn::properties::declaration::{
    Condition, ObjectShape, Presence, Relation, Rule, Shape,
};
use orgtrail::domain::string_rule::{StringRule, check};
use orgtrail::resource::ResourceType;

/// The shape of a property, if the object has it.
fn shape(object: &ObjectShape, name: &str) -> Option<Shape> {
    object.properties.iter().find(|property| property.name == name).map(|property| property.shape)
}

/// Checks an object and those in it. A pattern that is not valid panics.
fn assert_sound(object: &ObjectShape) {
    let shape_of =
        |name: &str| shape(object, name).unwrap_or_else(|| panic!("{} has no {name}", object.name));
    for property in object.properties {
        let default = match property.presence {
            Presence::Default(default) => Some(default),
            Presence::Required | Presence::Optional => None,
        };
        assert_sound_shape(&property.shape, default);
        for rule in property.rules {
            match rule {
                Rule::Strings(rules) => assert_sound_strings(rules, default),
                Rule::Unique(key) => {
                    let Shape::List(Shape::Object(entry)) = property.shape else {
                        panic!("{} is not a list of objects", property.name);
                    };
                    assert!(entry.properties.iter().any(|property| property.name == *key));
                }
                _ => {}
            }
        }
    }
    for relation in object.relations {
        match relation {
            Relation::Excludes(one, other) | Relation::Needs(one, other) => {
                let _ = (shape_of(one), shape_of(other));
            }
            Relation::When(condition, then, name, _) => {
                assert_sound_condition(condition, object);
                assert_sound_condition(then, object);
                let _ = name.map(shape_of);
            }
            Relation::StringsWhen(condition, list, rules) => {
                assert_sound_condition(condition, object);
                assert!(matches!(shape_of(list), Shape::List(Shape::String(_))), "{list}");
                assert_sound_strings(rules, None);
            }
        }
    }
}

fn assert_sound_condition(condition: &Condition, object: &ObjectShape) {
    let shape = |name: &str| shape(object, name);
    match condition {
        Condition::Always => {}
        Condition::IsFalse(name) => assert!(matches!(shape(name), Some(Shape::Boolean)), "{name}"),
        Condition::Is(name, _) => assert!(matches!(shape(name), Some(Shape::String(_))), "{name}"),
        Condition::IsGiven(name) => assert!(shape(name).is_some(), "{name}"),
        Condition::Contains(list, _) => {
            assert!(matches!(shape(list), Some(Shape::List(Shape::String(_)))), "{list}");
        }
        Condition::HasEntries(list) => {
            assert!(matches!(shape(list), Some(Shape::List(_))), "{list}");
        }
        Condition::AnyEntry(list, condition) => match shape(list) {
            Some(Shape::List(Shape::Object(entry))) => assert_sound_condition(condition, entry),
            _ => panic!("{list} is not a list of objects"),
        },
        Condition::Not(condition) => assert_sound_condition(condition, object),
        Condition::AnyOf(conditions) | Condition::AllOf(conditions) => {
            for condition in *conditions {
                assert_sound_condition(condition, object);
            }
        }
    }
}

fn assert_sound_shape(shape: &Shape, default: Option<&str>) {
    match shape {
        Shape::Boolean => {
            assert!(default.is_none_or(|default| ["true", "false"].contains(&default)));
        }
        Shape::Integer(min, max) => {
            let default = default.map(|default| default.parse().expect("an integer"));
            assert!(min < max && default.is_none_or(|default| (*min..=*max).contains(&default)));
        }
        Shape::String(rules) => assert_sound_strings(rules, default),
        Shape::List(entry) => assert_sound_shape(entry, None),
        Shape::Object(object) => assert_sound(object),
        Shape::StringOrList(rules, entry) => {
            assert_sound_strings(rules, default);
            assert_sound_shape(entry, None);
        }
    }
}

fn assert_sound_strings(rules: &[StringRule], default: Option<&str>) {
    for rule in rules {
        // Compiles a pattern.
        let _ = check(&[*rule], "any");
        assert_eq!(default.map(|default| check(&[*rule], default)), default.map(|_| Ok(())));
    }
}

#[test]
fn the_declarations_are_sound() {
    for description in ResourceType::ALL.map(ResourceType::description) {
        assert_sound(&description.properties);
        for name in description.identifier {
            let mut properties = description.properties.properties.iter();
            let mut attributes = description.attributes.iter();
            assert!(
                properties.any(|property| property.name == *name)
                    || attributes.any(|(attribute, _)| attribute == name),
                "{name}"
            );
        }
    }
}
