//! What approvals need of a store.

use crate::{Approval, ApprovalId, Event, NamedCalendar, Outcome, Substitution, SubstitutionId};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{DocumentId, OutboxEntry, PortError, Reader, TenantId, UserId};
use serde_json::Value;
use uuid::Uuid;

/// A change, to be made true in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The approval as it is then.
    pub approval: Approval,
    /// The number that was seen; none for a new one.
    pub expected_seq: Option<u64>,
    /// What is recorded.
    pub events: Vec<Event>,
    /// The seats that may be decided now: what inboxes find. Replaces those that were there.
    pub open_seats: Vec<OpenSeat>,
    /// When time does something to it next; none if never.
    pub due_at: Option<DateTime<Utc>>,
    /// What its workflow's task succeeds with: answered by its token in the same transaction.
    pub output: Option<Value>,
    /// What is published after the commit: notices, news for the nodes, the audit trail.
    pub messages: Vec<OutboxEntry>,
    /// The link that it was decided by: used up in the same transaction.
    pub link: Option<LinkUse>,
}

/// A link that decides once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkUse {
    /// Its nonce.
    pub nonce: Uuid,
    /// When it expires: no need to remember it after that.
    pub expires_at: DateTime<Utc>,
}

/// A seat that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSeat {
    /// Which.
    pub seat: u32,
    /// Who may take it.
    pub candidates: Vec<Reader>,
    /// Whose it is alone.
    pub claimed_by: Option<UserId>,
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq)]
pub enum Committed {
    /// It is true now. The execution has something to do, if its task was answered: ring.
    Done {
        /// Which.
        execution: Option<Uuid>,
    },
    /// Somebody else changed it in between (load it again), or there is one of that id already.
    Stale,
    /// The link was used before.
    LinkUsed,
}

/// Whose approvals are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mailbox {
    /// With an open seat that one of these may take and nobody else has claimed: `me`, my groups, those whom I substitute.
    /// Not those that `me` is excluded from, or has decided where each decision is another person's.
    ToDecide {
        /// Who asks.
        me: UserId,
        /// As whom.
        readers: Vec<Reader>,
    },
    /// The same, of which only what is theirs: with an open seat that `me` may take by name, or has claimed and may take as one of
    /// `readers`.
    Mine {
        /// Who asks.
        me: UserId,
        /// As whom.
        readers: Vec<Reader>,
    },
    /// That this person asked for, or had asked for.
    RequestedBy(UserId),
    /// That this person decided, delegated or commented on.
    TakenPartBy(UserId),
    /// All of the tenant.
    All,
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListSort {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first.
    Oldest,
}

/// Which approvals are listed; all conditions hold together.
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery {
    /// Whose.
    pub mailbox: Mailbox,
    /// Open (true), ended (false) or both.
    pub open: Option<bool>,
    /// Ended so.
    pub outcome: Option<Outcome>,
    /// About this document.
    pub document: Option<DocumentId>,
    /// Of this execution.
    pub execution: Option<Uuid>,
    /// Of this category.
    pub category: Option<String>,
    /// Whose title has this text in it, in any case.
    pub title: Option<String>,
    /// In which order.
    pub sort: ListSort,
    /// Behind this one.
    pub after: Option<ApprovalId>,
    /// How many at most, 1 to 200.
    pub limit: u32,
}

/// An approval in a list: all of it, and how many remarks there are.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// It.
    pub approval: Approval,
    /// How many remarks there are.
    pub comments: u32,
}

/// How many wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Approvals with an open seat that is the person's: as a user, by delegation, claimed. At most 1,000.
    pub mine: u32,
    /// Approvals with an open seat that anyone of their groups (or those whom they substitute) may take. At most 1,000.
    pub groups: u32,
    /// Open ones that the person asked for. At most 1,000.
    pub requested: u32,
}

/// An event as it lies in the record.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedEvent {
    /// Of which approval.
    pub approval: ApprovalId,
    /// What.
    pub event: Event,
}

/// Keeps approvals, substitutions and calendars. Every call is of one tenant and sees nothing of another. PostgreSQL
/// implements this; that something is due is found across tenants by its `DueWork`.
#[async_trait]
pub trait ApprovalStore: Send + Sync {
    /// Makes a change true. Events are never changed or deleted.
    async fn approval_commit(&self, tenant: &TenantId, commit: &Commit) -> Result<Committed, PortError>;
    /// One.
    async fn approval_get(&self, tenant: &TenantId, id: ApprovalId) -> Result<Option<Approval>, PortError>;
    /// Whether the workflow still waits for it.
    async fn approval_awaited(&self, tenant: &TenantId, id: ApprovalId) -> Result<bool, PortError>;
    /// Some.
    async fn approval_list(&self, tenant: &TenantId, query: &ListQuery) -> Result<Vec<Summary>, PortError>;
    /// How many wait for this person, who may decide as each of `readers` (their user, their groups, whom they substitute).
    async fn approval_counts(&self, tenant: &TenantId, me: &UserId, readers: &[Reader]) -> Result<Counts, PortError>;
    /// The record of one, oldest first, behind `after`. At most 500.
    async fn approval_events(
        &self,
        tenant: &TenantId,
        id: ApprovalId,
        after: u32,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, PortError>;

    /// Keeps one. At most 100 a person that are not over: `Conflict` beyond.
    async fn substitution_put(&self, tenant: &TenantId, substitution: &Substitution) -> Result<(), PortError>;
    /// Deletes one; false if there is none.
    async fn substitution_delete(&self, tenant: &TenantId, id: SubstitutionId) -> Result<bool, PortError>;
    /// One.
    async fn substitution_get(&self, tenant: &TenantId, id: SubstitutionId) -> Result<Option<Substitution>, PortError>;
    /// Those that this person is part of, as either; all of the tenant for none. By their first day; at most 500.
    async fn substitutions(&self, tenant: &TenantId, of: Option<&UserId>) -> Result<Vec<Substitution>, PortError>;
    /// Those for whom any of `users` may be a substitute around `now`, give or take two days: for the rules to judge by the
    /// day of their zone.
    async fn substitutions_by(
        &self,
        tenant: &TenantId,
        substitutes: &[UserId],
        now: DateTime<Utc>,
    ) -> Result<Vec<Substitution>, PortError>;
    /// The same, by who is away.
    async fn substitutions_of(
        &self,
        tenant: &TenantId,
        users: &[UserId],
        now: DateTime<Utc>,
    ) -> Result<Vec<Substitution>, PortError>;

    /// All calendars, by name. At most 100 a tenant.
    async fn calendars(&self, tenant: &TenantId) -> Result<Vec<NamedCalendar>, PortError>;
    /// One.
    async fn calendar_get(&self, tenant: &TenantId, name: &str) -> Result<Option<NamedCalendar>, PortError>;
    /// Sets one.
    async fn calendar_put(&self, tenant: &TenantId, calendar: &NamedCalendar) -> Result<(), PortError>;
    /// Deletes one; false if there is none.
    async fn calendar_delete(&self, tenant: &TenantId, name: &str) -> Result<bool, PortError>;
}
