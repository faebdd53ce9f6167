//! What a long generated document is, how it goes on section by section, and the port of its store.
//!
//! A generation is a row that remembers a number, its *step*. Every change is decided here as a value ([`Transition`]) on
//! the step that it was read at, and made true by a [`GenerationStore`] only if the row is still there: that comparison is
//! the fence. A message that comes twice, two that come at once, a cancellation in between: one of them finds the step it
//! expects, the others find another and change nothing. What is stored is never asked for again.
//!
//! Knows nothing of models, prompts, queues, HTTP or SQL, and no other feature's domain: filters of a search are carried as
//! they came, and whoever calls has checked them.
//!
//! - [`Order`]: what was asked for; [`Generation`]: where it stands; [`Generation::task`]: what comes next.
//! - [`Generation::advance`], [`Generation::cancel`], [`Generation::retry`]: the only ways from one step to the next.
//! - [`text`]: from a model's answers to Markdown: outlines, sections, citations, the whole document.
//!
//! To add a template: a file in `templates/`, its line in `template.rs`. To add a phase: a [`Status`], its [`Task`], and its
//! [`Outcome`] in `transition.rs`; its step in the function.
#![warn(missing_docs)]

mod generation;
mod limits;
mod message;
mod order;
mod progress;
mod store;
mod template;
mod transition;

pub mod text;

pub use generation::{Generation, GenerationId, Paid, Requester, Section, Source, Status, Trouble};
pub use limits::*;
pub use message::{GENERATE_QUEUE, STEP, StepBody, progress_message, step_message};
pub use order::{Order, Outline, PlannedSection, Share, ShareRole, SourcesWanted, check_order};
pub use progress::{PROGRESS, Progress, ProgressBody};
pub use store::{Change, CreateError, Creation, GenerationStore, Remembered, Summary};
pub use template::{Template, Variable, template, templates};
pub use transition::{Outcome, Refused, Task, Transition, Written};
