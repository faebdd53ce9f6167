//! The platform judged by stock clients, as they are installed by `.ci/clients`: what they take for an Elasticsearch, a
//! Redis, an AWS Lambda, OpenAI and Anthropic is one. Where there is a real engine, the client's script is held against it too: what a
//! script expects is then what that engine does, not what we remember of it.
//!
//! To add a client: a file here; a script in the client's own language goes to `clients/`.

mod cargo_lambda;
mod elasticsearch;
mod gateway;
mod program;
mod redis;
mod schemathesis;
