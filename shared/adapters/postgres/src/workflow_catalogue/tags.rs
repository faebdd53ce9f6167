//! Tags of state machines and activities: a column of theirs, so that they go with them.

use super::rows::{read_json, write_json};
use crate::error::{commit_error, port_error};
use crate::store::Postgres;
use async_trait::async_trait;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::arn::{Arn, Resource};
use octavo_domain_workflow::catalogue::{TAGS_MAX, Tags, TagsChange, TagsChanged};
use sqlx::Row;
use std::collections::BTreeMap;

/// The statements of one kind of thing.
struct Statements {
    get: &'static str,
    hold: &'static str,
    set: &'static str,
}

const MACHINE: Statements = Statements {
    get: "select tags from workflow_machine where tenant = $1 and arn = $2",
    hold: "select tags from workflow_machine where tenant = $1 and arn = $2 and not deleting for update",
    set: "update workflow_machine set tags = $3 where tenant = $1 and arn = $2",
};

const ACTIVITY: Statements = Statements {
    get: "select tags from workflow_activity where tenant = $1 and arn = $2",
    hold: "select tags from workflow_activity where tenant = $1 and arn = $2 for update",
    set: "update workflow_activity set tags = $3 where tenant = $1 and arn = $2",
};

fn statements(arn: &str) -> Option<&'static Statements> {
    match Arn::parse(arn).ok()?.resource {
        Resource::Machine { .. } => Some(&MACHINE),
        Resource::Activity { .. } => Some(&ACTIVITY),
        _ => None,
    }
}

#[async_trait]
impl Tags for Postgres {
    async fn tags_get(&self, tenant: &TenantId, arn: &str) -> Result<Option<BTreeMap<String, String>>, PortError> {
        let Some(statements) = statements(arn) else { return Ok(None) };
        let mut transaction = self.pool.begin(tenant).await?;
        let row = self
            .pool
            .query(statements.get)
            .bind(tenant.as_str())
            .bind(arn)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        row.map(|row| read_json("tags", row.try_get(0).map_err(port_error)?)).transpose()
    }

    async fn tags_change(&self, tenant: &TenantId, arn: &str, change: &TagsChange) -> Result<TagsChanged, PortError> {
        let Some(statements) = statements(arn) else { return Ok(TagsChanged::Missing) };
        let mut transaction = self.pool.begin(tenant).await?;
        let row = self
            .pool
            .query(statements.hold)
            .bind(tenant.as_str())
            .bind(arn)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(port_error)?;
        let Some(row) = row else {
            transaction.rollback().await.map_err(port_error)?;
            return Ok(TagsChanged::Missing);
        };
        let mut tags: BTreeMap<String, String> = read_json("tags", row.try_get(0).map_err(port_error)?)?;
        tags.retain(|key, _| !change.removed.contains(key));
        tags.extend(change.set.clone());
        if tags.len() > TAGS_MAX {
            transaction.rollback().await.map_err(port_error)?;
            return Ok(TagsChanged::TooMany);
        }
        self.pool
            .query(statements.set)
            .bind(tenant.as_str())
            .bind(arn)
            .bind(write_json(&tags)?)
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)?;
        Ok(TagsChanged::Done)
    }
}
