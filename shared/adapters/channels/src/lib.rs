//! What delivers notifications, a file a provider; and what providers say back.
//!
//! [`providers`] makes a [`Provider`](octavo_domain_notify::Provider) of each [`ProviderConfig`], and adds those that need
//! none: webhooks, Slack and PagerDuty, whose addresses are the tenants' own. A message is sent once a call: whether it is
//! sent again, and by whom, is decided by whoever asks, by the answer alone. So each answer says which of four things is
//! known: taken, refused for this recipient, refused for anything else, not taken; and where nothing is known, that.
//! [`http`](mod@http) says it for everything that speaks HTTP, `smtp/verdict.rs` for mail servers.
//!
//! [`Verifier`] believes what a provider says later only when it is signed as that provider signs.
//!
//! Deliberately knows nothing of stores, templates, preferences or attempts, and reads no settings. The one thing that is
//! judged here is an address, because only here it is known: what a tenant names is connected to at public addresses only,
//! unless the operator names its origin ([`TargetHosts`]).
//!
//! To add a provider: its options, one file here, one under `callbacks/` if it calls back, a line in [`providers`] and in
//! [`Verifier`].
#![warn(missing_docs)]

mod callbacks;
mod http;
mod letter;
mod options;
mod postmark;
mod providers;
mod secret;
mod sendgrid;
mod ses;
mod sigv4;
mod smtp;
mod target;
mod text;
mod twilio;

pub use callbacks::Verifier;
pub use http::SEND_TIME;
pub use options::{
    InvalidProvider, PostmarkOptions, ProviderConfig, SendgridOptions, SesOptions, SmtpOptions, TwilioOptions,
};
pub use providers::{Surroundings, providers};
pub use secret::Secret;
pub use smtp::SMTP_SEND_TIME_MAX;
pub use target::{InvalidTargetHosts, TargetHosts};
