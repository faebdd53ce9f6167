//! Fake OpenAI, Anthropic and Azure OpenAI on their exact wire formats, with faults on demand: for a demo, for tests, and
//! as the provider under load.
//!
//! One listener: `/openai/v1/...`, `/anthropic/v1/...`, `/azure/openai/...`, `/compatible/{name}/v1/...` for any other
//! provider with OpenAI's wire format, and `/_faults`, `/_requests`, `/_stats` to steer and to look. Any key is good that
//! is not empty and does not begin with `bad`; any model is known whose name does not begin with `no-such`.
//!
//! It knows nothing of Octavo, and nothing that a model knows: answers are made from the prompt alone, the same every
//! time. What is deliberately not here: limits that are enforced (faults do that), stored responses, sound, files,
//! log probabilities. Anthropic's prompt cache is read without `cache_control` too, unlike the real one's, so that a
//! gateway that translates can be tested with it.
//!
//! A request goes `dispatch` (what is asked, which fault) -> `openai`, `anthropic` or `azure` (checked, understood as a
//! `prompt`) -> `answer` (the same for all) -> back into the provider's form (`reply`) -> `faults` (a plan of steps) ->
//! `played` (the steps, sent).
//!
//! To add a provider that speaks OpenAI's format with differences: a folder such as `azure` and its case in
//! `provider`. An operation: a case there and a file in the provider's folder. A fault: see `faults`. A kind of answer:
//! see `answer`.
#![warn(missing_docs)]

mod answer;
mod anthropic;
mod app;
mod azure;
mod chance;
mod control;
mod dispatch;
mod failure;
mod faults;
mod image;
mod models;
mod openai;
mod played;
mod prefix_cache;
mod prompt;
mod provider;
mod record;
mod reply;
mod server;
mod stats;
mod tokens;

pub use faults::{Fault, FaultKind, FaultState, InvalidFault};
pub use models::{ANTHROPIC_MODELS, OPENAI_MODELS};
pub use record::{Outcome, RequestRecord, TracedRequest};
pub use server::{Clock, Options, Server, StartError};
pub use stats::{ProviderStats, Stats};
pub use tokens::{
    TOKENS_PER_CALL, TOKENS_PER_LINKED_IMAGE, TOKENS_PER_MESSAGE, TOKENS_PER_REPLY, TOKENS_PER_TOOL, count_call,
    count_chat, count_tokens, count_tool, count_words, image_tokens,
};
