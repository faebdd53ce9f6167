//! State machines, their revisions and their versions.

use crate::engine::RevisionId;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId, UserId};
use serde_json::Value;
use std::collections::BTreeMap;

/// State machines of a tenant at most: the service's own quota.
pub const MACHINES_MAX: u32 = 10_000;
/// Versions of a state machine at most: the service's own quota.
pub const VERSIONS_MAX: u32 = 1_000;

/// Whether a state machine is there for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MachineStatus {
    /// It is.
    Active,
    /// It is gone as soon as its last execution has ended. Nothing is started with it, nothing changes it.
    Deleting,
}

/// A state machine with a revision: its current one, or a version's.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Its name as an ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: MachineStatus,
    /// Whether it is an Express one.
    pub express: bool,
    /// The revision.
    pub revision: RevisionId,
    /// Whether that is the one that it was created with: the API shows no id of it, and calls it `INITIAL`.
    pub initial: bool,
    /// Amazon States Language, as it was given.
    pub definition: String,
    /// The role that its tasks act under.
    pub role_arn: String,
    /// `loggingConfiguration`, `tracingConfiguration` and `encryptionConfiguration`, as the API shows them.
    pub configuration: Value,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When the revision became its current one.
    pub updated_at: DateTime<Utc>,
}

/// What a list shows of a state machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineSummary {
    /// Its name as an ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Whether it is an Express one.
    pub express: bool,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

/// A revision that is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRevision {
    /// New.
    pub id: RevisionId,
    /// Amazon States Language, at most 1 MiB.
    pub definition: String,
    /// The role.
    pub role_arn: String,
    /// As in [`Machine::configuration`].
    pub configuration: Value,
}

/// A version that is published along with a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// In words.
    pub description: Option<String>,
}

/// A state machine that is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMachine {
    /// Its name as an ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Whether it is an Express one.
    pub express: bool,
    /// Its first revision.
    pub revision: NewRevision,
    /// Whether it gets a version at once.
    pub publish: Option<NewVersion>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Who makes it.
    pub by: UserId,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of a [`NewMachine`].
#[derive(Debug, Clone, PartialEq)]
pub enum MachineCreated {
    /// It is there, with this version if one was to be published.
    New(Option<Version>),
    /// There is one of this name, with its newest version if it has any.
    Exists(Box<Machine>, Option<Version>),
    /// There are as many as may be.
    TooMany,
}

/// A change of a state machine.
#[derive(Debug, Clone, PartialEq)]
pub struct MachineUpdate {
    /// Which.
    pub arn: String,
    /// On condition that this is its revision: the caller has read it and puts a whole new one in its place.
    pub expected: RevisionId,
    /// Its new revision; none leaves it.
    pub revision: Option<NewRevision>,
    /// Whether the then current revision gets a version.
    pub publish: Option<NewVersion>,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of a [`MachineUpdate`].
#[derive(Debug, Clone, PartialEq)]
pub enum MachineUpdated {
    /// It is so, with this version if one was to be published.
    Done(Option<Version>),
    /// It has changed in between, or is being deleted, or is gone: read it again.
    Stale,
    /// It has as many versions as may be.
    TooManyVersions,
}

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The machine's ARN and the number.
    pub arn: String,
    /// From 1; a number is never used again.
    pub number: u32,
    /// Its revision.
    pub revision: RevisionId,
    /// In words.
    pub description: Option<String>,
    /// When it was published.
    pub created_at: DateTime<Utc>,
}

/// A version that is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// Of which machine.
    pub machine_arn: String,
    /// On condition that this is its revision: the caller has read it.
    pub expected: RevisionId,
    /// In words.
    pub description: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of a [`Publish`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// The version of the revision: a new one, or the one that it has already.
    Done(Version),
    /// The machine has changed in between, or is being deleted, or is gone: read it again.
    Stale,
    /// It has as many versions as may be.
    TooMany,
}

/// What became of a version that was to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionDeleted {
    /// It is not there any more, or never was.
    Done,
    /// These aliases name it.
    Used(Vec<String>),
}

/// State machines and their versions. Every call is of one tenant and sees nothing of another.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// Makes a state machine, with its revision, version and tags in one transaction.
    async fn machine_create(&self, tenant: &TenantId, new: &NewMachine) -> Result<MachineCreated, PortError>;
    /// One with its current revision. One that was being deleted and has no executions any more is not there.
    async fn machine_get(&self, tenant: &TenantId, arn: &str) -> Result<Option<Machine>, PortError>;
    /// Puts a new revision in the place of the current one, and publishes it if that is asked for, in one transaction.
    async fn machine_update(&self, tenant: &TenantId, update: &MachineUpdate) -> Result<MachineUpdated, PortError>;
    /// Deletes one, at once or as soon as its last execution has ended; deleting what is not there changes nothing.
    async fn machine_delete(&self, tenant: &TenantId, arn: &str) -> Result<(), PortError>;
    /// Some, in the order of their names, after this one.
    async fn machine_list(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<MachineSummary>, PortError>;
    /// Gives the current revision a number.
    async fn version_publish(&self, tenant: &TenantId, publish: &Publish) -> Result<Published, PortError>;
    /// A version, and the machine as that version has it.
    async fn version_get(
        &self,
        tenant: &TenantId,
        machine_arn: &str,
        number: u32,
    ) -> Result<Option<(Version, Machine)>, PortError>;
    /// Versions of a machine, newest first, below this number.
    async fn version_list(
        &self,
        tenant: &TenantId,
        machine_arn: &str,
        below: Option<u32>,
        limit: u32,
    ) -> Result<Vec<Version>, PortError>;
    /// Deletes a version that no alias names. Executions that run it go on.
    async fn version_delete(
        &self,
        tenant: &TenantId,
        machine_arn: &str,
        number: u32,
    ) -> Result<VersionDeleted, PortError>;
}
