//! How much memory a process had.

use std::{fs, io};

/// The most memory that a process ever had in use, in bytes.
///
/// # Errors
/// When there is no such process.
pub fn peak(process_id: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process_id}/status"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|peak| peak.trim().strip_suffix(" kB"))
        .and_then(|kib| kib.trim().parse::<u64>().ok())
        .map(|kib| kib * 1024)
        .ok_or_else(|| io::Error::other("the kernel does not say how much memory a process had"))
}
