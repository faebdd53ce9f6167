//! Addresses that are not to be told anything.

use super::text::{address, detail, meant};
use crate::error::{commit_error, port_error};
use crate::pool::Pool;
use crate::workflow::text::plain;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_notify::{Address, Channel, Suppression};
use sqlx::FromRow;

/// Suppressions of a page.
const PAGE_MAX: u32 = 200;

const COLUMNS: &str = "s.channel, s.address, s.category, s.why, s.detail, s.at";

const PUT: &str = "
insert into notify_suppression (tenant, channel, address, category, why, detail, at)
select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
on conflict do nothing";

/// Suppressions, a column each.
#[derive(Default)]
pub(super) struct Columns {
    pub(super) channels: Vec<&'static str>,
    pub(super) addresses: Vec<String>,
    /// Empty for every category.
    pub(super) categories: Vec<String>,
    pub(super) whys: Vec<String>,
    pub(super) details: Vec<Option<String>>,
    pub(super) ats: Vec<DateTime<Utc>>,
}

impl Columns {
    pub(super) fn push(&mut self, suppression: &Suppression) {
        self.channels.push(suppression.channel.as_str());
        self.addresses.push(address(suppression.channel, &suppression.address));
        self.categories.push(plain(suppression.category.as_deref().unwrap_or_default()).into_owned());
        self.whys.push(detail(&suppression.why));
        self.details.push(suppression.detail.as_deref().map(detail));
        self.ats.push(suppression.at);
    }
}

#[derive(FromRow)]
struct SuppressionRow {
    channel: String,
    address: String,
    category: String,
    why: String,
    detail: Option<String>,
    at: DateTime<Utc>,
}

impl TryFrom<SuppressionRow> for Suppression {
    type Error = PortError;
    fn try_from(row: SuppressionRow) -> Result<Self, PortError> {
        Ok(Self {
            channel: meant("channel", &row.channel)?,
            address: Address(row.address),
            category: Some(row.category).filter(|category| !category.is_empty()),
            why: row.why,
            detail: row.detail,
            at: row.at,
        })
    }
}

pub(super) async fn suppressions_of(
    pool: &Pool,
    tenant: &TenantId,
    addresses: &[(Channel, Address)],
) -> Result<Vec<Suppression>, PortError> {
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    let channels: Vec<&str> = addresses.iter().map(|(channel, _)| channel.as_str()).collect();
    let texts: Vec<String> = addresses.iter().map(|(channel, text)| address(*channel, text)).collect();
    let sql = format!(
        "select {COLUMNS} from notify_suppression s \
         where s.tenant = $1 and (s.channel, s.address) in (select * from unnest($2::text[], $3::text[])) \
         order by s.channel, s.address, s.category"
    );
    let mut transaction = pool.begin_by_index(tenant).await?;
    let query = pool.query(sqlx::AssertSqlSafe(sql)).bind(tenant.as_str()).bind(channels).bind(texts);
    let rows = query.fetch_all(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(|row| SuppressionRow::from_row(row).map_err(port_error)?.try_into()).collect()
}

pub(super) async fn suppression_list(
    pool: &Pool,
    tenant: &TenantId,
    before: Option<DateTime<Utc>>,
    limit: u32,
) -> Result<Vec<Suppression>, PortError> {
    let sql = format!(
        "select {COLUMNS} from notify_suppression s \
         where s.tenant = $1 and s.at < coalesce($2, 'infinity') order by s.at desc limit $3"
    );
    let mut transaction = pool.begin_by_index(tenant).await?;
    let query = pool.query(sqlx::AssertSqlSafe(sql)).bind(tenant.as_str()).bind(before);
    let query = query.bind(i64::from(limit.clamp(1, PAGE_MAX)));
    let rows = query.fetch_all(&mut *transaction).await.map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    rows.iter().map(|row| SuppressionRow::from_row(row).map_err(port_error)?.try_into()).collect()
}

pub(super) async fn suppression_put(
    pool: &Pool,
    tenant: &TenantId,
    suppression: &Suppression,
) -> Result<(), PortError> {
    let mut columns = Columns::default();
    columns.push(suppression);
    let mut transaction = pool.begin_by_index(tenant).await?;
    pool.query(PUT)
        .bind(tenant.as_str())
        .bind(columns.channels)
        .bind(columns.addresses)
        .bind(columns.categories)
        .bind(columns.whys)
        .bind(columns.details)
        .bind(columns.ats)
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)
}

pub(super) async fn suppression_delete(
    pool: &Pool,
    tenant: &TenantId,
    channel: Channel,
    text: &Address,
) -> Result<bool, PortError> {
    let mut transaction = pool.begin_by_index(tenant).await?;
    let deleted = pool
        .query("delete from notify_suppression where tenant = $1 and channel = $2 and address = $3")
        .bind(tenant.as_str())
        .bind(channel.as_str())
        .bind(address(channel, text))
        .execute(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.commit().await.map_err(commit_error)?;
    Ok(deleted.rows_affected() > 0)
}
