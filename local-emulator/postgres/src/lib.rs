//! The real PostgreSQL as a supervised child: found or fetched, never as root, never left behind.
//!
//! [`Server::start`] makes a cluster in a folder if there is none, starts `postgres` on it on a private port, restarts
//! it when it crashes, and stops it with the process that started it, however that ends. [`testing`] gives every test a
//! database of its own on one server a test process. [`Server::start_replica`] makes a second one that follows the first.
//!
//! What lies in the folder `data`:
//!
//! | path | what | whose |
//! |---|---|---|
//! | `cluster/` | the server's own data folder | the account that the server runs as |
//! | `password` | the superuser's password, mode 0600 | ours |
//! | `postgres.log`, `postgres.log.1` | what the server wrote, at most 8 MiB each | ours |
//! | `cluster.elsewhere` | where `cluster/` is, if the server's account may not enter `data` | ours |
//! | `lock` | held while a [`Server`] uses the folder | ours |
//!
//! Knows nothing of any schema, migration or login but the superuser's: that is the adapter's business.
//!
//! The crate `postgresql_embedded` would start and own the server itself, as the same user, without supervision, and
//! cannot be given binaries that are there already; so only the crate below it, which downloads the archive, is used.
//!
//! To add a place where binaries are looked for: `find.rs`. To add a server setting: `settings` in `cluster.rs`.
#![warn(missing_docs)]

mod account;
mod cluster;
mod error;
mod fetch;
mod find;
mod guard;
mod log;
mod options;
mod postmaster;
mod replica;
mod server;
mod supervise;
pub mod testing;

pub use error::Error;
pub use find::Binaries;
pub use options::{Durability, Find, Options};
pub use server::Server;
pub use supervise::State;
