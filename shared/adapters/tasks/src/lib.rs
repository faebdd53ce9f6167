//! What tasks of workflows call: functions through Lambda's Invoke API, and HTTP endpoints.
//!
//! The ports are in the domain ([`octavo_domain_workflow::engine::outside`]). Each call is made once: whether it is made
//! again is the state's own decision. Knows nothing of states, of who may call what, or of what an answer means; that is
//! `functions/step`. The one thing that is judged here is an address, because only here it is known: [`HttpEndpoints`]
//! connects to none that is not public, unless the caller says so.
//!
//! To add what tasks can reach: its port in the domain, one file here.
#![warn(missing_docs)]

mod http;
mod lambda;

pub use http::HttpEndpoints;
pub use lambda::LambdaFunctions;
