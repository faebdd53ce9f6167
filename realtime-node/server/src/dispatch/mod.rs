//! What a connection's client asks for, and what it is asked: invocations, streams both ways, cancellation, results.
//!
//! Everything that is under way is in [`Busy`], which is there only while something is.

mod ask;
mod busy;
mod invoke;
mod run;

pub(crate) use ask::{answered, ask};
pub(crate) use busy::Busy;
pub(crate) use invoke::{Invocation, cancel, invoke, uploaded};

use futures::future::BoxFuture;

/// What must be waited for before more is read from the connection.
pub(crate) type Wait = BoxFuture<'static, ()>;
