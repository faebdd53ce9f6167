//! The cluster: the server's own data folder. Everything here blocks.

use crate::account::Account;
use crate::postmaster::die_with_us;
use crate::replica::Origin;
use crate::{Binaries, Durability, Error, Options};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The superuser.
pub(crate) const ADMIN: &str = "postgres";
/// Bytes of chance in the superuser's password.
const PASSWORD_BYTES: usize = 24;
/// Who may connect: anybody with a password, from wherever we listen. The superuser may also follow as a replica.
const HOST_RULES: &str = "# TYPE DATABASE USER ADDRESS METHOD\nhost all all all scram-sha-256\n\
    host replication postgres all scram-sha-256\n";

/// Holds the cluster's path, where it cannot lie in the data folder.
const ELSEWHERE_FILE: &str = "cluster.elsewhere";
/// Bytes of chance in the name of a folder elsewhere.
const NAME_BYTES: usize = 8;

/// The data folder, ours as long as this lives.
pub(crate) struct DataFolder {
    path: PathBuf,
    cluster: PathBuf,
    // Released by the system when we end, however we end.
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if need be, and takes it. A cluster that `account` could not get to below it lies in `elsewhere`.
    pub(crate) fn take(path: &Path, account: Option<&Account>, elsewhere: &Path) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(Error::io("make the folder", path))?;
        let path = path.canonicalize().map_err(Error::io("resolve", path))?;
        let lock_path = path.join("lock");
        let lock = File::create(&lock_path).map_err(Error::io("make", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(Error::InUse { data: path }),
            Err(fs::TryLockError::Error(error)) => return Err(Error::io("lock", &lock_path)(error)),
        }
        let cluster = place_cluster(&path, account, elsewhere)?;
        Ok(Self { path, cluster, _lock: lock })
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The server's part of it.
    pub(crate) fn cluster(&self) -> &Path {
        &self.cluster
    }

    /// What goes when everything goes.
    pub(crate) fn everything(&self) -> Vec<PathBuf> {
        let parent = self.cluster.parent().unwrap_or(&self.path);
        if parent == self.path { vec![self.path.clone()] } else { vec![self.path.clone(), parent.to_owned()] }
    }

    /// The major version that wrote the cluster, if there is one.
    pub(crate) fn cluster_major(&self) -> Result<Option<u32>, Error> {
        let path = self.cluster.join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().parse().ok()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", &path)(error)),
        }
    }

    /// Makes the cluster if there is none, as a copy of `origin` if one is given. Returns the superuser's password.
    pub(crate) fn prepare(
        &self,
        binaries: &Binaries,
        account: Option<&Account>,
        origin: Option<&Origin>,
    ) -> Result<String, Error> {
        let password_path = self.path.join("password");
        if let Some(account) = account {
            account.can_reach(&binaries.program("postgres"))?;
        }
        if self.cluster_major()?.is_some() {
            return fs::read_to_string(&password_path).map_err(Error::io("read", &password_path));
        }
        if let Some(origin) = origin {
            write_private(&password_path, &origin.password)?;
            self.copy(binaries, account, origin)?;
            return Ok(origin.password.clone());
        }
        let password = hex::encode(rand::random::<[u8; PASSWORD_BYTES]>());
        write_private(&password_path, &password)?;
        self.initdb(binaries, account, &password)?;
        Ok(password)
    }

    /// A folder beside the cluster's place, to be moved there when it is whole: whoever kills us in between leaves no half
    /// cluster.
    pub(crate) fn make_unfinished(&self, account: Option<&Account>) -> Result<PathBuf, Error> {
        let unfinished = self.cluster.with_extension("unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(Error::io("remove", &unfinished))?;
        }
        DirBuilder::new().mode(0o700).create(&unfinished).map_err(Error::io("make the folder", &unfinished))?;
        if let Some(account) = account {
            account.own(&unfinished)?;
        }
        Ok(unfinished)
    }

    /// Moves it there.
    pub(crate) fn take_finished(&self, unfinished: &Path) -> Result<(), Error> {
        fs::rename(unfinished, &self.cluster).map_err(Error::io("move into place", unfinished))
    }

    fn initdb(&self, binaries: &Binaries, account: Option<&Account>, password: &str) -> Result<(), Error> {
        let unfinished = self.make_unfinished(account)?;
        // A file of its own that the account may read; a pipe of ours it could not open again.
        let handed = self.cluster.with_extension("password");
        write_private(&handed, password)?;
        if let Some(account) = account {
            account.own(&handed)?;
        }
        let mut command = Command::new(binaries.program("initdb"));
        command
            .arg("--pgdata")
            .arg(&unfinished)
            .arg("--pwfile")
            .arg(&handed)
            .args(["--username", ADMIN, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"])
            // What is not yet in its place need not survive a crash of the machine.
            .arg("--no-sync")
            .stdin(Stdio::null());
        plain_environment(&mut command);
        if let Some(account) = account {
            account.apply(&mut command);
        }
        die_with_us(&mut command, nix::sys::signal::Signal::SIGKILL);
        let output = command.output().map_err(Error::io("run", &binaries.program("initdb")));
        let _ = fs::remove_file(&handed);
        let output = output?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr).trim().replace('\n', " | ");
            return Err(Error::Initdb { output: text });
        }
        let rules = unfinished.join("pg_hba.conf");
        fs::write(&rules, HOST_RULES).map_err(Error::io("write", &rules))?;
        self.take_finished(&unfinished)
    }
}

/// Where the cluster lies: in the data folder, unless the account may not enter that (root's home is closed to others).
fn place_cluster(data: &Path, account: Option<&Account>, elsewhere: &Path) -> Result<PathBuf, Error> {
    let file = data.join(ELSEWHERE_FILE);
    let inside = data.join("cluster");
    match fs::read_to_string(&file) {
        Ok(text) => return Ok(PathBuf::from(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(Error::io("read", &file)(error)),
    }
    let Some(account) = account else { return Ok(inside) };
    let Err(closed) = account.can_reach(&data.join("lock")) else { return Ok(inside) };
    // What was written there is not left behind in silence.
    if inside.exists() {
        return Err(closed);
    }
    let parent = elsewhere.join(hex::encode(rand::random::<[u8; NAME_BYTES]>()));
    fs::create_dir_all(&parent).map_err(Error::io("make the folder", &parent))?;
    account.can_reach(&parent.join("."))?;
    open_to_others(&parent)?;
    let cluster = parent.join("cluster");
    tracing::warn!(cluster = %cluster.display(), "the database lies elsewhere: {closed}");
    let text = cluster.to_str().ok_or_else(|| Error::Io {
        what: format!("name {}", cluster.display()),
        source: std::io::ErrorKind::InvalidFilename.into(),
    })?;
    fs::write(&file, text).map_err(Error::io("write", &file))?;
    Ok(cluster)
}

/// Only what the programs need: a variable like `PGDATA` or `LC_ALL` of ours must not change what they do.
pub(crate) fn plain_environment(command: &mut Command) {
    command.env_clear().envs([("LC_ALL", "C"), ("TZ", "UTC"), ("PATH", "/usr/bin:/bin")]).current_dir("/");
}

/// The server's settings, for its command line: there they win over whatever the cluster's files say.
pub(crate) fn settings(options: &Options, listen: IpAddr, port: u16) -> Vec<String> {
    let mut settings = vec![
        format!("listen_addresses={listen}"),
        format!("port={port}"),
        // No socket file: it could be neither found nor cleaned up in one place on every system.
        "unix_socket_directories=".to_owned(),
        format!("max_connections={}", options.connections_max),
        "shared_buffers=32MB".to_owned(),
        "max_wal_size=512MB".to_owned(),
        "jit=off".to_owned(),
        "password_encryption=scram-sha-256".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "log_destination=stderr".to_owned(),
        "logging_collector=off".to_owned(),
        "log_line_prefix=%m [%p] ".to_owned(),
        "log_min_duration_statement=1s".to_owned(),
        // A client that goes away in the middle of a transaction must not hold its locks for ever.
        "tcp_keepalives_idle=60".to_owned(),
    ];
    if options.durability == Durability::Off {
        // Commits are still handed to the system before they are answered, so that a test may kill the server.
        settings.extend(["fsync=off", "full_page_writes=off", "autovacuum_naptime=10min"].map(str::to_owned));
    }
    settings
}

/// Makes sure that the folder can be entered by another account, where it was made for us alone (a temporary one).
pub(crate) fn open_to_others(path: &Path) -> Result<(), Error> {
    fs::set_permissions(path, Permissions::from_mode(0o711)).map_err(Error::io("open", path))
}

fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    // Anew, so that the mode is the one asked for.
    let _ = fs::remove_file(path);
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(Error::io("make", path))?;
    file.write_all(text.as_bytes()).map_err(Error::io("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(data: &Path) -> Result<DataFolder, Error> {
        DataFolder::take(data, None, Path::new("/nowhere"))
    }

    #[test]
    fn a_folder_has_one_user_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let first = take(&data).unwrap();
        assert!(matches!(take(&data), Err(Error::InUse { .. })));
        drop(first);
        take(&data).expect("free again");
    }

    #[test]
    fn durability_is_given_up_only_on_request() {
        let mut options = Options::new("data");
        let loopback = options.listen;
        assert!(!settings(&options, loopback, 1).iter().any(|setting| setting == "fsync=off"));
        options.durability = Durability::Off;
        assert!(settings(&options, loopback, 1).iter().any(|setting| setting == "fsync=off"));
    }
}
