//! Activities.

use super::rows::write_json;
use crate::error::{commit_error, port_error};
use crate::store::Postgres;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::catalogue::{ACTIVITIES_MAX, Activities, Activity, ActivityCreated};
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use std::collections::BTreeMap;

/// As with machines: one at a time in a tenant.
const ALONE: &str = "select pg_advisory_xact_lock(hashtextextended('octavo.workflow_activity:' || $1, 0))";

#[derive(FromRow)]
struct ActivityRow {
    arn: String,
    name: String,
    created_at: DateTime<Utc>,
}

fn activity(row: &PgRow) -> Result<Activity, PortError> {
    let ActivityRow { arn, name, created_at } = ActivityRow::from_row(row).map_err(port_error)?;
    Ok(Activity { arn, name, created_at })
}

#[async_trait]
impl Activities for Postgres {
    async fn activity_create(
        &self,
        tenant: &TenantId,
        new: &Activity,
        tags: &BTreeMap<String, String>,
    ) -> Result<ActivityCreated, PortError> {
        if let Some(found) = self.activity_get(tenant, &new.arn).await? {
            return Ok(ActivityCreated::Exists(found));
        }
        let mut transaction = self.pool.begin(tenant).await?;
        self.pool.query(ALONE).bind(tenant.as_str()).execute(&mut *transaction).await.map_err(port_error)?;
        let result = self
            .pool
            .query(
                "insert into workflow_activity (tenant, arn, name, tags, created_at) select $1, $2, $3, $4, $5 \
                 where (select count(*) from workflow_activity where tenant = $1) < $6 \
                 on conflict (tenant, arn) do nothing",
            )
            .bind(tenant.as_str())
            .bind(&new.arn)
            .bind(&new.name)
            .bind(write_json(tags)?)
            .bind(new.created_at)
            .bind(i64::from(ACTIVITIES_MAX))
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)?;
        if result.rows_affected() > 0 {
            return Ok(ActivityCreated::New);
        }
        // Somebody else made it just now, or there is no room.
        let found = self.activity_get(tenant, &new.arn).await?;
        Ok(found.map_or(ActivityCreated::TooMany, ActivityCreated::Exists))
    }

    async fn activity_get(&self, tenant: &TenantId, arn: &str) -> Result<Option<Activity>, PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        let row = self
            .pool
            .query("select arn, name, created_at from workflow_activity where tenant = $1 and arn = $2")
            .bind(tenant.as_str())
            .bind(arn)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        row.as_ref().map(activity).transpose()
    }

    async fn activity_list(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Activity>, PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        let rows = self
            .pool
            .query(
                "select arn, name, created_at from workflow_activity \
                 where tenant = $1 and ($2::text is null or arn > $2) order by arn limit $3",
            )
            .bind(tenant.as_str())
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        rows.iter().map(activity).collect()
    }

    async fn activity_delete(&self, tenant: &TenantId, arn: &str) -> Result<(), PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        self.pool
            .query("delete from workflow_activity where tenant = $1 and arn = $2")
            .bind(tenant.as_str())
            .bind(arn)
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)
    }
}
