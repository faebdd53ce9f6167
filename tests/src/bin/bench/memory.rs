//! Resident memory, as Linux tells it in `/proc`.

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
        let (processes, mut family) = (processes(), vec![root]);
        let mut at = 0;
        while let Some(parent) = family.get(at).copied() {
            family.extend(processes.iter().filter(|process| process.parent == parent).map(|process| process.id));
            at += 1;
        }
        for process in processes.iter().filter(|process| family.contains(&process.id)) {
            if name.is_some_and(|name| name != process.name) {
                continue;
            }
            let status = fs::read_to_string(format!("/proc/{}/status", process.id)).unwrap_or_default();
            let mib = |field: &str| {
                let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
                let kib = line.trim().trim_end_matches(" kB").parse::<f64>();
                kib.unwrap_or_default() / 1024.0
            };
            all.processes += 1;
            all.resident += mib("VmRSS:");
            all.peak = all.peak.max(mib("VmHWM:"));
        }
        all
    }
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
