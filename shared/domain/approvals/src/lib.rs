//! Approvals: who is asked, what a decision does, when time decides, and the port of their store.
//!
//! A [`Request`] is what a workflow writes. [`Approval`] is what became of it: stages one after the other, in each some seats,
//! in each seat one decision by one person. Whatever happens to an approval is an [`Action`]; the rules answer with a
//! [`Change`] (the approval as it is then, what is to be recorded, who is to be told, what the workflow is answered) or with a
//! [`Refused`]. Nothing here reads a clock or does I/O; the store makes a change true behind a compare on `seq`.
//!
//! [`create`] makes an approval of a request, [`act`] does what a person does, [`pass`] what time does, [`cancel`] what the end of
//! the workflow does.
//!
//! Nobody approves what they asked for, on no path: not by a group, a claim, a delegation, a substitution or a link
//! (`excluded`).
#![warn(missing_docs)]

mod act;
mod acting;
mod approval;
mod barred;
mod change;
mod check;
mod create;
mod derive;
mod draft;
mod eligible;
pub mod limits;
mod message;
mod output;
mod pass;
mod ports;
mod reachable;
mod request;
mod see;
mod settings;
pub mod templates;

pub use act::act;
pub use acting::{InvalidSetting, acting_for, substitutes_of};

pub use approval::{
    Approval, ApprovalId, ApprovedDocument, Decision, Delegation, Origin, Outcome, Place, Seat, Stage, StageStatus,
    Verdict, Via,
};
pub use barred::barred;
pub use change::{Action, Actor, Change, Event, EventKind, Notice, NoticeKind, Refused};
pub use check::{InvalidRequest, is_calendar_name, is_category};
pub use create::{Creation, create};
pub use derive::derived_id;
pub use message::{
    APPROVAL_CHANGED, APPROVAL_CREATED, APPROVALS_QUEUE, ApprovalChanged, CreatedBody, WAKE, WakeBody, created_message,
    wake_message,
};
pub use pass::{cancel, pass};
pub use ports::{
    ApprovalStore, Commit, Committed, Counts, LinkUse, ListQuery, ListSort, Mailbox, OpenSeat, RecordedEvent, Summary,
};
pub use request::{
    DeadlineRequest, DefaultDecision, DocumentRequest, EscalationRequest, Order, Quorum, RejectRule, RemindersRequest,
    Request, SeatRequest, StageRequest,
};
pub use see::{concerned, due_at, may_decide, may_see, open_seats};
pub use settings::{NamedCalendar, Substitution, SubstitutionId};
