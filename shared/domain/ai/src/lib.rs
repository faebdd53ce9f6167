//! What an AI gateway decides: prompts and answers in three wire forms, models and their prices, routing, limits, the
//! cache's key, safety. Bytes and values in, decisions out.
//!
//! Knows nothing of HTTP clients, Redis or SQL: those implement the traits of [`ports`]. Knows no clock and no chance.
//!
//! - [`Prompt`], [`Answer`], [`StreamEvent`]: what is asked and answered, whatever wire form it came in ([`wire`]).
//! - [`models`]: the catalogue, what each model can do and costs; [`Usage`] into money.
//! - [`routing`]: from a model's name to the targets that are tried, in order; the breaker's rule.
//! - [`limits`]: policies of a tenant: rates, budgets, allowed models and providers.
//! - [`safety`]: redaction, block lists, marking of foreign text.
//! - [`ports`]: what is asked of the world.
//!
//! To add a wire form: a folder in `wire/` that decodes requests into [`Prompt`] and encodes [`Answer`] and
//! [`StreamEvent`]. To add a model: a line in `data/models.json`, with its source.
#![warn(missing_docs)]

mod answer;
mod call;
mod fault;
mod prompt;
mod stream;

pub mod limits;
pub mod models;
pub mod ports;
pub mod routing;
pub mod safety;
pub mod tokens;
pub mod wire;

pub use answer::{Answer, Finish, Usage};
pub use call::{CacheUse, Call, Feature, Outcome};
pub use fault::{FaultClass, ProviderFault};
pub use prompt::{Effort, File, Image, Message, Part, Prompt, Reasoning, ResponseFormat, Role, Tool, ToolChoice};
pub use stream::{Assembly, StreamEvent};
