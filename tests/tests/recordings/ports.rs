//! What surrounds the functions here: people without passwords, a doorbell that is only remembered, objects in memory.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{
    AuthenticateError, Authenticator, BlobInfo, BlobKey, BlobStore, Clock, Ids, Message, PortError, Principal, Queue,
    QueueDepth, QueueName, Sealer, TenantId,
};
use octavo_domain_workflow::engine::outside::{HttpCall, HttpCaller, HttpRefusal, HttpReply};
use octavo_domain_workflow::engine::{ExecutionId, StepObserver, StepTally, WAKE, WakeBody};
use octavo_testing::build::principal;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// A token here is a person of acme, who may change definitions.
pub(crate) struct Tokens;

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, token: &str) -> Result<Principal, AuthenticateError> {
        let mut person = principal("acme", token);
        person.roles.insert("admin".to_owned());
        Ok(person)
    }
}

/// The bells that were rung and not answered.
#[derive(Default)]
pub(crate) struct Bells(Mutex<VecDeque<ExecutionId>>);

impl Bells {
    pub(crate) fn next(&self) -> Option<ExecutionId> {
        self.0.lock().pop_front()
    }

    pub(crate) fn ring(&self, execution: ExecutionId) {
        self.0.lock().push_back(execution);
    }

    pub(crate) fn forget(&self) {
        self.0.lock().clear();
    }
}

#[async_trait]
impl Queue for Bells {
    async fn send(&self, _: &QueueName, messages: &[Message]) -> Result<(), PortError> {
        for message in messages.iter().filter(|message| message.kind == WAKE) {
            let body: WakeBody = serde_json::from_value(message.body.clone()).map_err(PortError::corrupt)?;
            self.ring(body.execution);
        }
        Ok(())
    }

    async fn depth(&self, _: &QueueName) -> Result<QueueDepth, PortError> {
        Ok(QueueDepth::default())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}

/// Objects.
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

    async fn get_range(&self, key: &BlobKey, range: Range<u64>) -> Result<Option<Bytes>, PortError> {
        let whole = self.get(key).await?;
        let part = |whole: Bytes| {
            let end = usize::try_from(range.end).unwrap_or(usize::MAX).min(whole.len());
            whole.slice(usize::try_from(range.start).unwrap_or(end).min(end)..end)
        };
        Ok(whole.map(part))
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobInfo>, PortError> {
        Ok(self.get(key).await?.map(|bytes| BlobInfo { size: bytes.len() as u64 }))
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), PortError> {
        self.0.lock().remove(key.as_str());
        Ok(())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}

/// No endpoint is reached from here.
pub(crate) struct Nowhere;

#[async_trait]
impl HttpCaller for Nowhere {
    async fn http_call(&self, call: HttpCall) -> Result<HttpReply, HttpRefusal> {
        Err(HttpRefusal::Socket(format!("nobody listens at {}", call.url)))
    }
}

/// Nobody looks at figures here.
pub(crate) struct Unseen;

impl StepObserver for Unseen {
    fn batch(&self, _: DateTime<Utc>, _: Duration, _: &StepTally) {}
}

/// Nothing here is secret.
pub(crate) struct Open;

impl Sealer for Open {
    fn seal(&self, _: &TenantId, _: &str, plain: &[u8]) -> Bytes {
        Bytes::copy_from_slice(plain)
    }

    fn open(&self, _: &TenantId, _: &str, sealed: &[u8]) -> Result<Bytes, PortError> {
        Ok(Bytes::copy_from_slice(sealed))
    }
}

/// Identifiers of the clock's time: an execution's tells the month that it is kept in.
pub(crate) struct Counted {
    clock: Arc<dyn Clock>,
    drawn: AtomicU64,
}

impl Counted {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, drawn: AtomicU64::new(0) }
    }
}

impl Ids for Counted {
    fn next(&self) -> Uuid {
        let now: DateTime<Utc> = self.clock.now();
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
        // Spread, because chance is made of these bits.
        let spread = [drawn.wrapping_mul(0x9E37_79B9_7F4A_7C15), drawn.wrapping_mul(0xD1B5_4A32_D192_ED03)];
        let bytes: Vec<u8> = spread.iter().flat_map(|bits| bits.to_be_bytes()).take(10).collect();
        let mut random = [0; 10];
        random.copy_from_slice(&bytes);
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}
