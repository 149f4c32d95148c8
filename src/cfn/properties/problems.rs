//! Problems of properties, each with the path of its value and never with the value itself.

use std::fmt;

/// The place of a value in the properties, such as `EventSelectors[0].DataResources`.
#[derive(Debug, Clone, Default)]
pub struct Path(String);

impl Path {
    /// A property of what is here.
    #[must_use]
    pub fn property(&self, name: &str) -> Self {
        if self.0.is_empty() {
            Self(name.to_owned())
        } else {
            Self(format!("{}.{name}", self.0))
        }
    }

    /// An entry of the list here.
    #[must_use]
    pub fn entry(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The most problems that are kept: a response of 4,096 bytes has no room for more, and a request
/// may have tens of thousands.
pub(super) const MOST_PROBLEMS: usize = 256;

/// Everything that is wrong with the properties of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    noted: Vec<String>,
    /// The number of problems besides these.
    more: usize,
}

impl std::error::Error for Problems {}

impl Problems {
    /// Notes that the value at `path` breaks a rule.
    pub fn add(&mut self, path: &Path, rule: impl fmt::Display) {
        self.note(|| format!("{path} {rule}"));
    }

    /// Notes a property that does not exist, with the one that was probably meant.
    pub(super) fn add_unknown(&mut self, path: &Path, name: &str, known: &[&str]) {
        self.note(|| {
            let path = path.property(name);
            match closest(name, known) {
                Some(meant) => format!("unknown property {path} (did you mean {meant}?)"),
                None => format!("unknown property {path}"),
            }
        });
    }

    fn note(&mut self, problem: impl FnOnce() -> String) {
        if self.noted.len() < MOST_PROBLEMS {
            self.noted.push(problem());
        } else {
            self.more += 1;
        }
    }

    /// Adds a hint to the last problem.
    pub(super) fn add_hint(&mut self, hint: &str) {
        if let Some(last) = self.noted.last_mut().filter(|_| self.more == 0) {
            *last = format!("{last} ({hint})");
        }
    }

    pub(super) fn count(&self) -> usize {
        self.noted.len() + self.more
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.noted.join("; "))?;
        match self.more {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// The known name that a misspelt one was probably meant to be.
fn closest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let written = name.to_lowercase();
    known
        .iter()
        .map(|known| {
            (
                strsim::jaro_winkler(&written, &known.to_lowercase()),
                *known,
            )
        })
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}
