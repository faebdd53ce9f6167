//! How many wait for somebody.

use super::list::{holders, texts};
use crate::error::port_error;
use crate::pool::Pool;
use crate::row::number;
use octavo_domain_approvals::Counts;
use octavo_domain_kernel::{PortError, Reader, TenantId, UserId};
use sqlx::Row;

/// No count goes further: more than that is `1,000 and more`.
const COUNT_MAX: i64 = 1_000;

/// Every part is cut before it is put together with others: what it costs hangs on the limit and not on how many there are.
const COUNTS: &str = "
select
    (select count(*) from (
        select approval_id from (
            (select s.approval_id from approval_seat s
            where s.tenant = $1 and s.candidate = 'user:' || $2 and s.holder = '' and not $2 = any (s.barred)
            limit $6)
            union all
            (select s.approval_id from approval_seat s
            where s.tenant = $1 and s.holder = $2 and s.holder <> '' and s.candidate = any ($3)
                and not $2 = any (s.barred)
            group by s.approval_id
            limit $6)) own
        group by approval_id limit $6) mine) as mine,
    (select count(*) from (
        select approval_id from (
            (select free.approval_id from unnest($4::text[]) as r (reader) cross join lateral (
                select s.approval_id from approval_seat s
                where s.tenant = $1 and s.candidate = r.reader and s.holder = '' and not $2 = any (s.barred)
                limit $6) free)
            union all
            (select held.approval_id from unnest($5::text[]) as h (holder) cross join lateral (
                select s.approval_id from approval_seat s
                where s.tenant = $1 and s.holder = h.holder and s.holder <> '' and not $2 = any (s.barred)
                group by s.approval_id
                limit $6) held)) theirs
        group by approval_id limit $6) others) as groups,
    (select count(*) from (
        select id from (
            (select a.id from approval a where a.tenant = $1 and a.requester = $2 and a.open limit $6)
            union all
            (select a.id from approval a where a.tenant = $1 and a.for_whom = $2 and a.open limit $6)) asked
        group by id limit $6) requested) as requested";

pub(super) async fn approval_counts(
    pool: &Pool,
    tenant: &TenantId,
    me: &UserId,
    readers: &[Reader],
) -> Result<Counts, PortError> {
    let others: Vec<_> = readers
        .iter()
        .filter(|reader| !matches!(reader, Reader::User(user) if user == me))
        .map(ToString::to_string)
        .collect();
    let mut away = holders(me, readers);
    away.retain(|holder| holder != me.as_str());
    let mut transaction = pool.begin_by_index(tenant).await?;
    let row = pool
        .query(COUNTS)
        .bind(tenant.as_str())
        .bind(me.as_str())
        .bind(texts(readers))
        .bind(others)
        .bind(away)
        .bind(COUNT_MAX)
        .fetch_one(&mut *transaction)
        .await
        .map_err(port_error)?;
    transaction.rollback().await.map_err(port_error)?;
    let count = |column: &str| number(column, row.try_get::<i64, _>(column).map_err(port_error)?);
    Ok(Counts { mine: count("mine")?, groups: count("groups")?, requested: count("requested")? })
}
