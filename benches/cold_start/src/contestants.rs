//! Who is measured: the command, its environment and its zip.

use std::{fs, io, path::Path};

use simulator::lambda::Configuration;

use crate::arguments::Measurement;

/// What all others are compared with.
pub const ORGTRAIL: &str = "OrgTrail";
/// What only answers.
pub const FLOOR: &str = "Floor";
/// What asks AWS as often as ours, and does nothing with what it hears.
pub const ROUND_TRIPS: &str = "Round trips";
/// The same job as a user would write it.
pub const PYTHON: &str = "Python";
/// Python takes a hundred times as long, and its figures spread no wider: it has a part in every
/// third round.
const ROUNDS_OF_PYTHON: usize = 3;

/// One who is measured.
pub struct Contestant {
    /// What tables and plots call it.
    pub name: String,
    /// How it is started, but for where its AWS is.
    pub configuration: Configuration,
    /// How large its zip is, in bytes.
    pub zip: u64,
    /// Whether it does the work, and does not only say so.
    pub works: bool,
    /// It has a part in one of so many rounds.
    pub one_round_of: usize,
}

impl Contestant {
    /// A binary as Lambda starts it.
    fn binary(name: &str, bootstrap: &Path, zip: &Path) -> io::Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            configuration: Configuration::new(bootstrap.canonicalize()?),
            zip: size(zip)?,
            works: ![FLOOR, ROUND_TRIPS].contains(&name),
            one_round_of: 1,
        })
    }

    /// The function in Python under the Runtime API client that Lambda's Python has.
    fn python(interpreter: &Path, folder: &Path, zip: &Path) -> io::Result<Self> {
        let configuration = Configuration::new(std::path::absolute(interpreter)?)
            .argument("-m")
            .argument("awslambdaric")
            .argument("function.handler")
            .directory(folder)
            .variable("_HANDLER", "function.handler")
            .variable("LAMBDA_TASK_ROOT", folder.display().to_string());
        Ok(Self {
            name: PYTHON.to_owned(),
            configuration,
            zip: size(zip)?,
            works: true,
            one_round_of: ROUNDS_OF_PYTHON,
        })
    }
}

/// All of them, in the order in which they are measured and shown.
///
/// # Errors
/// When one of the files is missing.
pub fn all(measurement: &Measurement) -> io::Result<Vec<Contestant>> {
    let zip = |name: &str| measurement.folder.join(format!("{name}.zip"));
    let mut all = vec![
        Contestant::binary(ORGTRAIL, &measurement.bootstrap, &zip("orgtrail"))?,
        Contestant::binary(FLOOR, &measurement.floor, &zip("floor"))?,
    ];
    let asks = Contestant::binary(ROUND_TRIPS, &measurement.floor, &zip("floor"))?;
    all.push(Contestant {
        configuration: asks.configuration.variable("ROUND_TRIPS", "true"),
        ..asks
    });
    let folder = measurement.folder.canonicalize()?.join("python");
    all.push(Contestant::python(
        &measurement.python,
        &folder,
        &zip("python"),
    )?);
    if let Some((name, bootstrap)) = &measurement.previous {
        all.push(Contestant::binary(name, bootstrap, &zip("previous"))?);
    }
    Ok(all)
}

fn size(file: &Path) -> io::Result<u64> {
    let metadata = fs::metadata(file);
    let metadata =
        metadata.map_err(|why| io::Error::new(why.kind(), format!("{}: {why}", file.display())))?;
    Ok(metadata.len())
}
