//! Problems of properties. Each has the path of the value, but never the value itself.

use std::fmt;

/// The path of a value in the properties, such as `EventSelectors[0].DataResources`.
#[derive(Debug, Clone, Default)]
pub(super) struct Path(String);

impl Path {
    /// A property of the object at this path.
    pub(super) fn property(&self, name: &str) -> Self {
        if self.0.is_empty() { Self(name.to_owned()) } else { Self(format!("{}.{name}", self.0)) }
    }

    /// An entry of the list at this path.
    pub(super) fn entry(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The most problems that are kept. A request may have tens of thousands, and a response has only
/// 4,096 bytes.
pub(super) const MOST_PROBLEMS: usize = 256;

/// All problems of the properties of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    kept: Vec<String>,
    /// The number of further problems.
    more: usize,
}

impl std::error::Error for Problems {}

impl Problems {
    /// Adds that the value at `path` breaks a rule.
    pub fn add(&mut self, path: impl fmt::Display, rule: impl fmt::Display) {
        self.push(|| format!("{path} {rule}"));
    }

    /// Adds a property that does not exist, with the known name that is closest to it.
    pub(super) fn add_unknown(&mut self, path: &Path, name: &str, known: &[&str]) {
        self.push(|| {
            let path = path.property(name);
            match closest(name, known) {
                Some(closest) => format!("unknown property {path} (did you mean {closest}?)"),
                None => format!("unknown property {path}"),
            }
        });
    }

    fn push(&mut self, problem: impl FnOnce() -> String) {
        if self.kept.len() < MOST_PROBLEMS {
            self.kept.push(problem());
        } else {
            self.more += 1;
        }
    }

    /// Adds a hint to the last problem.
    pub(super) fn add_hint(&mut self, hint: &str) {
        if let Some(last) = self.kept.last_mut().filter(|_| self.more == 0) {
            *last = format!("{last} ({hint})");
        }
    }

    /// One string for each problem, and one for the number of those that were not kept.
    pub fn to_strings(&self) -> Vec<String> {
        let more = (self.more > 0).then(|| format!("and {} more", self.more));
        self.kept.iter().cloned().chain(more).collect()
    }

    pub(super) fn count(&self) -> usize {
        self.kept.len() + self.more
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_strings().join("; "))
    }
}

/// The known name that is closest to a misspelled one.
fn closest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase();
    let similarity = |known: &str| strsim::jaro_winkler(&name, &known.to_lowercase());
    known
        .iter()
        .map(|known| (similarity(known), *known))
        .filter(|(similarity, _)| *similarity > 0.85)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}
