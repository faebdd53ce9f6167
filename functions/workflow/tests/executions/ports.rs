//! Object storage, a queue and identifiers that a test looks into.

use async_trait::async_trait;
use bytes::Bytes;
use octavo_domain_kernel::{
    AuthenticateError, Authenticator, BlobInfo, BlobKey, BlobStore, Clock, Ids, Message, PortError, Principal, Queue,
    QueueDepth, QueueName,
};
use octavo_testing::ids::unique;
use octavo_testing::time::ManualClock;
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use uuid::Uuid;

/// A token here is the person itself: `tenant/user/role,role`.
pub(crate) struct Tokens;

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, token: &str) -> Result<Principal, AuthenticateError> {
        let parts: Vec<&str> = token.split('/').collect();
        let [tenant, user, roles] = parts[..] else { return Err(AuthenticateError::Expired) };
        let roles = roles.split(',').filter(|role| !role.is_empty()).map(str::to_owned).collect();
        let (tenant, user) = (tenant.parse().unwrap(), user.parse().unwrap());
        Ok(Principal { tenant, user, name: None, groups: BTreeSet::new(), roles, api_key: None })
    }
}

/// Identifiers of the moment that the test's clock shows.
pub(crate) struct Drawn(pub(crate) Arc<ManualClock>);

impl Ids for Drawn {
    fn next(&self) -> Uuid {
        let ms = u64::try_from(self.0.now().timestamp_millis()).unwrap();
        let random: [u8; 10] = unique().as_bytes()[..10].try_into().unwrap();
        uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid()
    }
}

#[derive(Default)]
pub(crate) struct Blobs(pub(crate) Mutex<HashMap<String, Bytes>>);

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
        let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
        Ok(self.get(key).await?.map(|bytes| bytes.slice(range)))
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

/// Keeps what is sent, unless it is told to be away.
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
        self.messages.lock().extend(messages.iter().map(|message| (queue.as_str().to_owned(), message.clone())));
        Ok(())
    }

    async fn depth(&self, _: &QueueName) -> Result<QueueDepth, PortError> {
        Ok(QueueDepth::default())
    }

    async fn ping(&self) -> Result<(), PortError> {
        Ok(())
    }
}
