//! Makes a change true: puts a long history away, commits, and tells who has something to do now.

use super::change::{Change, ChunkBody};
use super::execution::ExecutionId;
use super::message::{STEP_QUEUE, wake_message};
use super::ports::{Committed, ExecutionStore};
use super::progress::Progress;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{
    BlobKey, BlobStore, ContentHash, Ids, Message, PortError, Queue, QueueName, TenantId, UserId,
};

/// Events of one wake that are longer than this lie in object storage, in bytes.
pub const HISTORY_INLINE_BYTES_MAX: usize = 32 * 1024;

/// What a change is made true with.
#[derive(Clone, Copy)]
pub struct Keeper<'a> {
    /// Where executions are.
    pub store: &'a dyn ExecutionStore,
    /// Where long histories are.
    pub blobs: &'a dyn BlobStore,
    /// Where the doorbell is.
    pub queue: &'a dyn Queue,
    /// New identifiers.
    pub ids: &'a dyn Ids,
    /// The queue of the realtime nodes; none where nobody watches.
    pub watchers: Option<&'a QueueName>,
}

/// Who commits.
#[derive(Debug, Clone, Copy)]
pub struct Worker<'a> {
    /// Its name, unique among processes.
    pub name: &'a str,
    /// Until when it holds the new tasks.
    pub until: DateTime<Utc>,
}

impl Keeper<'_> {
    /// Makes `change` true, and when it is, rings for every execution that has something to do and tells whoever watches.
    /// With a `worker` the change's new tasks are its own to do, and nobody is rung for them.
    ///
    /// Ringing and telling may fail without harm: what is due is found by whoever looks for due rows.
    pub async fn keep(
        &self,
        tenant: &TenantId,
        change: &mut Change,
        started_by: &UserId,
        worker: Option<Worker<'_>>,
    ) -> Result<Committed, PortError> {
        let progress = self.watchers.map(|queue| (queue, Progress::of(change, started_by)));
        self.put_history_away(tenant, change).await?;
        let lease = worker.map(|worker| (worker.name, worker.until));
        let committed = self.store.execution_commit(tenant, change, lease).await?;
        if committed == Committed::Done {
            self.ring(tenant, &change.rings(worker.is_some()), change.at).await;
            if let Some((queue, progress)) = progress {
                let message = progress.message(self.ids.next(), tenant, change.at);
                if let Err(error) = self.queue.send(queue, &[message]).await {
                    tracing::debug!(%error, execution = %change.id, "nobody was told that an execution changed");
                }
            }
        }
        Ok(committed)
    }

    /// Rings for executions that have something to do. A bell that is not heard costs time: what is due is found later.
    pub async fn ring(&self, tenant: &TenantId, executions: &[ExecutionId], at: DateTime<Utc>) {
        if executions.is_empty() {
            return;
        }
        let message = |execution: &ExecutionId| wake_message(self.ids.next(), tenant, *execution, at).message;
        let messages: Vec<Message> = executions.iter().map(message).collect();
        let queue = STEP_QUEUE.parse().expect("the constant is a queue name");
        if let Err(error) = self.queue.send(&queue, &messages).await {
            tracing::warn!(%error, executions = executions.len(), "the doorbell was not rung");
        }
    }

    async fn put_history_away(&self, tenant: &TenantId, change: &mut Change) -> Result<(), PortError> {
        let Some(chunk) = &mut change.history else { return Ok(()) };
        let ChunkBody::Inline(bytes) = &mut chunk.body else { return Ok(()) };
        if bytes.len() <= HISTORY_INLINE_BYTES_MAX {
            return Ok(());
        }
        let hash = ContentHash::try_from(blake3::hash(bytes).to_hex().to_string()).map_err(PortError::corrupt)?;
        let key = BlobKey::workflow_history(tenant, &hash);
        // By its hash: a change that is thrown away and decided anew leaves nothing that would be in the way.
        self.blobs.put(&key, Bytes::from(std::mem::take(bytes)), "application/json").await?;
        chunk.body = ChunkBody::Blob(hash);
        Ok(())
    }
}
