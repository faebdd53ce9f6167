//! What tasks call, and what their answers mean.
//!
//! A file a kind of resource. Each makes the call out of the state's parameters, and of what came back the events that the
//! service tells in the same case, with its names of errors.

mod allowed;
mod approvals;
mod call;
mod error;
mod facts;
mod function;
mod http;
mod parameters;
mod perform;
mod response;
mod start_execution;
mod task_token;

pub use allowed::AllowedFunctions;
pub(crate) use facts::Facts;
pub use http::AllowedHosts;
pub(crate) use perform::perform;
pub(crate) use start_execution::name_taken;
