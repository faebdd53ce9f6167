//! The workflow function's catalogue: state machines with revisions, versions and aliases, activities, tags, access keys,
//! connections. Each port has its file, with the thin `impl` at its end.
//!
//! A machine's row is locked by whoever changes the machine, its versions or its aliases, so that what is decided of one
//! holds for the others too.

mod access_keys;
mod activities;
mod aliases;
mod connections;
mod machine_create;
mod machine_delete;
mod machine_get;
mod machine_update;
mod machines;
mod resolve;
mod rows;
mod tags;
mod versions;
