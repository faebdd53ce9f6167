//! The generate function: long documents, section by section. Knows nothing of queues, SQL or providers.
//!
//! A request makes a row and the message of its first step, in one transaction, and is answered at once. Each message has
//! one step done: the sources found, the outline planned, a section written, the document made. A step reads the row, does
//! its work, and stores its result together with the next step's message, on condition that the row is still at the step
//! that it read. So a message may come late, twice, or to two at once; a process may die anywhere; somebody may cancel in
//! between: what is stored is never asked for again, and an answer that came and was not stored is asked for with the very
//! same prompt, which the gateway's cache answers. That is why a prompt holds no time and no id (`prompts/`).
//!
//! What a person may read is decided when it is read: sources are looked for within their scope, and each step looks again
//! at every source whether they may still read it.
//!
//! To add an operation: its file, its line in `http.rs` and `openapi.rs`, its route in the root manifest. To add a step: a
//! task in the domain, a file in `steps/`.
#![warn(missing_docs)]

mod ask;
mod cancel;
mod commit;
mod create;
mod deps;
mod fault;
mod http;
mod idempotency;
mod input;
mod list;
mod openapi;
mod prompts;
mod queue;
mod read;
mod retry;
mod sources;
mod steps;
mod templates;
mod view;

pub use self::http::router;
pub use deps::Deps;
pub use fault::GenerateFault;
pub use openapi::openapi;
pub use queue::{QueueRecord, handle_queue};
