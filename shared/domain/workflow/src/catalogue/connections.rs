//! Connections: what HTTP tasks prove themselves with, and to whom.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, Sealer, TenantId, UserId};
use std::fmt;
use uuid::Uuid;

/// Connections of a tenant at most.
pub const CONNECTIONS_MAX: u32 = 200;

/// The purpose that values are sealed with.
const PURPOSE: &str = "workflow-connection";

/// A connection, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Part of its ARN: what was made anew under the same name has another.
    pub id: Uuid,
    /// Its name as an ARN, for definitions.
    pub arn: String,
    /// 1 to 64 of `A-Z`, `a-z`, `0-9`, `.`, `_` and `-`.
    pub name: String,
    /// The header that the value goes into, in lower case.
    pub header: String,
    /// To which hosts it may go: exact names in lower case, 1 to 20.
    pub hosts: Vec<String>,
    /// When it was set last.
    pub updated_at: DateTime<Utc>,
    /// By whom.
    pub updated_by: UserId,
}

/// A connection as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredConnection {
    /// All but the value.
    pub connection: Connection,
    /// The value, sealed.
    pub sealed: Bytes,
}

/// A connection that is about to be used.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenConnection {
    /// The header, in lower case.
    pub header: String,
    /// Its value. Secret: never in a log, a history or an error.
    pub value: String,
    /// To which hosts it may go.
    pub hosts: Vec<String>,
}

impl fmt::Debug for OpenConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("OpenConnection");
        shown.field("header", &self.header).field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl StoredConnection {
    /// A connection with its value sealed.
    pub fn seal(sealer: &dyn Sealer, tenant: &TenantId, connection: Connection, value: &str) -> Self {
        Self { connection, sealed: sealer.seal(tenant, PURPOSE, value.as_bytes()) }
    }

    /// Unseals it.
    ///
    /// # Errors
    ///
    /// `Corrupt` where it was sealed with a key that is not given any more.
    pub fn open(self, sealer: &dyn Sealer, tenant: &TenantId) -> Result<OpenConnection, PortError> {
        let value = sealer.open(tenant, PURPOSE, &self.sealed)?;
        let value = String::from_utf8(value.to_vec()).map_err(PortError::corrupt)?;
        let Connection { header, hosts, .. } = self.connection;
        Ok(OpenConnection { header, value, hosts })
    }
}

/// What became of a connection that was to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionPut {
    /// It is there: with its id and ARN, if it was there before.
    Done(Connection),
    /// There are [`CONNECTIONS_MAX`].
    TooMany,
}

/// Connections. Every call is of one tenant and sees nothing of another.
#[async_trait]
pub trait Connections: Send + Sync {
    /// Stores one, over what was there under its name; that one's id and ARN stay.
    async fn connection_put(&self, tenant: &TenantId, stored: &StoredConnection) -> Result<ConnectionPut, PortError>;
    /// All of a tenant, in the order of their names.
    async fn connection_list(&self, tenant: &TenantId) -> Result<Vec<Connection>, PortError>;
    /// The one that an ARN names, to be opened.
    async fn connection_find(&self, tenant: &TenantId, arn: &str) -> Result<Option<StoredConnection>, PortError>;
    /// Deletes one by its name; false if there is none.
    async fn connection_delete(&self, tenant: &TenantId, name: &str) -> Result<bool, PortError>;
}
