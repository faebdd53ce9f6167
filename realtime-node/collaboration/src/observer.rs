//! What is counted and measured.

use std::time::Duration;

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomEvent {
    /// A room was opened, in so long.
    Opened(Duration),
    /// A room could not be opened.
    OpenFailed,
    /// A room was unloaded.
    Unloaded,
    /// A connection joined.
    Joined,
    /// A connection ended, or was refused; with our close code where it was us.
    Left(Option<u16>),
    /// A client's update was taken in.
    Accepted {
        /// Its bytes.
        bytes: usize,
        /// Connections of this node that it was sent to.
        receivers: usize,
    },
    /// A client's write was refused: it may only read, or the room is full.
    WriteRefused,
    /// Another node's update was taken in.
    Relayed,
    /// Updates were appended.
    Appended {
        /// How many, merged ones counted once.
        updates: usize,
        /// How long the store took.
        took: Duration,
    },
    /// The store could not append; it is tried again.
    AppendFailed,
    /// Messages for other nodes were dropped or not delivered; states are compared later.
    PublishFailed,
    /// A version was written.
    Saved,
    /// A version could not be written; it is tried again.
    SaveFailed,
    /// A version from elsewhere was taken into a room.
    TakenIn,
    /// Updates were made a snapshot.
    Compacted,
    /// A replica was damaged by an update and made anew.
    Rebuilt,
}

/// Whoever counts. Called from everywhere: must be quick and must not wait.
pub trait RoomObserver: Send + Sync {
    /// It happened.
    fn observe(&self, event: RoomEvent);
}

/// Counts nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl RoomObserver for Unobserved {
    fn observe(&self, _: RoomEvent) {}
}
