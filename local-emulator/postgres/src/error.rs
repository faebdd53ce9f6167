//! Why there is no server.

use std::path::{Path, PathBuf};

/// Why there is no server. Each says what the person at the keyboard can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No binaries on this machine, and none could be fetched.
    #[error(
        "PostgreSQL {wanted} was not found ({searched}){fetch}; install it (Debian, Ubuntu: apt install postgresql; \
         macOS: brew install postgresql), or name a running server with --postgres URL"
    )]
    NotFound {
        /// Which versions would do.
        wanted: String,
        /// Where it was looked for.
        searched: String,
        /// What became of fetching it, beginning with "; ", or nothing.
        fetch: String,
    },
    /// The cluster was made by another major version than any that is here.
    #[error(
        "the data in {} was written by PostgreSQL {cluster}, and only {found} is here: install version {cluster}, or \
         move the folder away to begin anew",
        data.display()
    )]
    VersionMismatch {
        /// The data folder.
        data: PathBuf,
        /// The major version that wrote it.
        cluster: u32,
        /// The versions that are here.
        found: String,
    },
    /// Another process uses the folder.
    #[error("the data folder {} is in use by another process", data.display())]
    InUse {
        /// The data folder.
        data: PathBuf,
    },
    /// We are root, PostgreSQL refuses root, and the account it would run as cannot get to a folder.
    #[error(
        "PostgreSQL does not run as root, and the account {account} may not enter {} (needed for {}): choose a \
         folder that others may enter, or run as an ordinary user",
        closed.display(), path.display()
    )]
    Unreachable {
        /// The account.
        account: String,
        /// The folder that is closed to it.
        closed: PathBuf,
        /// What lies below.
        path: PathBuf,
    },
    /// We are root and there is no account to run as.
    #[error("PostgreSQL does not run as root, and there is neither an account `postgres` nor `nobody` on this machine")]
    NoAccount,
    /// `initdb` failed.
    #[error("a new cluster could not be made: {output}")]
    Initdb {
        /// What it said.
        output: String,
    },
    /// `pg_basebackup` failed.
    #[error("a replica could not be made: {output}")]
    Copy {
        /// What it said.
        output: String,
    },
    /// The server ended instead of starting.
    #[error("PostgreSQL did not start: {log}")]
    Start {
        /// The last lines of its log.
        log: String,
    },
    /// The server did not get ready in time.
    #[error("PostgreSQL was not ready after {seconds} s: {log}")]
    Slow {
        /// How long was waited.
        seconds: u64,
        /// The last lines of its log.
        log: String,
    },
    /// A database name that would need quoting.
    #[error("the database name {name:?} must be 1 to 63 characters of a-z, 0-9 and _, beginning with a letter")]
    InvalidName {
        /// The name.
        name: String,
    },
    /// A file or process operation failed.
    #[error("{what}: {source}")]
    Io {
        /// What was done to what.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A statement failed.
    #[error("PostgreSQL refused: {0}")]
    Sql(#[from] sqlx::Error),
}

impl Error {
    /// For `map_err`: `what` was done to `path`.
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let what = format!("{what} {}", path.display());
        move |source| Self::Io { what, source }
    }
}
