//! Messages, faults and settings over HTTP, below `/_control`.

mod routes;

pub(crate) use routes::serve;
