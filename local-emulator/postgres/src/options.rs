//! How a server is started.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

/// Oldest major version that our statements are written for.
pub(crate) const MAJOR_MIN: u32 = 14;
/// The major version that is fetched where there is none and none was asked for.
pub(crate) const MAJOR_FETCHED: u32 = 17;
/// How long a start may take: recovery after a crash reads the write-ahead log again.
const START_WITHIN: Duration = Duration::from_secs(60);

/// Where the cluster of a data folder goes that the server's account may not enter. Only root ever needs it.
const ELSEWHERE: &str = "/var/lib/octavo/postgresql";

/// Where the binaries come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Find {
    /// `PATH`, then the usual folders (the newest version that can read the cluster), then fetched once.
    #[default]
    Search,
    /// As [`Find::Search`], but never fetched.
    Installed,
    /// The folder that holds `postgres` and `initdb`.
    In(PathBuf),
}

/// What survives a crash of the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// Everything that was committed.
    #[default]
    On,
    /// Nothing: for tests, several times faster. A crash of the server alone loses nothing.
    Off,
}

/// How a server is started. [`Options::new`] gives what a laptop wants.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that holds everything; made if it is not there.
    pub data: PathBuf,
    /// The major version wanted for a new cluster; any from 14 on, if none. An existing cluster decides for itself.
    pub major: Option<u32>,
    /// Where the binaries come from.
    pub find: Find,
    /// Where fetched binaries are kept; the user's cache folder, if none.
    pub cache: Option<PathBuf>,
    /// We are root, the server is not, and its account may not enter `data` (root's home is closed to others): then the
    /// cluster lies in a new folder in here, which `data` names.
    pub elsewhere: PathBuf,
    /// The address to listen on.
    pub listen: IpAddr,
    /// The port to listen on; 0 takes a free one. It stays the same when the server is restarted after a crash.
    pub port: u16,
    /// What survives a crash of the machine.
    pub durability: Durability,
    /// How many clients at a time.
    pub connections_max: u16,
    /// How long the first start may take.
    pub start_within: Duration,
    /// Delete `data` when the process that started the server is gone, however it ended.
    pub remove_data: bool,
}

impl Options {
    /// A durable server in `data` on a free port of 127.0.0.1.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            major: None,
            find: Find::default(),
            cache: None,
            elsewhere: PathBuf::from(ELSEWHERE),
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            durability: Durability::On,
            connections_max: 100,
            start_within: START_WITHIN,
            remove_data: false,
        }
    }
}
