//! Rooms: documents that are edited together.
//!
//! An append writes the room's row and its updates; a compaction writes the snapshot and deletes updates. They meet
//! nowhere, so neither waits for the other.

use crate::error::{commit_error, port_error};
use crate::row::{number, parse};
use crate::{Postgres, Relay};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_collaboration::{LoadedRoom, ROOM_BYTES_MAX, RoomSave, RoomStore, RoomUpdate, StoredUpdate};
use octavo_domain_kernel::{DocumentId, PortError, TenantId, UserId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

/// Updates of one append.
const APPEND_MAX: usize = 1_000;
/// Bytes of a snapshot or of merged updates. More than a room may have: what was on its way when a room became full is
/// still kept, and a room in which several nodes wrote at that moment can still be compacted.
const BODY_BYTES_MAX: usize = 2 * ROOM_BYTES_MAX;

/// One statement, and so of one moment: between two a compaction could take away what the first did not see.
const LOAD: &str = "
select null::bigint as id, s.snapshot as body, null::text as by_user, coalesce(r.version, 0) as version, r.saved
from (select 1) one
left join room r on r.tenant = $1 and r.document_id = $2
left join room_snapshot s on s.tenant = $1 and s.document_id = $2
union all
select id, update, by_user, 0, null from room_update where tenant = $1 and document_id = $2
order by id nulls first";

/// Rooms in one order, or two appends of several rooms could wait for each other. The ids are drawn in the order of the
/// places, so sorted they are in the order of what was given.
const APPEND: &str = "
with
incoming as (
    select document_id, body, by_user, place
    from unnest($2::uuid[], $3::bytea[], $4::text[]) with ordinality as u (document_id, body, by_user, place)
),
touched as (
    insert into room (tenant, document_id, unsaved_since, changed_at)
    select $1, document_id, clock_timestamp(), clock_timestamp()
    from (select distinct document_id from incoming) d order by document_id
    on conflict (tenant, document_id) do update set
        unsaved_since = coalesce(room.unsaved_since, excluded.unsaved_since), changed_at = excluded.changed_at
)
insert into room_update (tenant, document_id, update, by_user)
select $1, document_id, body, by_user from incoming order by place
returning id";

/// Of two at once, the second waits here for the first and then deletes less than it merged.
const FORGET: &str = "delete from room_update where tenant = $1 and document_id = $2 and id = any ($3::bigint[])";

const SNAPSHOT: &str = "
insert into room_snapshot (tenant, document_id, snapshot) values ($1, $2, $3)
on conflict (tenant, document_id) do update set snapshot = excluded.snapshot";

/// What was appended after the state vector was taken is still unsaved.
const SAVED: &str = "
insert into room (tenant, document_id, version, saved) values ($1, $2, $3, $4)
on conflict (tenant, document_id) do update set
    version = excluded.version, saved = excluded.saved,
    unsaved_since = case when room.changed_at > $5 then greatest(room.unsaved_since, $5) end
    where room.version <= excluded.version";

const UNSAVED: &str = "
select tenant, document_id from room where unsaved_since <= $1 order by unsaved_since limit $2";

/// The rooms of all tenants: each in its own through [`Postgres`], and through [`Relay`] the names of those that wait to
/// be written.
#[derive(Debug, Clone)]
pub struct Rooms {
    postgres: Postgres,
    relay: Relay,
}

impl Rooms {
    /// Shares the connections of both.
    pub fn new(postgres: Postgres, relay: Relay) -> Self {
        Self { postgres, relay }
    }
}

#[derive(FromRow)]
struct RoomRow {
    id: Option<i64>,
    body: Option<Vec<u8>>,
    by_user: Option<String>,
    version: i32,
    saved: Option<Vec<u8>>,
}

#[async_trait]
impl RoomStore for Rooms {
    async fn room_load(&self, tenant: &TenantId, document: DocumentId) -> Result<LoadedRoom, PortError> {
        let pool = &self.postgres.pool;
        let mut transaction = pool.begin(tenant).await?;
        let rows = pool
            .query(LOAD)
            .bind(tenant.as_str())
            .bind(document.0)
            .fetch_all(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        loaded(&rows)
    }

    async fn room_append(&self, tenant: &TenantId, updates: &[RoomUpdate]) -> Result<Vec<i64>, PortError> {
        if updates.is_empty() {
            return Ok(Vec::new());
        }
        if updates.len() > APPEND_MAX {
            return Err(PortError::corrupt(format!("at most {APPEND_MAX} updates are appended at once")));
        }
        for update in updates {
            check("an update", &update.update)?;
        }
        let pool = &self.postgres.pool;
        let mut transaction = pool.begin(tenant).await?;
        let rows = pool
            .query(APPEND)
            .bind(tenant.as_str())
            .bind(updates.iter().map(|update| update.document.0).collect::<Vec<_>>())
            .bind(updates.iter().map(|update| update.update.as_ref()).collect::<Vec<_>>())
            .bind(updates.iter().map(|update| update.by.as_str()).collect::<Vec<_>>())
            .fetch_all(&mut *transaction)
            .await
            .map_err(port_error)?;
        let mut ids =
            rows.iter().map(|row| row.try_get(0).map_err(port_error)).collect::<Result<Vec<i64>, PortError>>()?;
        transaction.commit().await.map_err(commit_error)?;
        ids.sort_unstable();
        Ok(ids)
    }

    async fn room_compact(
        &self,
        tenant: &TenantId,
        document: DocumentId,
        snapshot: &Bytes,
        merged: &[i64],
    ) -> Result<bool, PortError> {
        let mut ids = merged.to_vec();
        ids.sort_unstable();
        ids.dedup();
        // Without one in common, a compaction that came between could not be told from none.
        if ids.is_empty() {
            return Err(PortError::corrupt("a compaction merges at least one update"));
        }
        check("a snapshot", snapshot)?;
        let pool = &self.postgres.pool;
        let mut transaction = pool.begin(tenant).await?;
        let forgotten = pool
            .query(FORGET)
            .bind(tenant.as_str())
            .bind(document.0)
            .bind(&ids)
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        if forgotten.rows_affected() != number::<_, u64>("merged", ids.len())? {
            transaction.rollback().await.map_err(port_error)?;
            return Ok(false);
        }
        pool.query(SNAPSHOT)
            .bind(tenant.as_str())
            .bind(document.0)
            .bind(snapshot.as_ref())
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)?;
        Ok(true)
    }

    async fn room_saved(&self, tenant: &TenantId, document: DocumentId, save: &RoomSave) -> Result<(), PortError> {
        if save.state_vector.len() > ROOM_BYTES_MAX {
            return Err(PortError::corrupt("a state vector is larger than a room may be"));
        }
        let pool = &self.postgres.pool;
        let mut transaction = pool.begin(tenant).await?;
        pool.query(SAVED)
            .bind(tenant.as_str())
            .bind(document.0)
            .bind(number::<_, i32>("version", save.version)?)
            .bind(save.state_vector.as_ref())
            .bind(save.at)
            .execute(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.commit().await.map_err(commit_error)
    }

    async fn room_unsaved(
        &self,
        older_than: DateTime<Utc>,
        limit: u16,
    ) -> Result<Vec<(TenantId, DocumentId)>, PortError> {
        let pool = self.relay.pool();
        let mut transaction = pool.begin_without_tenant().await?;
        let rows = pool
            .query(UNSAVED)
            .bind(older_than)
            .bind(i64::from(limit))
            .fetch_all(&mut *transaction)
            .await
            .map_err(port_error)?;
        transaction.rollback().await.map_err(port_error)?;
        let named = |row: &PgRow| {
            let tenant: String = row.try_get("tenant").map_err(port_error)?;
            let document: Uuid = row.try_get("document_id").map_err(port_error)?;
            Ok((parse("tenant", &tenant)?, DocumentId(document)))
        };
        rows.iter().map(named).collect()
    }
}

fn check(what: &str, bytes: &Bytes) -> Result<(), PortError> {
    if (1..=BODY_BYTES_MAX).contains(&bytes.len()) {
        return Ok(());
    }
    Err(PortError::corrupt(format!("{what} has 1 to {BODY_BYTES_MAX} bytes, not {}", bytes.len())))
}

/// The first row is the room's, the others are updates.
fn loaded(rows: &[PgRow]) -> Result<LoadedRoom, PortError> {
    let mut room = LoadedRoom::default();
    for row in rows {
        let row = RoomRow::from_row(row).map_err(port_error)?;
        match (row.id, row.body, row.by_user) {
            (Some(id), Some(update), Some(by)) => {
                let by: UserId = parse("by_user", &by)?;
                room.updates.push(StoredUpdate { id, update: update.into(), by });
            }
            (_, snapshot, _) => {
                room.snapshot = snapshot.map(Bytes::from);
                room.version = number("version", row.version)?;
                room.saved = row.saved.map(Bytes::from);
            }
        }
    }
    Ok(room)
}
