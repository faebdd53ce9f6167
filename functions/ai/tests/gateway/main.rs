//! The gateway through its routes, over providers that are real on the wire and ports that answer at once: what a whole
//! system does not show, since its host hides it or its clock is too slow.
#![expect(clippy::unwrap_used, reason = "a panic is how a test reports")]

mod deadlines;
mod keys;
mod leaving;
mod ports;
mod stage;
