//! API keys of the platform. Every look-up names the tenant: the key's own text carries it.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::parse;
use chrono::{DateTime, Utc};
use octavo_domain_ai::ports::ApiKey;
use octavo_domain_kernel::{PortError, PortErrorKind, TenantId};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

/// Keys of a tenant.
const KEYS_MAX: i64 = 1_000;
/// Bytes of SHA-256.
const HASH_BYTES: usize = 32;

/// One at a time in a tenant, or two would both find room for the last one. A statement of its own: the next one sees
/// what was committed while this one waited.
const ALONE: &str = "select pg_advisory_xact_lock(hashtextextended('octavo.api_key:' || $1, 0))";

/// Where revoked keys take up the room, the one that was revoked first goes.
const INSERT: &str = "
with room as (
    select count(*) filter (where revoked_at is null) < $12 as free, count(*) as kept from api_key where tenant = $1
),
forgotten as (
    delete from api_key where tenant = $1 and id in (
        select id from api_key
        where tenant = $1 and revoked_at is not null and (select free from room)
        order by revoked_at, id
        limit (select greatest(kept - $12 + 1, 0) from room))
)
insert into api_key (
    tenant, id, user_id, name, secret_hash, hint, groups, roles, created_at, expires_at, revoked_at)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 from room where free";

const COLUMNS: &str = "id, user_id, name, secret_hash, hint, groups, roles, created_at, expires_at, revoked_at";

#[derive(FromRow)]
struct ApiKeyRow {
    id: Uuid,
    user_id: String,
    name: String,
    secret_hash: Vec<u8>,
    hint: String,
    groups: Vec<String>,
    roles: Vec<String>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

pub(crate) async fn api_key_get(pool: &Pool, tenant: &TenantId, id: Uuid) -> Result<Option<ApiKey>, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let row = pool
        .query(AssertSqlSafe(format!("select {COLUMNS} from api_key where tenant = $1 and id = $2")))
        .bind(tenant.as_str())
        .bind(id)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    row.map(|row| api_key(tenant, &row)).transpose()
}

pub(crate) async fn api_key_list(pool: &Pool, tenant: &TenantId) -> Result<Vec<ApiKey>, PortError> {
    let sql = format!("select {COLUMNS} from api_key where tenant = $1 order by created_at desc, id desc limit $2");
    let mut transaction = pool.begin(tenant).await?;
    let rows = pool
        .query(AssertSqlSafe(sql))
        .bind(tenant.as_str())
        .bind(KEYS_MAX)
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(|row| api_key(tenant, row)).collect()
}

pub(crate) async fn api_key_insert(pool: &Pool, key: &ApiKey) -> Result<(), PortError> {
    if key.secret_hash.len() != HASH_BYTES {
        return Err(PortError::corrupt(format!("the hash of a secret has {HASH_BYTES} bytes")));
    }
    let mut transaction = pool.begin(&key.tenant).await?;
    pool.query(ALONE).bind(key.tenant.as_str()).execute(&mut *transaction).await.map_err(port_error)?;
    let result = pool
        .query(INSERT)
        .bind(key.tenant.as_str())
        .bind(key.id)
        .bind(key.user.as_str())
        .bind(&key.name)
        .bind(&key.secret_hash)
        .bind(&key.hint)
        .bind(key.groups.iter().map(String::as_str).collect::<Vec<_>>())
        .bind(key.roles.iter().map(String::as_str).collect::<Vec<_>>())
        .bind(key.created_at)
        .bind(key.expires_at)
        .bind(key.revoked_at)
        .bind(KEYS_MAX)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    if result.rows_affected() == 0 {
        transaction.rollback().await.map_err(port_error)?;
        let text = format!("the tenant has {KEYS_MAX} keys that are not revoked");
        return Err(PortError::new(PortErrorKind::Conflict, text));
    }
    transaction.commit().await.map_err(commit_error)
}

pub(crate) async fn api_key_revoke(
    pool: &Pool,
    tenant: &TenantId,
    id: Uuid,
    at: DateTime<Utc>,
) -> Result<bool, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let result = pool
        .query("update api_key set revoked_at = coalesce(revoked_at, $3) where tenant = $1 and id = $2")
        .bind(tenant.as_str())
        .bind(id)
        .bind(at)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)?;
    Ok(result.rows_affected() > 0)
}

fn api_key(tenant: &TenantId, row: &PgRow) -> Result<ApiKey, PortError> {
    let row = ApiKeyRow::from_row(row).map_err(port_error)?;
    Ok(ApiKey {
        id: row.id,
        tenant: tenant.clone(),
        user: parse("user_id", &row.user_id)?,
        name: row.name,
        secret_hash: row.secret_hash,
        hint: row.hint,
        groups: row.groups.into_iter().collect(),
        roles: row.roles.into_iter().collect(),
        created_at: row.created_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
    })
}
