//! What was measured on.

use std::{fs, thread};

/// The machine in a few words: its processor, cores and kernel, without its name.
pub fn description() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{cores} cores of {} ({}), Linux {}",
        processor(),
        std::env::consts::ARCH,
        kernel.trim()
    )
}

/// The processor's name; Arm's have none here.
fn processor() -> String {
    let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = information
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(
        || "an unnamed processor".to_owned(),
        |(_, name)| name.trim().to_owned(),
    )
}
