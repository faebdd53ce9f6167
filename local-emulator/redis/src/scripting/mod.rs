//! Lua 5.1 scripts with Redis' functions: `redis.call`, `redis.pcall`, `cjson`, and a sandbox around them.

mod cjson;
mod convert;
mod digest;
mod interpreter;
mod run;
mod sandbox;

pub(crate) use digest::Digest;
pub(crate) use interpreter::Scripting;
pub(crate) use run::run;
