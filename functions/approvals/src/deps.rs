//! What the function needs from outside.

use crate::Links;
use octavo_domain_approvals::ApprovalStore;
use octavo_domain_documents::DocumentStore;
use octavo_domain_kernel::{BlobStore, Clock, Ids, Queue};
use octavo_domain_notify::People;
use octavo_domain_workflow::engine::ports::{ExecutionReads, Machines};
use std::sync::Arc;

/// The ports of the function.
pub struct Deps {
    /// Where approvals stand.
    pub approvals: Arc<dyn ApprovalStore>,
    /// What is approved; and the outbox.
    pub documents: Arc<dyn DocumentStore>,
    /// The executions that wait, and their definitions, for their picture.
    pub executions: Arc<dyn ExecutionReads>,
    /// See `executions`.
    pub machines: Arc<dyn Machines>,
    /// Who is in a group, for those who are told, and for links in mails.
    pub people: Arc<dyn People>,
    /// The documents' texts.
    pub blobs: Arc<dyn BlobStore>,
    /// Where the outbox is published right after a commit.
    pub queue: Arc<dyn Queue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New identifiers.
    pub ids: Arc<dyn Ids>,
    /// Makes and reads links in mails.
    pub links: Links,
    /// Whether changes are told to the realtime nodes: only where nodes run that take the messages.
    pub announces: bool,
}
