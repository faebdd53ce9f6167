//! A page of an execution's events, from its chunks.

use crate::Deps;
use octavo_domain_kernel::{BlobKey, PortError, PortErrorKind, TenantId};
use octavo_domain_workflow::engine::{Chunk, ChunkBody, ExecutionId};
use octavo_domain_workflow::history::Record;
use serde_json::Value;

/// Events that are asked for at once: their chunks are in memory together.
const EVENTS_AT_ONCE: u32 = 200;
/// A page ends early when its events are longer than this, in bytes of JSON: an answer of AWS Lambda holds 6 MB, and texts
/// within texts are escaped once more.
const PAGE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Which events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// The first one's id.
    pub(crate) first: u64,
    /// How many at most.
    pub(crate) limit: u32,
    /// Whether older ones follow newer ones.
    pub(crate) reverse: bool,
    /// Whether inputs and outputs are shown.
    pub(crate) data: bool,
}

/// The events in the API's form, and the id of the next one, if there is one.
pub(crate) async fn page(
    deps: &Deps,
    tenant: &TenantId,
    id: ExecutionId,
    wanted: Wanted,
) -> Result<(Vec<Value>, Option<u64>), PortError> {
    let (mut events, mut bytes) = (Vec::new(), 0);
    let mut at = wanted.first;
    // One more than is shown tells whether there are more.
    while at > 0 && bytes < PAGE_BYTES_MAX {
        let left = (u64::from(wanted.limit) + 1).saturating_sub(events.len() as u64);
        let ask = u32::try_from(left).unwrap_or(EVENTS_AT_ONCE).min(EVENTS_AT_ONCE);
        let chunks = deps.reads.history_read(tenant, id, at, ask, wanted.reverse).await?;
        let before = at;
        for chunk in chunks {
            let records = records(deps, tenant, chunk).await?;
            for record in ordered(records, wanted.reverse) {
                if record.id != at {
                    continue;
                }
                if events.len() >= wanted.limit as usize || (bytes >= PAGE_BYTES_MAX && !events.is_empty()) {
                    return Ok((events, Some(at)));
                }
                let event = shown(&record, wanted.data);
                bytes += event.to_string().len();
                events.push(event);
                at = if wanted.reverse { at - 1 } else { at + 1 };
            }
        }
        if at == before {
            return Ok((events, None));
        }
    }
    Ok((events, (at > 0).then_some(at)))
}

fn ordered(mut records: Vec<Record>, reverse: bool) -> Vec<Record> {
    if reverse {
        records.reverse();
    }
    records
}

async fn records(deps: &Deps, tenant: &TenantId, chunk: Chunk) -> Result<Vec<Record>, PortError> {
    let read = |bytes: &[u8]| Chunk::records(bytes).map_err(PortError::corrupt);
    match chunk.body {
        ChunkBody::Inline(bytes) => read(&bytes),
        ChunkBody::Blob(hash) => {
            let found = deps.blobs.get(&BlobKey::workflow_history(tenant, &hash)).await?;
            read(&found.ok_or_else(|| PortError::new(PortErrorKind::Corrupt, "events are missing in object storage"))?)
        }
    }
}

/// An event in the API's form.
fn shown(record: &Record, data: bool) -> Value {
    let mut event = record.to_wire();
    if !data && let Value::Object(members) = &mut event {
        for details in members.values_mut().filter_map(Value::as_object_mut) {
            for name in ["input", "output", "parameters", "assignedVariables"] {
                details.remove(name);
            }
        }
    }
    event
}
