//! Faults, requests and counts over HTTP, below paths that begin with `/_`.

mod routes;

pub(crate) use routes::serve;
