//! CPU time and peak memory of a process, and the CPU share that Lambda gives it.

use std::{
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use nix::{time::ClockId, unistd::Pid};

use crate::Outcome;

/// The CPU time of all threads of the process so far, in milliseconds.
pub fn cpu_ms(process_id: u32) -> Outcome<f64> {
    let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(process_id.try_into()?))?;
    Ok(Duration::from(clock.now()?).as_secs_f64() * 1_000.0)
}

/// The peak memory of the process so far, in MB.
pub fn peak_mb(process_id: u32) -> Outcome<f64> {
    let status = fs::read_to_string(format!("/proc/{process_id}/status"))?;
    let mut lines = status.lines();
    let peak = lines.find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
    let kib: f64 = peak.ok_or("the process has ended")?.trim().parse()?;
    Ok(kib * 1_024.0 / 1e6)
}

/// The period of the quota in microseconds, as observed in Lambda.
const PERIOD: &str = "20000";
/// The CPU time of a function with 128 MB in each period: 1,769 MB are one core.
const QUOTA: &str = "1429";

/// A control group that limits the CPU share of a process.
pub struct ControlGroup(PathBuf);

impl ControlGroup {
    /// Creates a group without a limit, in the first hierarchy that permits it.
    pub fn new() -> Outcome<Self> {
        let mut problems = String::new();
        for parent in parents()? {
            let group = Self(parent.join(format!("orgtrail-bench-{}", std::process::id())));
            let problem = match fs::create_dir(&group.0) {
                Ok(()) if group.has("cpu.max") || group.has("cpu.cfs_quota_us") => {
                    return Ok(group);
                }
                Ok(()) => "groups in it have no CPU quota".to_owned(),
                Err(problem) => problem.to_string(),
            };
            write!(problems, "\n  {}: {problem}", parent.display())?;
        }
        Err(format!("no control group can be made, see docs/performance.md:{problems}").into())
    }

    /// Moves a process into the group.
    pub fn join(&self, process_id: u32) -> io::Result<()> {
        fs::write(self.0.join("cgroup.procs"), process_id.to_string())
    }

    /// Limits the group to the share of 128 MB.
    pub fn limit(&self) -> io::Result<()> {
        if self.has("cpu.max") {
            return fs::write(self.0.join("cpu.max"), format!("{QUOTA} {PERIOD}"));
        }
        fs::write(self.0.join("cpu.cfs_period_us"), PERIOD)?;
        fs::write(self.0.join("cpu.cfs_quota_us"), QUOTA)
    }

    fn has(&self, file: &str) -> bool {
        self.0.join(file).exists()
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        // A process that was just killed stays in the group for another moment.
        for _ in 0..100 {
            if !self.0.exists() || fs::remove_dir(&self.0).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        eprintln!("{} could not be removed", self.0.display());
    }
}

/// Version 2 of control groups: the group of this process and all above it, of which a systemd scope
/// may delegate one. Version 1: the root.
fn parents() -> io::Result<Vec<PathBuf>> {
    let groups = fs::read_to_string("/proc/self/cgroup")?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"));
    let own = Path::new("/sys/fs/cgroup").join(own.unwrap_or_default());
    let above = own.ancestors().take_while(|folder| folder.starts_with("/sys/fs/cgroup"));
    let version_1 = PathBuf::from("/sys/fs/cgroup/cpu");
    Ok(above.map(Path::to_owned).chain([version_1]).collect())
}
