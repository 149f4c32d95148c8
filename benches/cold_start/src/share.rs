//! The share of a processor that Lambda gives a function with the smallest memory size, by the
//! kernel's own control group.
//!
//! Version 2 of control groups and version 1 are both tried, at our own group and at each above it:
//! whoever may not change one may be allowed to change the next, as in a systemd scope with
//! delegation.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use serde::Serialize;

/// The period that the quota is for, in microseconds, as Lambda is observed to have it.
pub const PERIOD: u32 = 20_000;
/// What a function of 128 MB gets of each period: a fourteenth, since 1,769 MB are one core.
pub const QUOTA: u32 = 1_429;

/// How much of a core a function has once its init is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Share {
    /// As much as it can use.
    #[serde(rename = "full core")]
    FullCore,
    /// What goes with 128 MB.
    #[serde(rename = "128 MB")]
    Smallest,
}

impl Share {
    pub fn name(self) -> &'static str {
        match self {
            Self::FullCore => "full core",
            Self::Smallest => "128 MB",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// A control group that groups can be made in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    version: Version,
    folder: PathBuf,
}

impl Place {
    /// The first where it works, tried with a process.
    ///
    /// # Errors
    /// Why it works nowhere, one line for each place.
    pub fn find() -> Result<Self, String> {
        let read = |path: &str| fs::read_to_string(path).map_err(|why| format!("{path}: {why}"));
        let places = places(&read("/proc/self/mountinfo")?, &read("/proc/self/cgroup")?);
        let mut reasons = String::new();
        for place in places {
            match place.try_out() {
                Ok(()) => return Ok(place),
                Err(why) => {
                    let _ = writeln!(reasons, "  {}: {why}", place.folder.display());
                }
            }
        }
        Err(reasons)
    }

    /// A new group, empty and without a limit.
    ///
    /// # Errors
    /// When the kernel allows none.
    pub fn group(&self) -> io::Result<Group> {
        let name = format!("orgtrail-bench-{}", std::process::id());
        let folder = self.folder.join(name);
        fs::create_dir(&folder)?;
        Ok(Group {
            version: self.version,
            folder,
        })
    }

    fn try_out(&self) -> io::Result<()> {
        if self.version == Version::Two && !self.hands_on_the_processor()? {
            return Err(io::Error::other("the cpu controller is not handed on here"));
        }
        let group = self.group()?;
        let mut process = Command::new("sleep").arg("60").spawn()?;
        let outcome = group.join(process.id()).and_then(|()| group.limit());
        process.kill()?;
        process.wait()?;
        outcome
    }

    fn hands_on_the_processor(&self) -> io::Result<bool> {
        let controllers = fs::read_to_string(self.folder.join("cgroup.subtree_control"))?;
        Ok(controllers.split_whitespace().any(|name| name == "cpu"))
    }
}

/// A control group of ours. It is removed when it is dropped, for which its processes have to have
/// ended.
pub struct Group {
    version: Version,
    folder: PathBuf,
}

impl Group {
    /// Takes in a process with all its threads, and whatever it starts from now on.
    ///
    /// # Errors
    /// When the process is gone, or the kernel refuses.
    pub fn join(&self, process_id: u32) -> io::Result<()> {
        self.write("cgroup.procs", &process_id.to_string())
    }

    /// Limits the group to the smallest share.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn limit(&self) -> io::Result<()> {
        match self.version {
            Version::One => {
                self.write("cpu.cfs_period_us", &PERIOD.to_string())?;
                self.write("cpu.cfs_quota_us", &QUOTA.to_string())
            }
            Version::Two => self.write("cpu.max", &format!("{QUOTA} {PERIOD}")),
        }
    }

    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        fs::write(self.folder.join(file), text)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // A process that was just killed is in it for another moment.
        for _ in 0..100 {
            if fs::remove_dir(&self.folder).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        eprintln!("{} could not be removed", self.folder.display());
    }
}

/// Our own group and those above it, of every hierarchy that can limit processors.
fn places(mounts: &str, memberships: &str) -> Vec<Place> {
    let mounts = mounts.lines().filter_map(Mount::read);
    mounts
        .flat_map(|mount| {
            let own = membership(memberships, mount.version).unwrap_or("/");
            let own = Path::new(own).strip_prefix(&mount.root);
            let own = own.unwrap_or(Path::new("")).to_owned();
            let above: Vec<PathBuf> = own.ancestors().map(Path::to_owned).collect();
            above.into_iter().map(move |group| Place {
                version: mount.version,
                folder: mount.point.join(group),
            })
        })
        .collect()
}

/// The path of our group, of `hierarchy:controllers:path`.
fn membership(memberships: &str, version: Version) -> Option<&str> {
    memberships.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        let ours = match version {
            Version::One => controllers.split(',').any(|name| name == "cpu"),
            Version::Two => controllers.is_empty(),
        };
        ours.then_some(path)
    })
}

/// A mounted hierarchy, from a line of mountinfo.
struct Mount {
    version: Version,
    /// Which of its groups is mounted.
    root: PathBuf,
    point: PathBuf,
}

impl Mount {
    fn read(line: &str) -> Option<Self> {
        let (mount, system) = line.split_once(" - ")?;
        let mut mount = mount.split(' ').skip(3);
        let mut system = system.split(' ');
        let version = match (system.next()?, system.nth(1)?) {
            ("cgroup", options) if options.split(',').any(|name| name == "cpu") => Version::One,
            ("cgroup2", _) => Version::Two,
            _ => return None,
        };
        Some(Self {
            version,
            root: mount.next()?.into(),
            point: mount.next()?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(mounts: &str, memberships: &str) -> Vec<(Version, String)> {
        let places = places(mounts, memberships).into_iter();
        places
            .map(|place| (place.version, place.folder.display().to_string()))
            .collect()
    }

    #[test]
    fn a_scope_of_systemd_is_tried_first_and_then_all_above_it() {
        let mounts = "31 23 0:28 / / rw - ext4 /dev/sda rw\n\
                      35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate";
        let found = folders(mounts, "0::/user.slice/run-1.scope\n");
        let expected = [
            "/sys/fs/cgroup/user.slice/run-1.scope",
            "/sys/fs/cgroup/user.slice",
            "/sys/fs/cgroup/",
        ];
        assert_eq!(found, expected.map(|path| (Version::Two, path.to_owned())));
    }

    #[test]
    fn of_version_one_only_the_hierarchy_of_the_processor_counts() {
        let mounts = "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                      35 31 0:32 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset";
        let found = folders(mounts, "3:cpuset:/other\n1:cpu,cpuacct:/\n0::/\n");
        let expected = (Version::One, "/sys/fs/cgroup/cpu,cpuacct/".to_owned());
        assert_eq!(found, [expected]);
    }

    #[test]
    fn a_container_has_its_own_group_at_the_mount_point() {
        let mounts = "35 24 0:30 /docker/1f /sys/fs/cgroup ro - cgroup2 cgroup rw";
        let found = folders(mounts, "0::/docker/1f\n");
        assert_eq!(found, [(Version::Two, "/sys/fs/cgroup/".to_owned())]);
    }
}
