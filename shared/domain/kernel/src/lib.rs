//! What every feature shares: identifiers, principals, faults, and the ports for time, chance, queues, blobs and caches.
//!
//! Knows nothing of HTTP, SQL, AWS or any feature; does no I/O, reads no clock, draws no random number. A port stands
//! here only when more than one feature uses it; a port of one feature stands in that feature's domain crate.
//!
//! To add a port: one file, a trait that is `Send + Sync`, methods that return [`PortError`], its limits as constants
//! beside it, and a contract suite in `shared/testing`.
#![warn(missing_docs)]

mod blobs;
mod cache;
mod clock;
mod fault;
mod identity;
mod outbox;
mod port;
mod principal;
mod queue;
mod random;
mod schedule;
mod sealer;
pub mod trace;

pub use blobs::{BlobInfo, BlobKey, BlobStore, ContentHash, InvalidContentHash};
pub use cache::{Cache, CacheKey};
pub use clock::Clock;
pub use fault::{Code, Fault, FaultKind, FieldFault};
pub use identity::{DocumentId, GroupId, InvalidIdentifier, TenantId, UserId};
pub use outbox::{Due, DueWork, Outbox, OutboxEntry};
pub use port::{PortError, PortErrorKind};
pub use principal::{AuthenticateError, Authenticator, Principal, Reader, Session};
pub use queue::{
    DeadLetter, DeadLetters, Delivery, Failure, MESSAGE_BYTES_MAX, Message, Queue, QueueConsumer, QueueDepth,
    QueueName, Retry,
};
pub use random::Ids;
pub use schedule::{FireLog, Lease};
pub use sealer::Sealer;
pub use trace::{InvalidTraceContext, TraceContext};
