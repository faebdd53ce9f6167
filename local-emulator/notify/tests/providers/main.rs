//! The fakes over HTTP and SMTP: wire forms, faults, callbacks, what is kept, stock clients.
#![expect(clippy::unwrap_used, reason = "tests report by panicking")]

mod ask;
mod callbacks;
mod clients;
mod faults;
mod kept;
mod smtp;
mod wire;
