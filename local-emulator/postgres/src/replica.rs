//! A streaming replica: a copy of a running server's cluster that goes on replaying what that one writes.

use crate::account::Account;
use crate::cluster::{ADMIN, DataFolder, plain_environment};
use crate::postmaster::die_with_us;
use crate::{Binaries, Error};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};

/// The server that is copied.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    /// The superuser's, which the copy has too.
    pub(crate) password: String,
}

impl DataFolder {
    /// Makes the cluster as a copy of `origin`, which says in its files whom to follow.
    pub(crate) fn copy(&self, binaries: &Binaries, account: Option<&Account>, origin: &Origin) -> Result<(), Error> {
        let unfinished = self.make_unfinished(account)?;
        let ip =
            if origin.address.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { origin.address.ip() };
        let mut command = Command::new(binaries.program("pg_basebackup"));
        command
            .arg("--pgdata")
            .arg(&unfinished)
            .args(["--host", &ip.to_string(), "--port", &origin.address.port().to_string(), "--username", ADMIN])
            .args(["--no-password", "--write-recovery-conf", "--checkpoint", "fast", "--wal-method", "stream"])
            // What is not yet in its place need not survive a crash of the machine.
            .arg("--no-sync")
            .stdin(Stdio::null());
        plain_environment(&mut command);
        // Not an argument, which everybody on the machine can read.
        command.env("PGPASSWORD", &origin.password);
        if let Some(account) = account {
            account.apply(&mut command);
        }
        die_with_us(&mut command, nix::sys::signal::Signal::SIGKILL);
        let output = command.output().map_err(Error::io("run", &binaries.program("pg_basebackup")))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " | ");
            return Err(Error::Copy { output: text });
        }
        self.take_finished(&unfinished)
    }
}
