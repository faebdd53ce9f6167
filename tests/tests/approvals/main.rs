//! Approvals as people meet them: a workflow asks, people are told, decide in the application or by a link in a mail, and the
//! workflow goes on.
//!
//! [`office`] starts a platform with people on it. To add a scenario: a file named as what it is about.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

mod boxes;
mod cancelled;
mod decisions;
mod four_eyes;
mod links;
mod live;
mod office;
mod stages;
mod substitutes;
mod templates;
mod time;
