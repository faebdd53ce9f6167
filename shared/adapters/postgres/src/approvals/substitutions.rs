//! Who decides for whom.

use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::row::parse;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use octavo_domain_approvals::{Substitution, SubstitutionId};
use octavo_domain_calendar::Zone;
use octavo_domain_kernel::{PortError, PortErrorKind, TenantId, UserId};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

/// Substitutions of a person that are not over.
const KEPT_MAX: i64 = 100;
/// Substitutions that are listed.
const LISTED_MAX: i64 = 500;
/// Substitutions that are found for many people at once.
const FOUND_MAX: i64 = 5_000;
/// Further than this no zone's day is from UTC's, however it is counted.
const DAYS_AROUND: TimeDelta = TimeDelta::days(2);

const COLUMNS: &str = "id, user_id, substitute, from_day, to_day, zone, categories, created_by, created_at";

/// One at a time for a person, or two would both find room for the last one. A statement of its own: the next one sees
/// what was committed while this one waited.
const ALONE: &str = "select pg_advisory_xact_lock(hashtextextended('octavo.substitution:' || $1 || ':' || $2, 0))";

/// One that may not be over in some zone counts; the one that is kept anew does not count beside itself.
const PUT: &str = "
insert into substitution (tenant, id, user_id, substitute, from_day, to_day, zone, categories, created_by, created_at)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
where $6 < (now() at time zone 'UTC')::date - 1 or (
    select count(*) from substitution
    where tenant = $1 and user_id = $3 and id <> $2 and to_day >= (now() at time zone 'UTC')::date - 1) < $11
on conflict (tenant, id) do update set
    user_id = excluded.user_id, substitute = excluded.substitute, from_day = excluded.from_day,
    to_day = excluded.to_day, zone = excluded.zone, categories = excluded.categories,
    created_by = excluded.created_by, created_at = excluded.created_at";

#[derive(FromRow)]
struct SubstitutionRow {
    id: Uuid,
    user_id: String,
    substitute: String,
    from_day: NaiveDate,
    to_day: NaiveDate,
    zone: String,
    categories: Vec<String>,
    created_by: String,
    created_at: DateTime<Utc>,
}

fn substitution(row: &PgRow) -> Result<Substitution, PortError> {
    let row = SubstitutionRow::from_row(row).map_err(port_error)?;
    Ok(Substitution {
        id: row.id,
        user: parse("user_id", &row.user_id)?,
        substitute: parse("substitute", &row.substitute)?,
        from: row.from_day,
        to: row.to_day,
        zone: parse::<Zone>("zone", &row.zone)?,
        categories: row.categories,
        created_by: parse("created_by", &row.created_by)?,
        created_at: row.created_at,
    })
}

pub(super) async fn substitution_put(pool: &Pool, tenant: &TenantId, kept: &Substitution) -> Result<(), PortError> {
    let mut transaction = pool.begin(tenant).await?;
    pool.query(ALONE)
        .bind(tenant.as_str())
        .bind(kept.user.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    let done = pool
        .query(PUT)
        .bind(tenant.as_str())
        .bind(kept.id)
        .bind(kept.user.as_str())
        .bind(kept.substitute.as_str())
        .bind(kept.from)
        .bind(kept.to)
        .bind(kept.zone.as_str())
        .bind(&kept.categories)
        .bind(kept.created_by.as_str())
        .bind(kept.created_at)
        .bind(KEPT_MAX)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    if done.rows_affected() == 0 {
        transaction.rollback().await.map_err(port_error)?;
        return Err(PortError::new(PortErrorKind::Conflict, format!("a person has at most {KEPT_MAX} substitutions")));
    }
    transaction.commit().await.map_err(commit_error)
}

pub(super) async fn substitution_delete(pool: &Pool, tenant: &TenantId, id: SubstitutionId) -> Result<bool, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let done = pool
        .query("delete from substitution where tenant = $1 and id = $2")
        .bind(tenant.as_str())
        .bind(id)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn substitution_get(
    pool: &Pool,
    tenant: &TenantId,
    id: SubstitutionId,
) -> Result<Option<Substitution>, PortError> {
    let sql = format!("select {COLUMNS} from substitution where tenant = $1 and id = $2");
    let mut transaction = pool.begin(tenant).await?;
    let row = pool
        .query(AssertSqlSafe(sql))
        .bind(tenant.as_str())
        .bind(id)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    row.as_ref().map(substitution).transpose()
}

pub(super) async fn substitutions(
    pool: &Pool,
    tenant: &TenantId,
    of: Option<&UserId>,
) -> Result<Vec<Substitution>, PortError> {
    let whose = if of.is_some() { "and (user_id = $2 or substitute = $2)" } else { "and $2::text is null" };
    let sql = format!(
        "select {COLUMNS} from substitution where tenant = $1 {whose} order by from_day, id limit {LISTED_MAX}"
    );
    let mut transaction = pool.begin_planning(tenant).await?;
    let rows = pool
        .query(AssertSqlSafe(sql))
        .bind(tenant.as_str())
        .bind(of.map(UserId::as_str))
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(substitution).collect()
}

/// Whom a list of people is looked for as.
#[derive(Debug, Clone, Copy)]
pub(super) enum As {
    /// Who is away.
    Away,
    /// Who decides for them.
    Substitute,
}

pub(super) async fn substitutions_around(
    pool: &Pool,
    tenant: &TenantId,
    people: (As, &[UserId]),
    now: DateTime<Utc>,
) -> Result<Vec<Substitution>, PortError> {
    let (column, users) = match people {
        (As::Away, users) => ("user_id", users),
        (As::Substitute, users) => ("substitute", users),
    };
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select {COLUMNS} from substitution where tenant = $1 and {column} = any ($2) and from_day <= $3 and to_day >= $4 \
         order by from_day, id limit {FOUND_MAX}"
    );
    let mut transaction = pool.begin(tenant).await?;
    let rows = pool
        .query(AssertSqlSafe(sql))
        .bind(tenant.as_str())
        .bind(users.iter().map(UserId::as_str).collect::<Vec<_>>())
        .bind((now + DAYS_AROUND).date_naive())
        .bind((now - DAYS_AROUND).date_naive())
        .fetch_all(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(substitution).collect()
}
