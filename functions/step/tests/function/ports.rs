//! Functions, endpoints, object storage and a queue that do as a test says.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{
    BlobInfo, BlobKey, BlobStore, Ids, Message, PortError, Queue, QueueDepth, QueueName, Sealer, TenantId,
};
use octavo_domain_workflow::engine::outside::{
    FunctionCall, FunctionCaller, FunctionRefusal, FunctionReply, HttpCall, HttpCaller, HttpRefusal, HttpReply,
};
use octavo_domain_workflow::engine::{StepObserver, StepTally};
use octavo_testing::ids::unique;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
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

/// What a function does with its payload.
pub(crate) type Behaviour = Arc<dyn Fn(&Value) -> Result<Value, (&'static str, &'static str)> + Send + Sync>;

/// Functions by name. `echo` answers its payload; one that nobody defined is not found.
pub(crate) struct Functions {
    pub(crate) known: Mutex<HashMap<String, Behaviour>>,
    /// Name, payload and idempotency key of each call.
    pub(crate) calls: Mutex<Vec<(String, Value, String)>>,
    /// While it is shut, calls wait.
    pub(crate) gate: Semaphore,
    pub(crate) gated: AtomicBool,
}

impl Default for Functions {
    fn default() -> Self {
        let echo: Behaviour = Arc::new(|payload| Ok(payload.clone()));
        let known = Mutex::new(HashMap::from([("echo".to_owned(), echo)]));
        Self { known, calls: Mutex::default(), gate: Semaphore::new(0), gated: AtomicBool::new(false) }
    }
}

impl Functions {
    pub(crate) fn define(
        &self,
        name: &str,
        behaviour: impl Fn(&Value) -> Result<Value, (&'static str, &'static str)> + Send + Sync + 'static,
    ) {
        self.known.lock().insert(name.to_owned(), Arc::new(behaviour));
    }

    pub(crate) fn count(&self) -> usize {
        self.calls.lock().len()
    }
}

pub(crate) fn context(call: &str) -> Value {
    use base64::Engine;
    serde_json::from_slice(&base64::prelude::BASE64_STANDARD.decode(call).unwrap()).unwrap()
}

#[async_trait]
impl FunctionCaller for Functions {
    async fn function_invoke(&self, call: FunctionCall) -> Result<FunctionReply, FunctionRefusal> {
        let payload: Value = serde_json::from_slice(&call.payload).unwrap();
        let key = context(&call.client_context)["custom"]["idempotency_key"].as_str().unwrap().to_owned();
        self.calls.lock().push((call.name.clone(), payload.clone(), key));
        if self.gated.load(Ordering::SeqCst) {
            self.gate.acquire().await.unwrap().forget();
        }
        let Some(behaviour) = self.known.lock().get(&call.name).cloned() else {
            return Err(FunctionRefusal::Refused {
                code: "ResourceNotFoundException".to_owned(),
                message: format!("Function not found: {}", call.name),
                status: 404,
                request_id: Some("r-1".to_owned()),
            });
        };
        let (payload, function_error) = match behaviour(&payload) {
            Ok(answer) => (answer, None),
            Err((kind, message)) => (json!({"errorType": kind, "errorMessage": message}), Some("Unhandled".to_owned())),
        };
        Ok(FunctionReply {
            status: 200,
            executed_version: Some("$LATEST".to_owned()),
            request_id: Some("r-1".to_owned()),
            function_error,
            payload: Bytes::from(payload.to_string()),
        })
    }
}

/// Answers every request in the same way.
pub(crate) struct Endpoints {
    pub(crate) answer: Mutex<Result<HttpReply, HttpRefusal>>,
    pub(crate) calls: Mutex<Vec<HttpCall>>,
}

impl Default for Endpoints {
    fn default() -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let reply = HttpReply { status: 200, headers, body: Bytes::from_static(b"{\"ok\":true}") };
        Self { answer: Mutex::new(Ok(reply)), calls: Mutex::default() }
    }
}

#[async_trait]
impl HttpCaller for Endpoints {
    async fn http_call(&self, call: HttpCall) -> Result<HttpReply, HttpRefusal> {
        self.calls.lock().push(call);
        self.answer.lock().clone()
    }
}

/// Seals by turning bytes around: that it seals well is not judged here.
pub(crate) struct Reversing;

impl Sealer for Reversing {
    fn seal(&self, _: &TenantId, _: &str, plain: &[u8]) -> Bytes {
        plain.iter().rev().copied().collect()
    }

    fn open(&self, _: &TenantId, _: &str, sealed: &[u8]) -> Result<Bytes, PortError> {
        Ok(sealed.iter().rev().copied().collect())
    }
}

#[derive(Default)]
pub(crate) struct Blobs {
    pub(crate) kept: Mutex<BTreeMap<String, Bytes>>,
    pub(crate) away: AtomicBool,
}

impl Blobs {
    fn there(&self) -> Result<(), PortError> {
        if self.away.load(Ordering::SeqCst) { Err(PortError::unavailable("told to be away")) } else { Ok(()) }
    }
}

#[async_trait]
impl BlobStore for Blobs {
    async fn put(&self, key: &BlobKey, bytes: Bytes, _: &str) -> Result<(), PortError> {
        self.there()?;
        self.kept.lock().insert(key.as_str().to_owned(), bytes);
        Ok(())
    }

    async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, PortError> {
        self.there()?;
        Ok(self.kept.lock().get(key.as_str()).cloned())
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

/// What was told of batches.
#[derive(Default)]
pub(crate) struct Seen(pub(crate) Mutex<Vec<StepTally>>);

impl StepObserver for Seen {
    fn batch(&self, _: DateTime<Utc>, _: Duration, tally: &StepTally) {
        self.0.lock().push(*tally);
    }
}

/// What was sent to which queue.
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
