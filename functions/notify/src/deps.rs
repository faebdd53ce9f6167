//! What the function needs from outside.

use crate::{Lanes, Unsubscribes};
use octavo_domain_documents::DocumentStore;
use octavo_domain_kernel::{Clock, Ids, Queue, Sealer};
use octavo_domain_notify::{CallbackVerifier, InboxStore, NotifyStore, People, Provider, Rates, Templates};
use std::sync::Arc;

/// The ports of the function.
pub struct Deps {
    /// Events, messages, attempts, and what tenant and people set.
    pub store: Arc<dyn NotifyStore>,
    /// Where people are reached.
    pub people: Arc<dyn People>,
    /// What they see in the application.
    pub inbox: Arc<dyn InboxStore>,
    /// Knows what of the outbox was published.
    pub documents: Arc<dyn DocumentStore>,
    /// What delivers; within a channel the first is asked first.
    pub providers: Vec<Arc<dyn Provider>>,
    /// How many messages this process has sent at a time.
    pub lanes: Lanes,
    /// How fast providers may be asked, over all processes.
    pub rates: Arc<dyn Rates>,
    /// Believes callbacks, or does not.
    pub callbacks: Arc<dyn CallbackVerifier>,
    /// Words, as this process keeps them ready.
    pub templates: Templates,
    /// Seals and opens targets.
    pub sealer: Arc<dyn Sealer>,
    /// Makes and reads the links by which people unsubscribe.
    pub links: Unsubscribes,
    /// Where the outbox is published right after a commit.
    pub queue: Arc<dyn Queue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New identifiers.
    pub ids: Arc<dyn Ids>,
    /// Whether the realtime nodes are told what comes into inboxes: only where nodes run that take the messages.
    pub announces: bool,
}
