//! A worker that dies at a moment that a test chooses: its calls do not come back from then on.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_adapters_postgres::Postgres;
use octavo_domain_kernel::{PortError, TenantId, UserId};
use octavo_domain_notify::{
    Address, Attempt, CallbackNews, Channel, Claim, Closed, Event, EventId, Matter, Message, MessageId, MessageQuery,
    NotifyStore, Planned, Preferences, SealedTarget, Settings, Started, StoredEvent, StoredTemplate, Suppression,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use tokio::sync::Notify;

/// How many calls a worker makes until it dies, and whether the last one takes effect.
#[derive(Default)]
pub(crate) struct Life {
    left: AtomicI64,
    mortal: AtomicBool,
    effect: AtomicBool,
    pub(crate) died: Notify,
}

impl Life {
    /// It dies at the call after these. `effect`: that call is made all the same, and its answer is lost.
    pub(crate) fn ends_after(&self, calls: i64, effect: bool) {
        self.left.store(calls, Ordering::SeqCst);
        self.effect.store(effect, Ordering::SeqCst);
        self.mortal.store(true, Ordering::SeqCst);
    }

    /// It lives on.
    pub(crate) fn anew(&self) {
        self.mortal.store(false, Ordering::SeqCst);
    }

    pub(crate) async fn step<T>(&self, call: impl Future<Output = T>) -> T {
        if !self.mortal.load(Ordering::SeqCst) {
            return call.await;
        }
        let left = self.left.fetch_sub(1, Ordering::SeqCst);
        if left > 0 {
            return call.await;
        }
        if left == 0 {
            if self.effect.load(Ordering::SeqCst) {
                drop(call.await);
            }
            self.died.notify_one();
        }
        std::future::pending().await
    }
}

/// The real store in the hands of such a worker.
pub(crate) struct Mortal {
    pub(crate) store: Postgres,
    pub(crate) life: Arc<Life>,
}

macro_rules! steps {
    ($(async fn $name:ident(&self $(, $argument:ident: $kind:ty)* $(,)?) -> $answer:ty;)*) => {
        #[async_trait]
        impl NotifyStore for Mortal {
            $(
                async fn $name(&self $(, $argument: $kind)*) -> Result<$answer, PortError> {
                    self.life.step(self.store.$name($($argument),*)).await
                }
            )*
        }
    };
}

steps! {
    async fn event_accept(&self, tenant: &TenantId, event: &Event, at: DateTime<Utc>) -> EventId;
    async fn event_plan(&self, tenant: &TenantId, event: &Event, planned: &[Planned], at: DateTime<Utc>, worker: &str, until: DateTime<Utc>) -> Vec<Claim>;
    async fn event_known(&self, tenant: &TenantId, event: EventId) -> bool;
    async fn event_get(&self, tenant: &TenantId, event: EventId) -> Option<StoredEvent>;
    async fn event_list(&self, tenant: &TenantId, category: Option<&str>, after: Option<EventId>, limit: u32) -> Vec<StoredEvent>;
    async fn messages_claim(&self, tenant: &TenantId, messages: &[MessageId], worker: &str, now: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Claim>;
    async fn attempt_start(&self, tenant: &TenantId, message: MessageId, worker: &str, attempt: &Attempt, address: &Address) -> Started;
    async fn messages_close(&self, tenant: &TenantId, worker: &str, closed: &[Closed], at: DateTime<Utc>) -> Vec<MessageId>;
    async fn message_get(&self, tenant: &TenantId, message: MessageId) -> Option<Claim>;
    async fn message_list(&self, tenant: &TenantId, query: &MessageQuery) -> Vec<Message>;
    async fn message_retry(&self, tenant: &TenantId, message: MessageId, at: DateTime<Utc>) -> bool;
    async fn callbacks_take(&self, tenant: &TenantId, news: &[CallbackNews]) -> u32;
    async fn messages_since(&self, tenant: &TenantId, user: &UserId, category: &str, channel: Channel, since: DateTime<Utc>) -> u32;
    async fn matter_stands(&self, tenant: &TenantId, matter: &Matter, user: Option<&UserId>) -> bool;
    async fn suppressions_of(&self, tenant: &TenantId, addresses: &[(Channel, Address)]) -> Vec<Suppression>;
    async fn suppression_list(&self, tenant: &TenantId, before: Option<DateTime<Utc>>, limit: u32) -> Vec<Suppression>;
    async fn suppression_put(&self, tenant: &TenantId, suppression: &Suppression) -> ();
    async fn suppression_delete(&self, tenant: &TenantId, channel: Channel, address: &Address) -> bool;
    async fn preferences_get(&self, tenant: &TenantId, users: &[UserId]) -> Vec<(UserId, Preferences)>;
    async fn preferences_put(&self, tenant: &TenantId, user: &UserId, preferences: &Preferences, at: DateTime<Utc>) -> ();
    async fn settings_get(&self, tenant: &TenantId) -> (Settings, u32);
    async fn settings_put(&self, tenant: &TenantId, settings: &Settings, revision: u32, by: &UserId, at: DateTime<Utc>) -> Option<u32>;
    async fn templates(&self, tenant: &TenantId, name: Option<&str>) -> Vec<StoredTemplate>;
    async fn template_put(&self, tenant: &TenantId, template: &StoredTemplate) -> bool;
    async fn template_delete(&self, tenant: &TenantId, name: &str, language: &str) -> bool;
    async fn targets(&self, tenant: &TenantId, names: Option<&[String]>) -> Vec<SealedTarget>;
    async fn target_put(&self, tenant: &TenantId, target: &SealedTarget) -> ();
    async fn target_delete(&self, tenant: &TenantId, name: &str) -> bool;
}
