//! People at one document: who is there, where they are, what they remark, what becomes of it. The text itself goes by Yjs,
//! not through here.
//!
//! Whoever joined a document is in its group. Rights are looked at when somebody joins and at every remark; when a document
//! changes, whoever lost it is put out on every node; and at every beat each node looks again at its own.

mod changes;
mod comments;
mod cursor;
mod documents;
mod hub;
mod join;
mod notices;
mod place;
mod presence;

#[cfg(test)]
pub(super) use hub::{ARGUMENTS, PUSHES};
pub(crate) use hub::{Collaboration, hub, name};
