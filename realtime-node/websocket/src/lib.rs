//! WebSockets for a server that holds very many of them: RFC 6455 without extensions, over a TCP stream that an HTTP
//! library has let go of.
//!
//! What makes it small: a socket that waits holds no buffer. Its reader waits for readiness and reads into a buffer of its
//! thread; only what is a part of a message is kept. There is no task for writing: whoever sends writes at once, what the
//! kernel does not take waits in a bounded queue, and the reader's task, which waits anyhow, finishes it. A [`Frame`] is
//! encoded once and shared by all who get it. There is a timer only while a socket closes.
//!
//! Knows nothing of hubs, tenants or what the messages say, does not compress (a window a connection would be its whole
//! memory), and does not ping by itself: that is for whoever has the timing wheel. [`Decoder`] knows no socket either.
//!
//! [`accept()`] answers the upgrade, [`open`] makes of the stream a [`Reader`], held by one task, and a [`Sender`], held by
//! everybody.

mod accept;
mod close;
mod decoder;
mod frame;
mod header;
mod mask;
mod message;
mod outbound;
mod reader;
mod sender;
mod state;

pub use accept::{Accept, NotAnUpgrade, accept};
pub use close::{Close, code};
pub use decoder::{Decoder, Fault, IN_PIECES, Item};
pub use frame::Frame;
pub use header::Violation;
pub use outbound::WhenFull;
pub use reader::{Ended, Event, Reader};
pub use sender::{SendFault, Sender};
pub use state::{Limits, open};
