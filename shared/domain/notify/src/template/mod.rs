//! Words: templates, their languages, and what becomes of them for each channel.
//!
//! A template is a set of parts ([`PARTS`]) in one language, in minijinja's syntax. The platform's own lie in `templates/`, one file
//! for each name and language; a tenant's take their places, part by part. The HTML part of a mail is MJML; it is compiled into HTML once, with
//! what differs from mail to mail standing in it as it was written, and that HTML is a template like any other: so that a mail
//! costs no more than filling it in.
//!
//! What comes in as data is escaped in HTML and for Slack, never begins another line of a header, and cannot make a template
//! run for long or grow without bound.
//!
//! To add a template of the platform's: a file for each language, a line in `builtin.rs`, a sample in `samples.rs`.

mod builtin;
mod check;
mod clean;
mod compiled;
mod context;
mod digest;
mod engine;
mod error;
mod filters;
mod languages;
mod mail;
mod render;
mod samples;
mod scan;
mod select;

pub use builtin::{BUILTIN_LANGUAGES, BUILTIN_TEMPLATES, Builtin, builtin};
pub use check::PARTS;
pub use digest::Digest;
pub use error::TemplateError;
pub use languages::languages;
pub use render::{Render, Rendered, RenderedContent, Templates, webhook_body};
pub use samples::sample;
