//! The approvals function: inboxes, decisions, links in mails, substitutions, calendars; and what time does to approvals.
//! Knows nothing of SQL, queues or providers.
//!
//! An approval is made by the function `step`, where a workflow asks for it. From then on every change goes one way: load it,
//! have the rules of [`octavo_domain_approvals`] decide, commit what follows on condition that nobody was faster, and publish.
//! The commit itself answers the workflow's task, so that a decision is never without its effect. People are told by
//! notifications that lie in the same commit ([`announce`]); their ids follow from what they tell, so that twice is once.
//!
//! Whoever may not see an approval is not told that there is one. A link in a mail shows a page, and decides only by its form.
//!
//! To add an operation: its file, its line in `http.rs` and `openapi.rs`, its route in the root manifest. To add something that
//! is done to an approval: a case of the domain's `Action`, a file in `acts/`.
#![warn(missing_docs)]

mod acts;
mod announce;
mod calendars;
mod caller;
mod commit;
mod counts;
mod created;
mod deps;
mod document;
mod fault;
mod history;
mod http;
mod link;
mod list;
mod openapi;
mod queue;
mod read;
mod rules;
mod substitutions;
mod templates;
mod view;
mod wake;
mod workflow;

pub use self::http::router;
pub use announce::{Said, announce};
pub use deps::Deps;
pub use fault::ApprovalsFault;
pub use link::Links;
pub use openapi::openapi;
pub use queue::{QueueRecord, handle_queue};
