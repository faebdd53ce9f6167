//! Yjs rooms on a node: documents that several people edit at once, here and on other nodes.
//!
//! ```text
//! GET /yjs/{document} ── Rooms::admit ── 101 ── Rooms::join ── Room ◄── Rooms::received ◄── other nodes
//!                                                   │            │ ▲
//!                                         connection's task      │ keeper's task: opens, saves, compacts, unloads
//!                                                                ▼
//!                                              Appender ── RoomStore      Publisher ── Backplane
//! ```
//!
//! No node owns a room. Each that has it open holds a replica; a client's update is applied, sent to the others here,
//! appended to the store a few milliseconds later and published to the other nodes. What a publication missed is found by
//! comparing states: when a room opens, when the backplane is back, and every 10 s while another node has it open too. What
//! must happen once (taking a document's text in, writing a version, compacting) happens under the lease `room:{document}`,
//! and so that twice does no harm.
//!
//! Which codes a socket is closed with, and what a stock client makes of them: [`octavo_domain_collaboration::Close`].
//! Knows no SQL and no Redis; documents are reached by the port [`Documents`].
#![warn(missing_docs)]

mod admission;
mod appender;
mod connection;
mod exchange;
mod keeper;
mod observer;
mod options;
mod ports;
mod publisher;
mod room;
mod rooms;
mod saving;

pub use admission::{Admission, Upgrade};
pub use observer::{RoomEvent, RoomObserver, Unobserved};
pub use options::Options;
pub use ports::{DocumentText, Documents, RoomAccess, RoomPorts, RoomRole, Writer, Written};
pub use rooms::{RoomCounters, Rooms};
