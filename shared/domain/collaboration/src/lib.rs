//! Editing together: what the Yjs protocol says, which rules a room has, and the port of its store.
//!
//! A room is a document of the platform that people edit at once: a Yjs document with the text `content`. Its truth is the
//! set of updates in the store; every node that has the room open holds a replica of it, and replicas converge because
//! updates commute and may be applied twice.
//!
//! Knows no socket, no database and no clock. To add a message: its case in [`Message`], its bytes in `wire.rs`.
#![warn(missing_docs)]

mod awareness;
mod close;
mod comment;
mod fault;
mod replica;
mod saving;
mod shape;
mod store;
mod text;
mod wire;

pub use awareness::{
    AWARENESS_STATE_BYTES_MAX, AWARENESS_TIMEOUT, CLIENT_IDS_MAX, Peer, Presence, PresenceUpdate, Stamp,
};
pub use close::Close;
pub use comment::{
    COMMENT_CHARS_MAX, COMMENTS_LISTED_MAX, COMMENTS_MAX, Comment, CommentStore, NewComment, PARTICIPANTS_MAX,
};
pub use fault::Refusal;
pub use replica::{Replica, ReplicaFault};
pub use saving::{COMPACTION_UPDATES_MIN, Edited, SaveTiming, Unsaved, compaction_due};
pub use store::{
    LoadedRoom, ROOM_BYTES_MAX, RoomSave, RoomStore, RoomUpdate, StoredUpdate, UPDATE_BYTES_MAX, UPDATES_KEPT_MAX,
};
pub use text::{Edit, TEXT_NAME, edits, merged_edits, text_digest};
pub use wire::{FRAME_MESSAGES_MAX, Malformed, Message, messages};
