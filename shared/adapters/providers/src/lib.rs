//! AI providers over HTTP: [`HttpUpstream`] is the port [`octavo_domain_ai::ports::Upstream`] for OpenAI, Anthropic,
//! Azure OpenAI and whatever speaks as they do.
//!
//! It moves bytes and keeps limits: where a request goes, who it says it is, how long each part may take, how much may
//! come, and what a failure on the way is called. It deliberately knows nothing of prompts, answers and prices (the body
//! goes out as it was given and comes back as bytes or events; a refusal is read by `octavo_domain_ai::wire`), tries
//! nothing twice, and logs neither keys nor prompts nor answers, nor the words of a refusal, which may quote them.
//!
//! To add a provider that speaks as one of these do: configuration alone. To add a way to say who one is: a case of
//! `models::ProviderKind` and its arms in `request.rs`. A new limit is a named constant beside what it limits.
#![warn(missing_docs)]

mod connect;
mod events;
mod fault;
mod hosts;
mod patience;
mod pieces;
mod refusal;
mod request;
mod upstream;

pub use events::EVENT_BYTES_MAX;
pub use hosts::CONNECTIONS_PER_HOST_MAX;
pub use refusal::REFUSAL_BYTES_MAX;
pub use upstream::{HttpUpstream, WHOLE_BYTES_MAX};
