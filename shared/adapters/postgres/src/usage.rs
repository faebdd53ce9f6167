//! What was used, added up, from the daily totals.

use crate::call_list::feature;
use crate::error::port_error;
use crate::pool::Pool;
use crate::row::{number, parse};
use chrono::NaiveDate;
use octavo_domain_ai::Usage;
use octavo_domain_ai::ports::{Spent, UsageQuery, UsageRow};
use octavo_domain_kernel::{PortError, TenantId};
use rust_decimal::Decimal;
use sqlx::postgres::PgRow;
use sqlx::{Postgres as Engine, QueryBuilder, Row};
use uuid::Uuid;

/// Rows of one answer. More is refused: totals of which some are missing would be taken for all.
const ROWS_MAX: usize = 100_000;

const SPENT: &str = "
select coalesce(sum(input_tokens + output_tokens), 0)::bigint as tokens, coalesce(sum(cost), 0) as cost
from ai_usage_day where tenant = $1 and day between $2 and $3";

/// What a sum over no rows is, too.
const SUMS: &str = "coalesce(sum(calls), 0)::bigint as calls, coalesce(sum(failed), 0)::bigint as failed, \
     coalesce(sum(cache_hits), 0)::bigint as cache_hits, coalesce(sum(unpriced), 0)::bigint as unpriced, \
     coalesce(sum(input_tokens), 0)::bigint as input_tokens, coalesce(sum(cached_tokens), 0)::bigint as cached_tokens, \
     coalesce(sum(cache_write_tokens), 0)::bigint as cache_write_tokens, \
     coalesce(sum(output_tokens), 0)::bigint as output_tokens, \
     coalesce(sum(reasoning_tokens), 0)::bigint as reasoning_tokens, coalesce(sum(cost), 0) as cost, \
     coalesce(sum(saved), 0) as saved, coalesce(sum(saved_tokens), 0)::bigint as saved_tokens";

pub(crate) async fn spent(pool: &Pool, tenant: &TenantId, from: NaiveDate, to: NaiveDate) -> Result<Spent, PortError> {
    let mut transaction = pool.begin(tenant).await?;
    let row = pool
        .query(SPENT)
        .bind(tenant.as_str())
        .bind(from)
        .bind(to)
        .fetch_one(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    Ok(Spent { tokens: count(&row, "tokens")?, cost: row.try_get("cost").map_err(port_error)? })
}

/// Without any column to go by, one row, also where nothing was used.
pub(crate) async fn usage(pool: &Pool, tenant: &TenantId, query: &UsageQuery) -> Result<Vec<UsageRow>, PortError> {
    let columns = columns(query);
    let mut sql = QueryBuilder::<Engine>::new("select ");
    for column in &columns {
        sql.push(column).push(", ");
    }
    sql.push(SUMS).push(" from ai_usage_day where tenant = ").push_bind(tenant.as_str().to_owned());
    sql.push(" and day between ").push_bind(query.from).push(" and ").push_bind(query.to);
    if !columns.is_empty() {
        let columns = columns.join(", ");
        sql.push(format!(" group by {columns} order by {columns}"));
    }
    sql.push(" limit ").push_bind(number::<_, i64>("limit", ROWS_MAX + 1)?);
    let mut transaction = pool.begin(tenant).await?;
    let rows = sql.build().persistent(pool.is_cached()).fetch_all(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    if rows.len() > ROWS_MAX {
        return Err(PortError::corrupt(format!("more than {ROWS_MAX} rows: ask for fewer days or columns")));
    }
    rows.iter().map(|row| usage_row(row, query)).collect()
}

/// In the order of the primary key.
fn columns(query: &UsageQuery) -> Vec<&'static str> {
    [
        (query.by_day, "day"),
        (query.by_model, "provider"),
        (query.by_model, "model"),
        (query.by_feature, "feature"),
        (query.by_user, "user_id"),
        (query.by_key, "key_id"),
    ]
    .into_iter()
    .filter_map(|(asked, column)| asked.then_some(column))
    .collect()
}

fn usage_row(row: &PgRow, query: &UsageQuery) -> Result<UsageRow, PortError> {
    let text = |asked: bool, column: &str| -> Result<Option<String>, PortError> {
        asked.then(|| row.try_get(column).map_err(port_error)).transpose()
    };
    let money = |column: &str| row.try_get::<Decimal, _>(column).map_err(port_error);
    let key: Option<Uuid> = query.by_key.then(|| row.try_get("key_id").map_err(port_error)).transpose()?;
    Ok(UsageRow {
        day: query.by_day.then(|| row.try_get("day").map_err(port_error)).transpose()?,
        provider: text(query.by_model, "provider")?,
        model: text(query.by_model, "model")?,
        feature: text(query.by_feature, "feature")?.map(feature).transpose()?,
        user: text(query.by_user, "user_id")?.map(|user| parse("user_id", &user)).transpose()?,
        // Stored as zeros where there was none.
        key: key.filter(|key| !key.is_nil()),
        calls: count(row, "calls")?,
        failed: count(row, "failed")?,
        cache_hits: count(row, "cache_hits")?,
        unpriced: count(row, "unpriced")?,
        usage: Usage {
            input: count(row, "input_tokens")?,
            cached: count(row, "cached_tokens")?,
            cache_write: count(row, "cache_write_tokens")?,
            output: count(row, "output_tokens")?,
            reasoning: count(row, "reasoning_tokens")?,
        },
        cost: money("cost")?,
        saved: money("saved")?,
        saved_tokens: count(row, "saved_tokens")?,
    })
}

fn count(row: &PgRow, column: &str) -> Result<u64, PortError> {
    number(column, row.try_get::<i64, _>(column).map_err(port_error)?)
}
