//! Resident memory, as Linux tells it in `/proc`.

use std::collections::BTreeMap;
use std::fs;

/// Resident memory of one process or several, in MiB.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) processes: usize,
    /// Now.
    pub(crate) resident: f64,
    /// The highest that one of them ever had.
    pub(crate) peak: f64,
}

impl Memory {
    /// Of `root` and all that descend from it; with `name` only of those that are called so.
    pub(crate) fn of(root: u32, name: Option<&str>) -> Self {
        let mut all = Self::default();
        for process in family(root).iter().filter(|process| name.is_none_or(|name| name == process.name)) {
            let status = fs::read_to_string(format!("/proc/{}/status", process.id)).unwrap_or_default();
            let mib = |field| kib(&status, field) / 1024.0;
            all.processes += 1;
            all.resident += mib("VmRSS:");
            all.peak = all.peak.max(mib("VmHWM:"));
        }
        all
    }
}

/// Proportional set size of a process and all that descend from it: a page that several share is split between them, so that
/// the sum is what the machine has less of.
#[derive(Debug, Default)]
pub(crate) struct Proportional(BTreeMap<String, (usize, f64)>);

impl Proportional {
    pub(crate) fn of(root: u32) -> Self {
        let mut by_name = BTreeMap::<_, (usize, f64)>::new();
        for process in family(root) {
            let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", process.id)).unwrap_or_default();
            let (processes, mib) = by_name.entry(process.name).or_default();
            *processes += 1;
            *mib += kib(&rollup, "Pss:") / 1024.0;
        }
        Self(by_name)
    }

    pub(crate) fn processes(&self) -> usize {
        self.0.values().map(|(processes, _)| processes).sum()
    }

    /// MiB.
    pub(crate) fn total(&self) -> f64 {
        self.0.values().map(|(_, mib)| mib).sum()
    }

    /// Name of a program, its processes, their MiB.
    pub(crate) fn by_name(&self) -> impl Iterator<Item = (&str, usize, f64)> {
        self.0.iter().map(|(name, (processes, mib))| (name.as_str(), *processes, *mib))
    }
}

/// A line's figure, `Name:  123 kB`.
fn kib(lines: &str, field: &str) -> f64 {
    let line = lines.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

/// A process and all that descend from it.
fn family(root: u32) -> Vec<Process> {
    let (mut left, mut family, mut parents) = (processes(), Vec::new(), vec![root]);
    while let Some(parent) = parents.pop() {
        let (own, others): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|process| process.parent == parent || process.id == root);
        left = others;
        for process in own {
            if process.id != root {
                parents.push(process.id);
            }
            family.push(process);
        }
    }
    family
}

struct Process {
    id: u32,
    parent: u32,
    name: String,
}

fn processes() -> Vec<Process> {
    let read = |entry: fs::DirEntry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        // `123 (a name) S 1 ...`: the name may have spaces and parentheses of its own.
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let (head, tail) = stat.rsplit_once(')')?;
        let name = head.split_once('(')?.1.to_owned();
        let parent = tail.split_whitespace().nth(1)?.parse().ok()?;
        Some(Process { id, parent, name })
    };
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(read).collect()
}
