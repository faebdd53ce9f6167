//! The hub `collaboration`.

use super::super::kept::Kept;
use super::super::notifications::Notifications;
use super::super::set::{Attached, HubPorts};
use super::presence::Here;
use super::{comments, cursor, join};
use octavo_domain_kernel::DocumentId;
use octavo_domain_realtime::HubName;
use realtime_node_server::{Hub, HubDefinition};
use std::sync::Arc;

/// What the hub works with.
pub(crate) struct Collaboration {
    pub(super) ports: HubPorts,
    pub(super) attached: Arc<Attached>,
    pub(super) kept: Arc<Kept>,
    pub(super) notifications: Arc<Notifications>,
    /// This node's connections that are at documents.
    pub(super) here: Here,
}

impl Collaboration {
    pub(in super::super) fn new(
        ports: HubPorts,
        attached: Arc<Attached>,
        kept: Arc<Kept>,
        notifications: Arc<Notifications>,
    ) -> Self {
        Self { ports, attached, kept, notifications, here: Here::default() }
    }
}

/// Its name.
pub(crate) fn name() -> HubName {
    "collaboration".parse().expect("the constant is a hub's name")
}

/// The group of those who are at a document.
pub(super) fn group(document: DocumentId) -> String {
    format!("document:{document}")
}

/// What the methods take, for the documentation.
#[cfg(test)]
pub(in super::super) const ARGUMENTS: &[(&str, &str)] = &[
    ("Join", "document"),
    ("Leave", "document"),
    ("Cursor", "document, state"),
    ("SetState", "document, state"),
    ("Comments", "`{document, after?, limit?}`"),
    ("Comment", "`{document, parent?, text, anchor?}`"),
    ("Resolve", "`{document, id, resolved}`"),
    ("DeleteComment", "`{document, id}`"),
    ("Missed", "`{document, position?}`"),
];

/// What is pushed, for the documentation.
#[cfg(test)]
pub(in super::super) const PUSHES: &[(&str, &str, &str)] = &[
    ("joined", "`{document, connection, user, name}`", "Somebody came."),
    ("left", "`{document, connection}`", "Somebody went."),
    (
        "presence",
        "`{document, connection, user, name, state}`",
        "What somebody says of themselves. Only the newest matters.",
    ),
    ("cursor", "`{document, connection, user, state}`", "Where somebody is. Only the newest matters."),
    ("comment", "a comment, its position `{epoch, offset}`", "A new comment. Kept: see `Missed`."),
    ("comment_resolved", "the comment, its position", "It was settled or opened again. Kept."),
    ("comment_deleted", "`{document, id}`, its position", "It is gone, with the answers to it. Kept."),
    (
        "document",
        "`{id, revision, version, kind}`",
        "The document changed: `kind` is `created`, `changed` or `deleted`. It may come late or twice: the higher revision is right.",
    ),
    (
        "closed",
        "`{document, reason}`",
        "The caller is not at the document any more: `deleted`, or `access` was taken away.",
    ),
    ("resync", "group", "Pushes were lost and cannot be had again: ask for everything anew."),
];

/// Declares it.
pub(crate) fn hub(deps: Arc<Collaboration>) -> HubDefinition {
    Hub::new(name(), "People at one document: presence, cursors, comments, and what happens to it.", deps)
        .disconnected(|deps: Arc<Collaboration>, caller| async move { join::disconnected(&deps, &caller).await })
        .method(
            "Join",
            "Comes to a document that one may read: `{access, revision, version, present, present_count, comments, position}`. \
             `present` is `[{connection, user, name, state}]`, the caller included, at most 100; `comments` is how many there \
             are; `position` is for `Missed`, and null where none can be told.",
            |deps, call, (document,): (DocumentId,)| join::join(deps, call, document),
        )
        .method("Leave", "Leaves it.", |deps, call, (document,): (DocumentId,)| join::leave(deps, call, document))
        .method(
            "Cursor",
            "Tells the others where one is: any value of at most 2 KiB, at most 30 a second for long.",
            |deps, call, (document, state)| cursor::cursor(deps, call, document, state),
        )
        .method(
            "SetState",
            "What others see of one, also those who come later: any value of at most 2 KiB, at most 2 a second for long.",
            |deps, call, (document, state)| cursor::set_state(deps, call, document, state),
        )
        .method(
            "Comments",
            "Oldest first: `{comments, more}`. `after` is the id of the last one of the page before; `limit` is 100, at most 199; a page of long ones is shorter.",
            |deps, call, (wanted,)| comments::list(deps, call, wanted),
        )
        .method(
            "Comment",
            "Remarks on a document that one may read, or answers the comment `parent`; `anchor` is a Yjs relative position, \
             Base64. Answers the comment. At most 1 a second for long. The document's owner and those of the thread find it in their inbox.",
            |deps, call, (wanted,)| comments::add(deps, call, wanted),
        )
        .method(
            "Resolve",
            "Settles a comment or opens it again; for its author, and for whoever may change the document. Answers the comment.",
            |deps, call, (wanted,)| comments::resolve(deps, call, wanted),
        )
        .method(
            "DeleteComment",
            "Deletes a comment of one's own, with the answers to it: `{deleted}`.",
            |deps, call, (wanted,)| comments::delete(deps, call, wanted),
        )
        .method(
            "Missed",
            "The kept pushes of a document after a position: `{whole, pushes, position}` with `pushes` as \
             `[{target, arguments}]`. Where `whole` is false, ask for the comments anew.",
            |deps, call, (wanted,)| comments::missed_since(deps, call, wanted),
        )
        .define()
}
