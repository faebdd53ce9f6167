//! The `postgres` process: how it is started so that it ends with us, and what its pid file says.

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid};
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a server that lost its parent may take to end by itself.
const ORPHAN_ENDS_WITHIN: Duration = Duration::from_secs(10);
/// How long it may take when told to end at once.
const ORPHAN_DIES_WITHIN: Duration = Duration::from_secs(10);
/// How often is looked whether it ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Sends `signal` to the process that `command` starts when the THREAD that starts it ends: start it from a thread that
/// lives as long as the process is to live. Linux only; elsewhere the guard (`guard.rs`) does it.
pub(crate) fn die_with_us(command: &mut Command, signal: Signal) {
    #[cfg(target_os = "linux")]
    {
        let parent = getpid();
        let bind = move || {
            // Runs after the account was changed, which would have cleared it.
            nix::sys::prctl::set_pdeathsig(signal)?;
            // We may have ended between the fork and the line above; then nobody would tell.
            if nix::unistd::getppid() != parent {
                return Err(Errno::ESRCH.into());
            }
            Ok(())
        };
        #[expect(unsafe_code, reason = "between fork and exec; two system calls, no allocation, no lock")]
        unsafe {
            command.pre_exec(bind);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (command, signal);
}

/// What `postmaster.pid` says. Its lines are: pid, data folder, start time, port, socket folder, listen address, shared
/// memory key, status.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PidFile {
    pub(crate) pid: Pid,
    pub(crate) ready: bool,
}

impl PidFile {
    pub(crate) fn read(cluster: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(cluster.join("postmaster.pid")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok().filter(|&pid| pid > 1)?;
        let ready = lines.nth(6).is_some_and(|status| status.trim() == "ready");
        Some(Self { pid: Pid::from_raw(pid), ready })
    }
}

/// A server that an earlier process of ours left behind is ending by itself; waits for it, and ends it if it does not.
/// Called while the data folder is locked, so no living process of ours can own that server.
pub(crate) fn outlive_orphan(cluster: &Path) {
    let Some(file) = PidFile::read(cluster) else { return };
    // The pid may have been given to another process since: PostgreSQL finds that out by itself and starts.
    if !is_postgres_of(file.pid, cluster) {
        return;
    }
    tracing::warn!(pid = file.pid.as_raw(), "waiting for the PostgreSQL of an earlier run to end");
    if ends_within(file.pid, ORPHAN_ENDS_WITHIN) {
        return;
    }
    let _ = kill(file.pid, Signal::SIGQUIT);
    if !ends_within(file.pid, ORPHAN_DIES_WITHIN) {
        let _ = kill(file.pid, Signal::SIGKILL);
    }
}

fn ends_within(pid: Pid, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while is_alive(pid) {
        if Instant::now() > deadline {
            return false;
        }
        sleep(LOOK_EVERY);
    }
    true
}

fn is_alive(pid: Pid) -> bool {
    kill(pid, None) != Err(Errno::ESRCH) && !is_zombie(pid)
}

/// Ended, and nobody has asked how: the first process of some containers never does.
fn is_zombie(pid: Pid) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // `PID (NAME) STATE ...`, and the name may hold anything.
    stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('Z'))
}

/// Whether the process is a `postgres` on this cluster, by its command line where the system shows it.
fn is_postgres_of(pid: Pid, cluster: &Path) -> bool {
    if !is_alive(pid) {
        return false;
    }
    match fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(line) => {
            let cluster = cluster.as_os_str().as_encoded_bytes();
            line.split(|&byte| byte == 0).any(|argument| argument == cluster)
        }
        Err(_) => cfg!(not(target_os = "linux")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_pid_file_at_every_stage() {
        let started = "4711\n/data/cluster\n1732390000\n5555\n\n127.0.0.1\n  12345 6\n";
        assert_eq!(PidFile::parse(started), Some(PidFile { pid: Pid::from_raw(4711), ready: false }));
        let ready = format!("{started}ready   \n");
        assert_eq!(PidFile::parse(&ready), Some(PidFile { pid: Pid::from_raw(4711), ready: true }));
        let starting = format!("{started}starting\n");
        assert!(!PidFile::parse(&starting).unwrap().ready);
        for bad in ["", "x\n", "-5\n", "0\n", "1\n"] {
            assert_eq!(PidFile::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn another_process_with_the_old_pid_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let this = format!("{}\n{}\n1\n1\n\n\n\nready\n", getpid(), folder.path().display());
        fs::write(folder.path().join("postmaster.pid"), this).unwrap();
        // Would wait ten seconds and then end this test's own process, if it took it for a server.
        outlive_orphan(folder.path());
    }
}
