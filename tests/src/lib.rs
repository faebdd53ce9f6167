//! Whole-system scenarios, conformance with stock clients, faults, and load generators.
//!
//! A scenario starts an emulator of its own ([`World::start`]) and speaks to it as people do: over HTTP, with a token. It
//! knows nothing of functions, adapters or tables. To add one: a file in `tests/`, named as what it is about.

mod node;
mod person;
mod redis;
pub mod script;
mod seeded;
mod world;

pub use node::NodeProcess;
pub use person::{Answer, Person};
pub use redis::RestartableRedis;
pub use seeded::Seeded;
pub use world::{World, asked, eventually};
