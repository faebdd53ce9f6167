//! Aliases of state machines.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use serde::{Deserialize, Serialize};

/// Aliases of a state machine at most: the service's own quota.
pub const ALIASES_MAX: u32 = 100;

/// How many of a hundred starts a version gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The version's number.
    pub version: u32,
    /// 0 to 100; those of an alias are 100 together.
    pub weight: u8,
}

/// An alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The machine's ARN and the alias's name.
    pub arn: String,
    /// The machine.
    pub machine_arn: String,
    /// Its name, unique within the machine.
    pub name: String,
    /// In words.
    pub description: Option<String>,
    /// One or two.
    pub routes: Vec<Route>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// What became of an alias that was to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AliasCreated {
    /// It is there.
    New,
    /// There is one of its name.
    Exists(Alias),
    /// There is no such machine, or one of the versions is not there.
    NoVersion,
    /// The machine is being deleted.
    Deleting,
    /// The machine has as many as may be.
    TooMany,
}

/// A change of an alias; what is none stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasChange {
    /// The machine.
    pub machine_arn: String,
    /// The alias's name.
    pub name: String,
    /// In words.
    pub description: Option<String>,
    /// One or two.
    pub routes: Option<Vec<Route>>,
    /// When.
    pub at: DateTime<Utc>,
}

/// What became of an [`AliasChange`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AliasChanged {
    /// It is so.
    Done,
    /// There is no such alias, or one of the versions is not there.
    Missing,
    /// The machine is being deleted.
    Deleting,
}

/// Aliases. Every call is of one tenant and sees nothing of another.
#[async_trait]
pub trait Aliases: Send + Sync {
    /// Makes one.
    async fn alias_create(&self, tenant: &TenantId, alias: &Alias) -> Result<AliasCreated, PortError>;
    /// Changes one.
    async fn alias_update(&self, tenant: &TenantId, change: &AliasChange) -> Result<AliasChanged, PortError>;
    /// One.
    async fn alias_get(&self, tenant: &TenantId, machine_arn: &str, name: &str) -> Result<Option<Alias>, PortError>;
    /// Those of a machine (that send starts to this version), in the order of their names, after this one.
    async fn alias_list(
        &self,
        tenant: &TenantId,
        machine_arn: &str,
        version: Option<u32>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Alias>, PortError>;
    /// Deletes one; false if there was none.
    async fn alias_delete(&self, tenant: &TenantId, machine_arn: &str, name: &str) -> Result<bool, PortError>;
}
