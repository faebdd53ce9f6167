//! Who is at which document, on all nodes; kept alive by one task of each node for all of its connections.

use super::documents::living_access;
use super::hub::{Collaboration, group, name};
use super::place::Places;
use futures::StreamExt;
use octavo_domain_documents::{Access, Document};
use octavo_domain_kernel::{DocumentId, PortError, Principal, Reader, TenantId};
use octavo_domain_realtime::{ConnectionId, PresenceEntry};
use octavo_domain_signalr::Payload;
use parking_lot::Mutex;
use realtime_node_server::Caller;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Somebody is there for so many beats after the last one: a node that died is forgotten.
const BEATS_MISSED_MAX: u32 = 3;
/// What a beat may take beside.
const SLACK: Duration = Duration::from_secs(5);
/// Entries that are written at once.
const WRITES_AT_ONCE: usize = 32;
/// Documents that are read at once.
const DOCUMENTS_AT_ONCE: usize = 500;

/// This node's connections that are at documents.
#[derive(Default)]
pub(super) struct Here(Mutex<HashMap<DocumentId, HashMap<ConnectionId, Caller>>>);

impl Here {
    pub(super) fn add(&self, document: DocumentId, caller: &Caller) {
        self.0.lock().entry(document).or_default().insert(caller.id(), caller.clone());
    }

    pub(super) fn remove(&self, document: DocumentId, connection: &ConnectionId) {
        let mut here = self.0.lock();
        if let Some(callers) = here.get_mut(&document) {
            callers.remove(connection);
            if callers.is_empty() {
                here.remove(&document);
            }
        }
    }

    /// All of them, by tenant and document.
    fn all(&self) -> BTreeMap<TenantId, BTreeMap<DocumentId, Vec<Caller>>> {
        let mut tenants: BTreeMap<TenantId, BTreeMap<DocumentId, Vec<Caller>>> = BTreeMap::new();
        for (document, callers) in &*self.0.lock() {
            for caller in callers.values() {
                let of_tenant = tenants.entry(caller.tenant()).or_default();
                of_tenant.entry(*document).or_default().push(caller.clone());
            }
        }
        tenants
    }

    /// Those of a tenant at a document.
    pub(super) fn at(&self, tenant: &TenantId, document: DocumentId) -> Vec<Caller> {
        let here = self.0.lock();
        let callers = here.get(&document).into_iter().flat_map(HashMap::values);
        callers.filter(|caller| caller.tenant() == *tenant).cloned().collect()
    }
}

/// What is written of somebody at a document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Written {
    pub(super) user: String,
    pub(super) name: Option<String>,
    pub(super) state: Option<Payload>,
    /// The shares through which they have the document; never shown.
    #[serde(default)]
    pub(super) through: Vec<String>,
}

/// Somebody at a document, as clients see them.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Present {
    pub(super) connection: ConnectionId,
    pub(super) user: String,
    pub(super) name: Option<String>,
    pub(super) state: Option<Payload>,
}

/// The shares of `document` that apply to somebody.
pub(super) fn through(document: &Document, principal: &Principal) -> Vec<String> {
    let readers: BTreeSet<Reader> = principal.readers().into_iter().collect();
    let applying = document.grants.iter().map(|grant| &grant.reader).filter(|reader| readers.contains(*reader));
    applying.map(ToString::to_string).collect()
}

/// Whether somebody of whom only this was written has the document still. Whoever has got it by another share meanwhile
/// seems to have lost it, and joins again.
pub(super) fn has_still(document: &Document, written: &Written) -> bool {
    let shared = |reader: &Reader| written.through.contains(&reader.to_string());
    document.deleted_at.is_none()
        && (document.owner.as_str() == written.user || document.grants.iter().any(|grant| shared(&grant.reader)))
}

impl Collaboration {
    fn ttl(&self) -> Duration {
        self.ports.beat * BEATS_MISSED_MAX + SLACK
    }

    fn written(&self, caller: &Caller, document: DocumentId) -> Option<Written> {
        let principal = caller.principal();
        caller.state(|places: &mut Places| {
            places.get(document).map(|place| Written {
                user: principal.user.to_string(),
                name: principal.name.clone(),
                state: place.state.clone(),
                through: place.through.clone(),
            })
        })
    }

    /// Writes down that a connection is at a document. Nothing where it is not.
    pub(super) async fn write(&self, caller: &Caller, document: DocumentId) -> Result<(), PortError> {
        let Some(written) = self.written(caller, document) else { return Ok(()) };
        let state = serde_json::to_vec(&written).map_err(PortError::corrupt)?;
        let entry = PresenceEntry { connection: caller.id(), state: state.into() };
        let directory = &self.ports.directory;
        directory.presence_put(&caller.tenant(), &name(), &document.to_string(), &entry, self.ttl()).await?;
        // It left while this was on its way: what was written last must not be that it is there.
        if self.written(caller, document).is_none() || caller.is_gone() {
            directory.presence_remove(&caller.tenant(), &name(), &document.to_string(), &caller.id()).await?;
        }
        Ok(())
    }

    /// Writes down that it is not there any more.
    pub(super) async fn erase(&self, tenant: &TenantId, document: DocumentId, connection: &ConnectionId) {
        let place = document.to_string();
        if let Err(error) = self.ports.directory.presence_remove(tenant, &name(), &place, connection).await {
            // Its time ends anyway.
            tracing::debug!(%error, "a presence was not removed");
        }
    }

    /// Who is at a document, with what is written of them.
    pub(super) async fn listed(
        &self,
        tenant: &TenantId,
        document: DocumentId,
    ) -> Result<Vec<(ConnectionId, Written)>, PortError> {
        let entries = self.ports.directory.presence_list(tenant, &name(), &document.to_string()).await?;
        // What cannot be read is of a node of another version.
        let read = |entry: PresenceEntry| Some((entry.connection, serde_json::from_slice(&entry.state).ok()?));
        Ok(entries.into_iter().filter_map(read).collect())
    }

    /// Who is at a document, for its clients: of all nodes, or of this one while nothing of the others can be known.
    pub(super) async fn present(&self, tenant: &TenantId, document: DocumentId) -> Vec<Present> {
        let listed = match self.listed(tenant, document).await {
            Ok(listed) => listed,
            Err(error) => {
                tracing::warn!(%error, "only those of this node are known to be present");
                let here = self.here.at(tenant, document);
                here.iter().filter_map(|caller| Some((caller.id(), self.written(caller, document)?))).collect()
            }
        };
        let shown = |(connection, written): (ConnectionId, Written)| {
            let Written { user, name, state, .. } = written;
            Present { connection, user, name, state }
        };
        listed.into_iter().map(shown).collect()
    }

    /// Keeps this node's connections present until `stop`.
    pub(in super::super) async fn run(&self, stop: CancellationToken) {
        let mut beat = tokio::time::interval(self.ports.beat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = beat.tick() => self.beat().await,
            }
        }
    }

    /// Looks at the rights of this node's connections again, puts out whoever lost a document, and writes down that the others
    /// are still there.
    pub(super) async fn beat(&self) {
        let tenants = self.here.all();
        for (tenant, callers) in &tenants {
            let ids: Vec<DocumentId> = callers.keys().copied().collect();
            for ids in ids.chunks(DOCUMENTS_AT_ONCE) {
                match self.ports.documents.document_get_many(tenant, ids).await {
                    Ok(found) => self.look_again(ids, &found, callers).await,
                    // Nobody is put out because the database is away.
                    Err(error) => tracing::warn!(%error, "rights could not be looked at again"),
                }
            }
        }
        let mut all: Vec<(Caller, DocumentId)> = Vec::new();
        for (document, callers) in tenants.values().flatten() {
            all.extend(callers.iter().map(|caller| (caller.clone(), *document)));
        }
        let writing =
            futures::stream::iter(all).map(|(caller, document)| async move { self.write(&caller, document).await });
        let results: Vec<_> = writing.buffer_unordered(WRITES_AT_ONCE).collect().await;
        let failed = results.iter().filter_map(|result| result.as_ref().err()).count();
        if failed > 0 {
            tracing::warn!(failed, "presences were not prolonged");
        }
    }

    async fn look_again(&self, ids: &[DocumentId], found: &[Document], callers: &BTreeMap<DocumentId, Vec<Caller>>) {
        for id in ids {
            let document = found.iter().find(|document| document.id == *id);
            for caller in callers.get(id).into_iter().flatten() {
                let principal = caller.principal();
                match document {
                    Some(document) if living_access(document, &principal) > Access::None => {
                        let through = through(document, &principal);
                        let is_there = caller.state(|places: &mut Places| places.refresh(*id, through));
                        // Another node may have put it out by what it knew.
                        if is_there && !caller.in_group(&group(*id)) && caller.join(&group(*id)).is_err() {
                            tracing::debug!("a connection did not come back into its group");
                        }
                    }
                    _ => self.put_out(caller, *id, document).await,
                }
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use octavo_domain_documents::{Content, Grant, MediaType, Role};
    use uuid::Uuid;

    pub(in super::super) fn document(readers: &[&str]) -> Document {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        let grant = |reader: &&str| Grant {
            reader: reader.parse().unwrap(),
            role: Role::Viewer,
            granted_by: "ada".parse().unwrap(),
            granted_at: at,
        };
        Document {
            id: DocumentId(Uuid::from_u128(1)),
            tenant: "acme".parse().unwrap(),
            revision: 1,
            version: 1,
            content: Content {
                hash: "0".repeat(64).parse().unwrap(),
                size: 1,
                media_type: MediaType::Markdown,
                file_name: None,
                text_chars: 1,
                text_truncated: false,
            },
            title: "Plan".to_owned(),
            tags: Vec::new(),
            metadata: Default::default(),
            owner: "ada".parse().unwrap(),
            grants: readers.iter().map(grant).collect(),
            created_at: at,
            updated_at: at,
            updated_by: "ada".parse().unwrap(),
            deleted_at: None,
        }
    }

    fn written(user: &str, through: &[&str]) -> Written {
        let through = through.iter().map(|reader| (*reader).to_owned()).collect();
        Written { user: user.to_owned(), name: None, state: None, through }
    }

    #[test]
    fn whoever_has_lost_the_last_of_their_shares_is_known_by_what_was_written() {
        let shared = document(&["user:bob", "group:legal"]);
        assert!(has_still(&shared, &written("ada", &[])), "its owner");
        assert!(has_still(&shared, &written("bob", &["user:bob"])));
        assert!(has_still(&shared, &written("cyd", &["group:legal", "group:gone"])));
        assert!(!has_still(&shared, &written("dan", &["group:gone"])));
        assert!(!has_still(&shared, &written("dan", &[])));
        let deleted = Document { deleted_at: Some(DateTime::UNIX_EPOCH), ..shared };
        assert!(!has_still(&deleted, &written("ada", &[])), "nobody works on a deleted one");
    }

    #[test]
    fn only_the_shares_that_apply_are_written() {
        let principal = Principal {
            tenant: "acme".parse().unwrap(),
            user: "cyd".parse().unwrap(),
            name: None,
            groups: ["legal".parse().unwrap(), "other".parse().unwrap()].into(),
            roles: Default::default(),
            api_key: None,
        };
        assert_eq!(through(&document(&["user:bob", "group:legal"]), &principal), ["group:legal"]);
    }
}
