//! The port.

use super::{
    attempt, callbacks, claim, close, event_accept, event_plan, events, matter, message_list, messages, preferences,
    suppressions, targets, templates,
};
use crate::Postgres;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{PortError, TenantId, UserId};
use octavo_domain_notify::{
    Address, Attempt, CallbackNews, Channel, Claim, Closed, Event, EventId, Matter, Message, MessageId, MessageQuery,
    NotifyStore, Planned, Preferences, SealedTarget, Settings, Started, StoredEvent, StoredTemplate, Suppression,
};

#[async_trait]
impl NotifyStore for Postgres {
    async fn event_accept(&self, tenant: &TenantId, event: &Event, at: DateTime<Utc>) -> Result<EventId, PortError> {
        event_accept::event_accept(&self.pool, tenant, event, at).await
    }

    async fn event_plan(
        &self,
        tenant: &TenantId,
        event: &Event,
        planned: &[Planned],
        at: DateTime<Utc>,
        worker: &str,
        until: DateTime<Utc>,
    ) -> Result<Vec<Claim>, PortError> {
        event_plan::event_plan(&self.pool, tenant, event, planned, at, worker, until).await
    }

    async fn event_known(&self, tenant: &TenantId, event: EventId) -> Result<bool, PortError> {
        events::event_known(&self.pool, tenant, event).await
    }

    async fn event_get(&self, tenant: &TenantId, event: EventId) -> Result<Option<StoredEvent>, PortError> {
        events::event_get(&self.pool, tenant, event).await
    }

    async fn event_list(
        &self,
        tenant: &TenantId,
        category: Option<&str>,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, PortError> {
        events::event_list(&self.pool, tenant, category, after, limit).await
    }

    async fn messages_claim(
        &self,
        tenant: &TenantId,
        messages: &[MessageId],
        worker: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Claim>, PortError> {
        claim::messages_claim(&self.pool, tenant, messages, worker, now, until).await
    }

    async fn attempt_start(
        &self,
        tenant: &TenantId,
        message: MessageId,
        worker: &str,
        attempt: &Attempt,
        address: &Address,
    ) -> Result<Started, PortError> {
        attempt::attempt_start(&self.pool, tenant, message, worker, attempt, address).await
    }

    async fn messages_close(
        &self,
        tenant: &TenantId,
        worker: &str,
        closed: &[Closed],
        at: DateTime<Utc>,
    ) -> Result<Vec<MessageId>, PortError> {
        close::messages_close(&self.pool, tenant, worker, closed, at).await
    }

    async fn message_get(&self, tenant: &TenantId, message: MessageId) -> Result<Option<Claim>, PortError> {
        messages::message_get(&self.pool, tenant, message).await
    }

    async fn message_list(&self, tenant: &TenantId, query: &MessageQuery) -> Result<Vec<Message>, PortError> {
        message_list::message_list(&self.pool, tenant, query).await
    }

    async fn message_retry(&self, tenant: &TenantId, message: MessageId, at: DateTime<Utc>) -> Result<bool, PortError> {
        messages::message_retry(&self.pool, tenant, message, at).await
    }

    async fn callbacks_take(&self, tenant: &TenantId, news: &[CallbackNews]) -> Result<u32, PortError> {
        callbacks::callbacks_take(&self.pool, tenant, news).await
    }

    async fn messages_since(
        &self,
        tenant: &TenantId,
        user: &UserId,
        category: &str,
        channel: Channel,
        since: DateTime<Utc>,
    ) -> Result<u32, PortError> {
        messages::messages_since(&self.pool, tenant, user, category, channel, since).await
    }

    async fn matter_stands(
        &self,
        tenant: &TenantId,
        matter: &Matter,
        user: Option<&UserId>,
    ) -> Result<bool, PortError> {
        matter::matter_stands(&self.pool, tenant, matter, user).await
    }

    async fn suppressions_of(
        &self,
        tenant: &TenantId,
        addresses: &[(Channel, Address)],
    ) -> Result<Vec<Suppression>, PortError> {
        suppressions::suppressions_of(&self.pool, tenant, addresses).await
    }

    async fn suppression_list(
        &self,
        tenant: &TenantId,
        before: Option<DateTime<Utc>>,
        limit: u32,
    ) -> Result<Vec<Suppression>, PortError> {
        suppressions::suppression_list(&self.pool, tenant, before, limit).await
    }

    async fn suppression_put(&self, tenant: &TenantId, suppression: &Suppression) -> Result<(), PortError> {
        suppressions::suppression_put(&self.pool, tenant, suppression).await
    }

    async fn suppression_delete(
        &self,
        tenant: &TenantId,
        channel: Channel,
        address: &Address,
    ) -> Result<bool, PortError> {
        suppressions::suppression_delete(&self.pool, tenant, channel, address).await
    }

    async fn preferences_get(
        &self,
        tenant: &TenantId,
        users: &[UserId],
    ) -> Result<Vec<(UserId, Preferences)>, PortError> {
        preferences::preferences_get(&self.pool, tenant, users).await
    }

    async fn preferences_put(
        &self,
        tenant: &TenantId,
        user: &UserId,
        preferences: &Preferences,
        at: DateTime<Utc>,
    ) -> Result<(), PortError> {
        preferences::preferences_put(&self.pool, tenant, user, preferences, at).await
    }

    async fn settings_get(&self, tenant: &TenantId) -> Result<(Settings, u32), PortError> {
        preferences::settings_get(&self.pool, tenant).await
    }

    async fn settings_put(
        &self,
        tenant: &TenantId,
        settings: &Settings,
        revision: u32,
        by: &UserId,
        at: DateTime<Utc>,
    ) -> Result<Option<u32>, PortError> {
        preferences::settings_put(&self.pool, tenant, settings, revision, by, at).await
    }

    async fn templates(&self, tenant: &TenantId, name: Option<&str>) -> Result<Vec<StoredTemplate>, PortError> {
        templates::templates(&self.pool, tenant, name).await
    }

    async fn template_put(&self, tenant: &TenantId, template: &StoredTemplate) -> Result<bool, PortError> {
        templates::template_put(&self.pool, tenant, template).await
    }

    async fn template_delete(&self, tenant: &TenantId, name: &str, language: &str) -> Result<bool, PortError> {
        templates::template_delete(&self.pool, tenant, name, language).await
    }

    async fn targets(&self, tenant: &TenantId, names: Option<&[String]>) -> Result<Vec<SealedTarget>, PortError> {
        targets::targets(&self.pool, tenant, names).await
    }

    async fn target_put(&self, tenant: &TenantId, target: &SealedTarget) -> Result<(), PortError> {
        targets::target_put(&self.pool, tenant, target).await
    }

    async fn target_delete(&self, tenant: &TenantId, name: &str) -> Result<bool, PortError> {
        targets::target_delete(&self.pool, tenant, name).await
    }
}
