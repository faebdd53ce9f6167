//! Object storage and a queue that do as a test says.

use async_trait::async_trait;
use bytes::Bytes;
use octavo_domain_kernel::{BlobInfo, BlobKey, BlobStore, Ids, Message, PortError, Queue, QueueDepth, QueueName};
use octavo_testing::ids::unique;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use uuid::Uuid;

pub(crate) struct Drawn;

impl Ids for Drawn {
    fn next(&self) -> Uuid {
        // Version 7 of a moment that has its month, with all else by chance.
        let (moment, chance) = (1_767_268_800_000_u128, unique().as_u128());
        let bits = (moment << 80) | (chance & ((1 << 80) - 1));
        let bits = (bits & !(0xf_u128 << 76)) | (7 << 76);
        Uuid::from_u128((bits & !(3_u128 << 62)) | (2 << 62))
    }
}

#[derive(Default)]
pub(crate) struct Blobs(Mutex<HashMap<String, Bytes>>);

#[async_trait]
impl BlobStore for Blobs {
    async fn put(&self, key: &BlobKey, bytes: Bytes, _: &str) -> Result<(), PortError> {
        self.0.lock().insert(key.as_str().to_owned(), bytes);
        Ok(())
    }

    async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, PortError> {
        Ok(self.0.lock().get(key.as_str()).cloned())
    }

    async fn get_range(&self, _: &BlobKey, _: Range<u64>) -> Result<Option<Bytes>, PortError> {
        Err(PortError::unavailable("nobody asks for a part"))
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobInfo>, PortError> {
        Ok(self.get(key).await?.map(|bytes| BlobInfo { size: bytes.len() as u64 }))
    }

    async fn delete(&self, _: &BlobKey) -> Result<(), PortError> {
        Err(PortError::unavailable("nobody deletes"))
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}

/// Keeps what is sent.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) messages: Mutex<Vec<(String, Message)>>,
    pub(crate) away: AtomicBool,
}

#[async_trait]
impl Queue for Sent {
    async fn send(&self, queue: &QueueName, messages: &[Message]) -> Result<(), PortError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(PortError::unavailable("told to be away"));
        }
        self.messages.lock().extend(messages.iter().map(|message| (queue.to_string(), message.clone())));
        Ok(())
    }

    async fn depth(&self, _: &QueueName) -> Result<QueueDepth, PortError> {
        Ok(QueueDepth::default())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}
