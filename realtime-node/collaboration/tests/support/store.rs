//! Rooms kept in memory. What is acknowledged stays, whatever becomes of the nodes.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_collaboration::{LoadedRoom, Replica, RoomSave, RoomStore, RoomUpdate, StoredUpdate};
use octavo_domain_kernel::{Clock, DocumentId, PortError, TenantId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

#[derive(Default)]
struct Kept {
    room: LoadedRoom,
    unsaved_since: Option<DateTime<Utc>>,
}

#[derive(Default)]
pub(crate) struct MemoryStore {
    rooms: Mutex<HashMap<(TenantId, DocumentId), Kept>>,
    next: AtomicI64,
    away: AtomicBool,
    pub(crate) loads: AtomicUsize,
    pub(crate) appends: AtomicUsize,
    pub(crate) compactions: AtomicUsize,
}

impl MemoryStore {
    pub(crate) fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), PortError> {
        if self.away.load(Ordering::SeqCst) { Err(PortError::unavailable("switched off")) } else { Ok(()) }
    }

    pub(crate) fn updates(&self, tenant: &TenantId, document: DocumentId) -> usize {
        self.loaded(tenant, document).updates.len()
    }

    pub(crate) fn loaded(&self, tenant: &TenantId, document: DocumentId) -> LoadedRoom {
        let rooms = self.rooms.lock();
        rooms.get(&(tenant.clone(), document)).map(|kept| kept.room.clone()).unwrap_or_default()
    }

    /// What a node that opens the room would have.
    pub(crate) fn replica(&self, tenant: &TenantId, document: DocumentId) -> Replica {
        let (room, mut replica) = (self.loaded(tenant, document), Replica::default());
        for update in room.snapshot.iter().chain(room.updates.iter().map(|stored| &stored.update)) {
            replica.absorb(update).unwrap();
        }
        replica
    }

    pub(crate) fn text(&self, tenant: &TenantId, document: DocumentId) -> String {
        self.replica(tenant, document).text()
    }
}

#[async_trait]
impl RoomStore for MemoryStore {
    async fn room_load(&self, tenant: &TenantId, document: DocumentId) -> Result<LoadedRoom, PortError> {
        tokio::task::yield_now().await;
        self.check()?;
        self.loads.fetch_add(1, Ordering::SeqCst);
        Ok(self.loaded(tenant, document))
    }

    async fn room_append(&self, tenant: &TenantId, updates: &[RoomUpdate]) -> Result<Vec<i64>, PortError> {
        tokio::task::yield_now().await;
        self.check()?;
        self.appends.fetch_add(1, Ordering::SeqCst);
        let mut rooms = self.rooms.lock();
        let mut ids = Vec::new();
        for update in updates {
            let id = self.next.fetch_add(1, Ordering::SeqCst);
            let kept = rooms.entry((tenant.clone(), update.document)).or_default();
            kept.room.updates.push(StoredUpdate { id, update: update.update.clone(), by: update.by.clone() });
            kept.unsaved_since.get_or_insert(octavo_adapters_system::SystemClock.now());
            ids.push(id);
        }
        Ok(ids)
    }

    async fn room_compact(
        &self,
        tenant: &TenantId,
        document: DocumentId,
        snapshot: &Bytes,
        merged: &[i64],
    ) -> Result<bool, PortError> {
        self.check()?;
        let mut rooms = self.rooms.lock();
        let room = &mut rooms.entry((tenant.clone(), document)).or_default().room;
        if !merged.iter().all(|id| room.updates.iter().any(|stored| stored.id == *id)) {
            return Ok(false);
        }
        room.updates.retain(|stored| !merged.contains(&stored.id));
        room.snapshot = Some(snapshot.clone());
        self.compactions.fetch_add(1, Ordering::SeqCst);
        Ok(true)
    }

    async fn room_saved(&self, tenant: &TenantId, document: DocumentId, save: &RoomSave) -> Result<(), PortError> {
        self.check()?;
        let mut rooms = self.rooms.lock();
        let kept = rooms.entry((tenant.clone(), document)).or_default();
        if save.version >= kept.room.version {
            kept.room.version = save.version;
            kept.room.saved = Some(save.state_vector.clone());
            kept.unsaved_since = None;
        }
        Ok(())
    }

    async fn room_unsaved(
        &self,
        older_than: DateTime<Utc>,
        limit: u16,
    ) -> Result<Vec<(TenantId, DocumentId)>, PortError> {
        self.check()?;
        let rooms = self.rooms.lock();
        let old = rooms.iter().filter(|(_, kept)| kept.unsaved_since.is_some_and(|since| since < older_than));
        Ok(old.map(|(key, _)| key.clone()).take(limit.into()).collect())
    }
}
