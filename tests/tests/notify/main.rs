//! Notifications as people and machines get them: what the fake providers received, what an administrator sees of it, and what
//! becomes of it while everything around it fails.
//!
//! [`desk`] starts a platform with people on it. To add a scenario: a file named as what it is about.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

mod callbacks;
mod channels;
mod choices;
mod clients;
mod desk;
mod digests;
mod events;
mod failing;
mod faults;
mod words;
