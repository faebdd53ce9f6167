//! What a tenant keeps besides executions: state machines with their revisions, versions and aliases, tags, activities,
//! access keys for the stock clients, and connections of HTTP tasks.
//!
//! A state machine has a current *revision*: a definition with its role and configuration, which never changes. A *version*
//! is a number for a revision; an *alias* sends starts to one version or to two by weight. All names here are ARNs without
//! version or alias unless said otherwise.

mod access_keys;
mod activities;
mod aliases;
mod connections;
mod machines;
mod tags;

pub use access_keys::{ACCESS_KEYS_MAX, AccessKey, AccessKeyInserted, AccessKeyStore};
pub use activities::{ACTIVITIES_MAX, Activities, Activity, ActivityCreated};
pub use aliases::{ALIASES_MAX, Alias, AliasChange, AliasChanged, AliasCreated, Aliases, Route};
pub use connections::{CONNECTIONS_MAX, Connection, ConnectionPut, Connections, OpenConnection, StoredConnection};
pub use machines::{
    Catalogue, MACHINES_MAX, Machine, MachineCreated, MachineStatus, MachineSummary, MachineUpdate, MachineUpdated,
    NewMachine, NewRevision, NewVersion, Publish, Published, VERSIONS_MAX, Version, VersionDeleted,
};
pub use tags::{TAGS_MAX, Tags, TagsChange, TagsChanged};
