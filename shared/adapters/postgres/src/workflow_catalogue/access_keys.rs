//! Access keys of the stock clients. Secrets come sealed and go sealed.

use crate::error::{commit_error, port_error};
use crate::row::parse;
use crate::store::Postgres;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId, UserId};
use octavo_domain_workflow::catalogue::{ACCESS_KEYS_MAX, AccessKey, AccessKeyInserted, AccessKeyStore};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow};

const COLUMNS: &str = "tenant, id, user_id, label, groups, roles, sealed, created_at, created_by, used_at";

/// Keys that one list shows.
const LISTED_MAX: i64 = 1_000;

/// One at a time for a user, or two would both find room for the last one.
const ALONE: &str = "select pg_advisory_xact_lock(hashtextextended('octavo.access_key:' || $1 || ':' || $2, 0))";

#[derive(FromRow)]
struct AccessKeyRow {
    tenant: String,
    id: String,
    user_id: String,
    label: String,
    groups: Vec<String>,
    roles: Vec<String>,
    sealed: Vec<u8>,
    created_at: DateTime<Utc>,
    created_by: String,
    used_at: Option<DateTime<Utc>>,
}

fn access_key(row: &PgRow) -> Result<AccessKey, PortError> {
    let row = AccessKeyRow::from_row(row).map_err(port_error)?;
    let groups = row.groups.iter().map(|group| parse("groups", group));
    Ok(AccessKey {
        id: row.id,
        tenant: parse("tenant", &row.tenant)?,
        user: parse("user_id", &row.user_id)?,
        label: row.label,
        groups: groups.collect::<Result<_, _>>()?,
        roles: row.roles.into_iter().collect(),
        sealed: row.sealed.into(),
        created_at: row.created_at,
        created_by: parse("created_by", &row.created_by)?,
        used_at: row.used_at,
    })
}

#[async_trait]
impl AccessKeyStore for Postgres {
    async fn access_key_find(&self, id: &str) -> Result<Option<AccessKey>, PortError> {
        let sql = format!("select {COLUMNS} from workflow_access_key where id = $1");
        // No tenant is known yet: the policy lets this transaction see the one key that it names.
        let mut transaction = self.pool.begin_without_tenant().await?;
        self.pool
            .query("select set_config('octavo.access_key', $1, true)")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        let row =
            self.pool.query(AssertSqlSafe(sql)).bind(id).fetch_optional(&mut *transaction).await.map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        row.as_ref().map(access_key).transpose()
    }

    async fn access_key_list(&self, tenant: &TenantId, user: Option<&UserId>) -> Result<Vec<AccessKey>, PortError> {
        let sql = format!(
            "select {COLUMNS} from workflow_access_key where tenant = $1 and ($2::text is null or user_id = $2) \
             order by created_at desc, id limit $3"
        );
        let mut transaction = self.pool.begin(tenant).await?;
        let rows = self
            .pool
            .query(AssertSqlSafe(sql))
            .bind(tenant.as_str())
            .bind(user.map(UserId::as_str))
            .bind(LISTED_MAX)
            .fetch_all(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        rows.iter().map(access_key).collect()
    }

    async fn access_key_insert(&self, key: &AccessKey) -> Result<AccessKeyInserted, PortError> {
        let (tenant, user) = (key.tenant.as_str(), key.user.as_str());
        let mut transaction = self.pool.begin(&key.tenant).await?;
        self.pool.query(ALONE).bind(tenant).bind(user).execute(&mut *transaction).await.map_err(port_error)?;
        let result = self
            .pool
            .query(
                "insert into workflow_access_key \
                 (tenant, id, user_id, label, groups, roles, sealed, created_at, created_by) \
                 select $1, $2, $3, $4, $5, $6, $7, $8, $9 \
                 where (select count(*) from workflow_access_key where tenant = $1 and user_id = $3) < $10",
            )
            .bind(tenant)
            .bind(&key.id)
            .bind(user)
            .bind(&key.label)
            .bind(key.groups.iter().map(|group| group.as_str()).collect::<Vec<_>>())
            .bind(key.roles.iter().map(String::as_str).collect::<Vec<_>>())
            .bind(&key.sealed[..])
            .bind(key.created_at)
            .bind(key.created_by.as_str())
            .bind(i64::from(ACCESS_KEYS_MAX))
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)?;
        Ok(if result.rows_affected() == 0 { AccessKeyInserted::TooMany } else { AccessKeyInserted::Done })
    }

    async fn access_key_delete(&self, tenant: &TenantId, user: Option<&UserId>, id: &str) -> Result<bool, PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        let result = self
            .pool
            .query(
                "delete from workflow_access_key \
                 where tenant = $1 and id = $2 and ($3::text is null or user_id = $3)",
            )
            .bind(tenant.as_str())
            .bind(id)
            .bind(user.map(UserId::as_str))
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)?;
        Ok(result.rows_affected() > 0)
    }

    async fn access_key_used(&self, tenant: &TenantId, id: &str, at: DateTime<Utc>) -> Result<(), PortError> {
        let mut transaction = self.pool.begin(tenant).await?;
        // Many processes may say so at once: one of them writes.
        self.pool
            .query(
                "update workflow_access_key set used_at = $3 where tenant = $1 and id = $2 \
                 and (used_at is null or used_at < $3::timestamptz - interval '30 minutes')",
            )
            .bind(tenant.as_str())
            .bind(id)
            .bind(at)
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)
    }
}
