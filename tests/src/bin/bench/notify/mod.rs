//! Approvals and notifications, measured: every figure of issue 6, and plain senders of mail beside ours in the same run.
//!
//! What people do is measured at their end: a decision over HTTP until the workflow's next function runs, a notification over
//! HTTP until it is in an open window, mails until a mail server has them. Mails are measured as a library too, layer by layer,
//! so that one sees where their time goes. The mail server is this process's own and only takes what comes ([`sink`]): a fake
//! that parses and keeps mails would measure itself. PostgreSQL is durable, as everywhere here. Prints Markdown for
//! `BENCHMARKS.md`. A measurement is a file here and its line in [`run`]; a peer is a script and its case in [`Peer`].

mod approvals;
mod asked;
mod decided;
mod decision;
mod emulated;
mod inbox;
mod inboxes;
mod layers;
mod letters;
mod library;
mod mails;
mod peers;
mod run;
mod sink;
mod timed;

pub(crate) use peers::Peer;
pub(crate) use run::{Part, Wanted, measure};
