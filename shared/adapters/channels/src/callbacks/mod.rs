//! What providers say later: believed only when it is signed.

mod news;
mod postmark;
mod sendgrid;
mod ses;
mod sns;
mod twilio;
mod verifier;

pub use verifier::Verifier;
