//! The demonstration tenant: a small company, so that every page has something to look at (`cargo octavo up --demo`).
//!
//! Everything of it follows from what is in `assets/demo` and from the moment of the first filling, which the documents keep.
//! Every step looks for what is there already: a filling that was cut short is completed by the next one, and a second one
//! adds nothing. What a person did meanwhile stays as it is.
//!
//! It goes through the public APIs. Where these know the present only (documents of last spring, a month of AI use, remarks),
//! it goes through the function's own operations with another clock ([`past`]) or the domain's ports; never through tables.
//!
//! Knows no HTTP server and no command line. To add a document: a block in `assets/demo`. To add a step: a file here and its
//! line in `fill.rs`.

mod agenda;
mod approvals;
mod budget;
mod bundle;
mod client;
mod company;
mod dates;
mod dice;
mod documents;
mod fill;
mod library;
mod messages;
mod past;
mod people;
mod remarks;
mod room;
mod searches;
mod spending;
mod workflows;
mod writing;

pub(crate) use company::host;
pub use company::{HOST, TENANT};
pub(crate) use fill::{Setting, fill};
