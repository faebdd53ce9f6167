//! A second pair of eyes: a tiny shell that outlives us by a moment, to do what the system does not do when we are killed.

use crate::Error;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// Waits until its input closes, which happens however we end. Then ends the server named by the pid file (where the
/// system has not done it), waits until it is gone, and removes the folders that it was told to.
const SCRIPT: &str = r#"
cluster=$1
shift
cat >/dev/null
pid=$(head -n 1 "$cluster/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
    kill -QUIT "$pid" 2>/dev/null
    # Its last act is to remove the pid file; after a SIGKILL only the process itself goes. 400 looks are 20 s.
    looks=400
    while [ -e "$cluster/postmaster.pid" ] && kill -0 "$pid" 2>/dev/null && [ $looks -gt 0 ]; do
        sleep 0.05
        looks=$((looks - 1))
    done
fi
if [ $# -gt 0 ]; then rm -rf -- "$@"; fi
"#;

/// Runs until it is dropped or we end.
pub(crate) struct Guard {
    child: Child,
    // Dropped first in `drop`: that is the signal.
    input: Option<ChildStdin>,
}

impl Guard {
    /// Watches over the server on `cluster`; removes the folders `remove` in the end.
    pub(crate) fn start(cluster: &Path, remove: &[PathBuf]) -> Result<Self, Error> {
        let mut child = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "octavo-postgres-guard"])
            .arg(cluster)
            .args(remove)
            .current_dir("/")
            .stdin(Stdio::piped())
            // Whoever reads our output to its end must not wait for the guard.
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in the terminal is for us.
            .process_group(0)
            .spawn()
            .map_err(Error::io("run", Path::new("/bin/sh")))?;
        let input = child.stdin.take();
        Ok(Self { child, input })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
