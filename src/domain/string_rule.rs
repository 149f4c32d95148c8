//! Rules for strings, as data.
//!
//! [`super::names`] and the properties of the resource types declare them. [`check`] enforces them, and
//! `docs/generator` prints them into the schemas and the reference pages.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{LazyLock, Mutex, PoisonError};

use regex_lite::Regex;

/// A rule for a string. The regular expressions are valid in ECMA 262, Python and Rust.
#[derive(Debug, Clone, Copy)]
pub enum StringRule {
    /// The minimum and the maximum number of characters.
    Length(usize, usize),
    /// A regular expression that must match, and the rule in words.
    Pattern(&'static str, &'static str),
    /// A regular expression that must not match, and the rule in words.
    NotPattern(&'static str, &'static str),
    /// The allowed values.
    OneOf(&'static [&'static str]),
    /// A rule that no schema can express, and the rule in words.
    Check(fn(&str) -> bool, &'static str),
}

impl StringRule {
    fn allows(&self, string: &str) -> bool {
        match self {
            Self::Length(min, max) => (*min..=*max).contains(&string.chars().count()),
            Self::Pattern(pattern, _) => is_match(pattern, string),
            Self::NotPattern(pattern, _) => !is_match(pattern, string),
            Self::OneOf(values) => values.contains(&string),
            Self::Check(allows, _) => allows(string),
        }
    }
}

/// The rule as a clause that follows the name of the property.
impl fmt::Display for StringRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(0, max) => write!(f, "must be at most {max} characters long"),
            Self::Length(min, max) => write!(f, "must be {min} to {max} characters long"),
            Self::Pattern(_, words) | Self::NotPattern(_, words) | Self::Check(_, words) => {
                f.write_str(words)
            }
            Self::OneOf(values) => write!(f, "must be {}", values.join(" or ")),
        }
    }
}

/// A type that is parsed from a string that meets rules.
pub trait Parsed: FromStr {
    /// The rules for the string.
    const RULES: &'static [StringRule];
}

/// The rule that a string breaks, as a clause that follows the name of the property.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// Checks a string against each rule.
///
/// # Errors
/// The first rule that the string breaks.
pub fn check(rules: &[StringRule], string: &str) -> Result<(), Malformed> {
    match rules.iter().find(|rule| !rule.allows(string)) {
        Some(rule) => Err(Malformed(rule.to_string())),
        None => Ok(()),
    }
}

/// The string, if it meets each rule.
///
/// # Errors
/// The first rule that the string breaks.
pub fn checked(rules: &[StringRule], string: &str) -> Result<String, Malformed> {
    check(rules, string).map(|()| string.to_owned())
}

/// True if the pattern matches. Each pattern is compiled once, because AWS returns many names.
fn is_match(pattern: &'static str, string: &str) -> bool {
    static COMPILED: LazyLock<Mutex<HashMap<&str, Regex>>> = LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    #[expect(
        clippy::expect_used,
        reason = "patterns are constants, and tests/schemas compiles all of them"
    )]
    let regex =
        compiled.entry(pattern).or_insert_with(|| Regex::new(pattern).expect("a valid pattern"));
    regex.is_match(string)
}

#[cfg(test)]
mod tests {
    use super::StringRule::{Check, Length, NotPattern, OneOf, Pattern};
    use super::*;

    #[test]
    #[rustfmt::skip] // One row per rule.
    fn each_rule_is_checked() {
        let rules: [(StringRule, &[&str], &[&str], &str); 6] = [
            (Length(2, 3), &["ab", "äöü"], &["", "a", "abcd"], "must be 2 to 3 characters long"),
            (Length(0, 1), &["", "a"], &["ab"], "must be at most 1 characters long"),
            (Pattern("^a+$", "must be an a"), &["a", "aa"], &["", "ab", "a\n"], "must be an a"),
            (NotPattern("b", "must have no b"), &["", "a"], &["ab"], "must have no b"),
            (OneOf(&["All", "None"]), &["All", "None"], &["", "all"], "must be All or None"),
            (Check(|string| string.ends_with('z'), "must end with z"), &["z"], &["a"], "must end with z"),
        ];
        for (rule, allowed, refused, words) in rules {
            for string in allowed {
                assert_eq!(check(&[rule], string), Ok(()), "{rule:?} {string:?}");
            }
            for string in refused {
                let broken = Malformed(words.to_owned());
                assert_eq!(check(&[rule], string), Err(broken), "{rule:?} {string:?}");
            }
        }
    }

    #[test]
    fn the_first_broken_rule_is_reported() {
        let rules = [Length(2, 9), Pattern("^a*$", "must be an a"), Length(5, 9)];
        let broken = check(&rules, "bb").map_err(|broken| broken.to_string());
        assert_eq!(broken, Err("must be an a".to_owned()));
    }
}
