//! What the process holds.

use tikv_jemalloc_ctl::{epoch, stats};

/// Bytes that the program has allocated and not given back, as the allocator counts them.
pub(crate) fn allocated() -> Option<u64> {
    // The allocator's figures are of the last epoch.
    epoch::advance().ok()?;
    stats::allocated::read().ok().map(|bytes| bytes as u64)
}

/// Bytes of memory that the system has given to the process.
pub(crate) fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}
