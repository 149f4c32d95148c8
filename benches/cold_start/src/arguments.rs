//! The command line, which is the Makefile's business alone.

use std::{collections::BTreeMap, path::PathBuf};

const USAGE: &str = "\
usage: cold-start measure --bootstrap <file> --floor <file> --python <interpreter> --roots <pem>
                          --folder <folder> [--rounds <n>]
                          [--previous <file> --previous-name <name>]
       cold-start publish --folder <folder> --page <page.md>";

/// What there is to do.
pub enum Task {
    /// Measure, and write what came of it to a folder.
    Measure(Measurement),
    /// Put what a measurement wrote into the documentation.
    Publish {
        /// Where the measurement wrote.
        folder: PathBuf,
        /// The page with the markers.
        page: PathBuf,
    },
}

/// What is measured, and how often.
pub struct Measurement {
    pub bootstrap: PathBuf,
    pub floor: PathBuf,
    /// The release before, with its name.
    pub previous: Option<(String, PathBuf)>,
    pub python: PathBuf,
    /// The root certificates that clients trust besides ours.
    pub roots: PathBuf,
    pub rounds: usize,
    /// Where the zips and the function in Python are, and where the results go.
    pub folder: PathBuf,
}

impl Task {
    /// Reads the arguments that follow the program's name.
    ///
    /// # Errors
    /// What is wrong with them, and how they ought to be.
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let task = arguments.next().unwrap_or_default();
        let mut options = Options::read(arguments)?;
        let task = match task.as_str() {
            "measure" => Self::Measure(Measurement {
                bootstrap: options.path("bootstrap")?,
                floor: options.path("floor")?,
                previous: match options.take("previous") {
                    Some(path) => Some((options.text("previous-name")?, path.into())),
                    None => None,
                },
                python: options.path("python")?,
                roots: options.path("roots")?,
                rounds: options.rounds()?,
                folder: options.path("folder")?,
            }),
            "publish" => Self::Publish {
                folder: options.path("folder")?,
                page: options.path("page")?,
            },
            other => return Err(format!("there is no task {other:?}\n{USAGE}")),
        };
        match options.0.keys().next() {
            None => Ok(task),
            Some(left) => Err(format!("--{left} is not for this task\n{USAGE}")),
        }
    }
}

struct Options(BTreeMap<String, String>);

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = BTreeMap::new();
        while let Some(argument) = arguments.next() {
            let name = argument.strip_prefix("--");
            let (Some(name), Some(value)) = (name, arguments.next()) else {
                return Err(format!("{argument} is not an option with a value\n{USAGE}"));
            };
            options.insert(name.to_owned(), value);
        }
        Ok(Self(options))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    fn text(&mut self, name: &str) -> Result<String, String> {
        self.take(name)
            .ok_or_else(|| format!("--{name} is missing\n{USAGE}"))
    }

    fn path(&mut self, name: &str) -> Result<PathBuf, String> {
        self.text(name).map(PathBuf::from)
    }

    fn rounds(&mut self) -> Result<usize, String> {
        let given = self.take("rounds").unwrap_or_else(|| "40".to_owned());
        match given.parse() {
            Ok(rounds) if rounds > 0 => Ok(rounds),
            _ => Err(format!("{given} is not a number of rounds")),
        }
    }
}
