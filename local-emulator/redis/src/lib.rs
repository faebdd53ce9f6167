//! A Redis-compatible server in the process: RESP2 and RESP3, the data types that Octavo uses, Lua scripts.
//!
//! ```no_run
//! # async fn example() -> Result<(), local_emulator_redis::StartError> {
//! use local_emulator_redis::{Options, Server};
//!
//! let server = Server::start(Options::default()).await?;
//! println!("{}", server.url());
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! It follows Redis 7.0, to the error texts. What it does not support it refuses as Redis refuses what it does not
//! know: there is no clustering, no replication, no eviction, no access control list, no module, no keyspace
//! notification. It knows nothing of Octavo: no key, queue or tenant has a meaning here.
//!
//! # How it works
//!
//! Each connection is a task that reads what the client sent, cuts it into commands (`resp`, without copying), and runs
//! them under the lock of the one executor (`engine`): so a command, a script and a transaction are atomic. Before the
//! lock is let go, what was changed is in the append-only log (`persistence`); then the replies of the whole pipeline
//! are sent with one write. A client that waits for a key is its command, kept and run again when the key was touched
//! (`blocking`).
//!
//! # How to add a command
//!
//! 1. Write a handler in the file of its data type in `commands`: `pub fn name(ctx: &mut Ctx<'_>, args: &[Bytes]) ->
//!    Outcome`. `args[0]` is the command's name; the number of arguments was checked. Read with `ctx.read`, change with
//!    `ctx.edit` or `ctx.edit_or_make`, and say `ctx.changed(key)` after a change: this is what accounts for memory,
//!    wakes who waits, and makes the command be logged. Check everything before the first change.
//! 2. If running it again from the log would do something else (it depends on time, chance or what others do), say what
//!    to log in its place with `ctx.log_instead`.
//! 3. Add its line to `table.rs`.
//! 4. Add cases to `tests/conformance/`: they run against this server and, where there is one, against a real Redis.

mod blocking;
mod clock;
mod commands;
mod connection;
mod context;
mod engine;
mod fault;
#[doc(hidden)]
pub mod fuzz;
mod keyspace;
mod number;
mod options;
mod outbox;
mod pattern;
mod persistence;
mod pubsub;
mod reply;
mod resp;
mod scripting;
mod server;
mod session;
mod subcommands;
mod table;
mod types;

pub use clock::{Clock, ManualClock, SystemClock};
pub use options::Options;
pub use persistence::ReplayError;
pub use server::{Server, StartError};
