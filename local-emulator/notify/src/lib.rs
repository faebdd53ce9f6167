//! Fake notification providers on their exact wire formats, with faults on demand: for a demo, for tests, and as the
//! providers that are killed.
//!
//! A mail server (SMTP), and one HTTP listener for Amazon SES (`/v2/email/outbound-emails`), SendGrid (`/v3/mail/send`),
//! Postmark (`/email`, `/email/batch`), Twilio (`/2010-04-01/Accounts/{Sid}/Messages.json`), Slack (`/services/...`), PagerDuty
//! (`/v2/enqueue`) and a receiver of webhooks (`/webhook/{name}`); `/_control/...` steers and looks (see `control::routes`).
//! Credentials are checked ([`Accounts`]), requests are validated and refused as the real ones do, and what was taken is
//! told later by signed callbacks ([`Callbacks`]; Twilio's go where the message says): on its way, delivered, bounced,
//! complained.
//!
//! Every message is kept, also one that was refused: the last 10,000, at most 64 MiB. With a folder ([`Options::data`]) it is
//! on the disk before its sender is answered.
//!
//! It knows nothing of Octavo. What is deliberately not here: delivering anything; limits of rate that are enforced
//! (faults do that); SendGrid's, SES's and Postmark's templates; SNS's signature version 1, which our cryptography
//! does not make.
//!
//! A request goes `dispatch` (which `service`) -> its folder or file (checked, understood as a draft) -> `faults` -> `record`
//! (kept, on the disk) -> the provider's answer -> `life` (what becomes of it) -> the provider's callback. A mail by SMTP goes
//! `smtp::reader` -> `smtp::command` -> `smtp::session` -> `smtp::serve` -> `record`.
//!
//! To add a provider: a file or folder like `slack`, its case in `service`. A fault: see `faults`.
#![warn(missing_docs)]

mod answer;
mod app;
mod callback;
mod certificate;
mod chance;
mod control;
mod dispatch;
mod faults;
mod keys;
mod life;
mod listen;
mod mail;
mod options;
mod pagerduty;
mod postmark;
mod record;
mod sendgrid;
mod server;
mod service;
mod ses;
mod signing;
mod slack;
mod smtp;
mod twilio;
mod webhook;

pub use faults::{Fault, FaultKind, FaultState, InvalidFault, Stage, When};
pub use keys::KeyError;
pub use life::Step;
pub use options::{Accounts, Callbacks, Clock, Options};
pub use record::{Called, Filter, JournalError, Kind, Origin, Sent, State};
pub use server::{Server, StartError};
