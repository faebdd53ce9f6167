//! Texts into vectors by an OpenAI-compatible endpoint (`POST /v1/embeddings`), behind domain-search's
//! [`Embeddings`](octavo_domain_search::Embeddings).
//!
//! The other side is our own `ai` function, a provider, or a server of one's own: a base address, a key and a model's name
//! are all that is known of it. Knows nothing of indices and documents. An endpoint that fails is left alone for a while,
//! so that searches do not wait for it one after another.
#![warn(missing_docs)]

mod endpoint;
mod options;
mod wire;

pub use endpoint::HttpEmbeddings;
pub use options::Options;
