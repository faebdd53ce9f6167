//! The hub `notifications`.

use super::super::kept::Kept;
use super::super::{fault, missed, page};
use super::deliver::push_unread;
use octavo_domain_kernel::{Clock, Ids, Reader};
use octavo_domain_notify::{InboxPosition, InboxStore, Mark, Notification};
use octavo_domain_realtime::{Audience, Backplane, Channel, HubName, Position};
use octavo_domain_signalr::Payload;
use realtime_node_server::{Call, Caller, Hub, HubDefinition, HubFault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// Notifications of one page.
const LISTED_MAX: u16 = 100;
/// The same where the caller does not say.
const LISTED: u16 = 20;
/// Notifications that are marked by name at once.
const MARKED_MAX: usize = 1_000;

/// Groups of a person that are told apart, a channel each: what is told to further ones does not reach them live.
const GROUPS_MAX: usize = 50;

/// What the hub works with.
pub(crate) struct Notifications {
    pub(in super::super) inbox: Arc<dyn InboxStore>,
    pub(in super::super) backplane: Arc<dyn Backplane>,
    pub(in super::super) clock: Arc<dyn Clock>,
    pub(in super::super) ids: Arc<dyn Ids>,
    pub(in super::super) kept: Arc<Kept>,
}

/// Its name.
pub(crate) fn name() -> HubName {
    "notifications".parse().expect("the constant is a hub's name")
}

/// What the methods take, for the documentation.
#[cfg(test)]
pub(in super::super) const ARGUMENTS: &[(&str, &str)] = &[
    ("List", "`{before?, archived?, limit?}` or null"),
    ("UnreadCount", ""),
    ("MarkSeen", "`{ids?}` or null"),
    ("MarkRead", "`{ids?}` or null"),
    ("MarkUnread", "`{ids?}` or null"),
    ("Archive", "`{ids?}` or null"),
    ("Missed", "`{epoch, offset}` or null"),
];

/// What is pushed, for the documentation.
#[cfg(test)]
pub(in super::super) const PUSHES: &[(&str, &str, &str)] = &[
    ("notification", "a notification, its position `{epoch, offset}`", "Something new. Kept: see `Missed`."),
    ("unread", "`{count}`", "How many are unread now. Only the newest matters."),
    ("marked", "`{mark, ids}`", "Another connection of the user marked these; `ids` is null where it marked all."),
    ("resync", "null", "Pushes were lost and cannot be had again: ask for the list anew."),
    ("generation", "the progress", "A generated document that the user asked for got on. Only the newest matters."),
    (
        "approvals",
        "`{approval, seq}`",
        "What the user, or somebody of their groups, may decide has changed: ask for the counts. Only the newest matters.",
    ),
    ("execution", "what moved", "An execution of a workflow that the user started got on; the history has the rest."),
];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    before: Option<Uuid>,
    #[serde(default)]
    archived: bool,
    limit: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    ids: Option<Vec<Uuid>>,
}

#[derive(Debug, Serialize)]
struct Page {
    notifications: Vec<Notification>,
    more: bool,
    unread: u32,
}

#[derive(Debug, Serialize)]
struct MissedNotifications {
    whole: bool,
    notifications: Vec<Payload>,
    position: Position,
}

/// Declares it.
pub(crate) fn hub(deps: Arc<Notifications>) -> HubDefinition {
    Hub::new(name(), "A person's inbox: what it holds, and what comes, as it comes.", deps)
        .connected(|_, caller| async move {
            join_groups(&caller);
            Ok(())
        })
        .method(
            "List",
            "A page, newest first: `{notifications, more, unread}`. `before` is the id of the last one of the page before; \
             `archived` shows those that were put away, too; `limit` is 20, at most 100; a page of long ones is shorter.",
            |deps, call, (wanted,): (Option<Wanted>,)| list(deps, call, wanted.unwrap_or_default()),
        )
        .method("UnreadCount", "How many are unread and not put away.", |deps: Arc<Notifications>, call, ()| async move {
            let principal = call.caller().principal();
            deps.inbox.inbox_unread(&principal.tenant, &principal.user).await.map_err(fault::port)
        })
        .method(
            "MarkSeen",
            "They were shown; without `ids`, all that are not put away. Answers `{unread}`, as the next three do.",
            |deps, call, (named,): (Option<Named>,)| mark(deps, call, named, Mark::Seen),
        )
        .method("MarkRead", "They were read, and so seen.", |deps, call, (named,): (Option<Named>,)| {
            mark(deps, call, named, Mark::Read)
        })
        .method("MarkUnread", "They are to count as unread again.", |deps, call, (named,): (Option<Named>,)| {
            mark(deps, call, named, Mark::Unread)
        })
        .method("Archive", "They are put away, and count as read.", |deps, call, (named,): (Option<Named>,)| {
            mark(deps, call, named, Mark::Archived)
        })
        .method(
            "Missed",
            "What `notification` brought after a position, for a client that was away: `{whole, notifications, position}`. \
             Where `whole` is false, ask for the list. Without a position: only where it stands.",
            |deps, call, (since,): (Option<Position>,)| missed_since(deps, call, since),
        )
        .define()
}

/// So that what is for a group reaches whoever is in it.
fn join_groups(caller: &Caller) {
    for group in caller.principal().groups.iter().take(GROUPS_MAX) {
        if let Err(error) = caller.join(&Reader::Group(group.clone()).to_string()) {
            tracing::debug!(%error, %group, "what is told to a group does not reach one of it");
        }
    }
}

async fn list(deps: Arc<Notifications>, call: Call, wanted: Wanted) -> Result<Page, HubFault> {
    let principal = call.caller().principal();
    let limit = wanted.limit.unwrap_or(LISTED);
    if !(1..=LISTED_MAX).contains(&limit) {
        return Err(HubFault::Refused(format!("limit: expected 1 to {LISTED_MAX}")));
    }
    let before = wanted.before.map(|id| InboxPosition { id });
    let listed = deps.inbox.inbox_list(&principal.tenant, &principal.user, before, wanted.archived, limit).await;
    let mut listed = listed.map_err(fault::port)?;
    let more = page::cut(&mut listed.notifications) || listed.more;
    Ok(Page { notifications: listed.notifications, more, unread: listed.unread })
}

async fn mark(deps: Arc<Notifications>, call: Call, named: Option<Named>, mark: Mark) -> Result<Value, HubFault> {
    let caller = call.caller();
    let principal = caller.principal();
    let ids = named.unwrap_or_default().ids;
    if ids.as_ref().is_some_and(|ids| ids.len() > MARKED_MAX) {
        return Err(HubFault::Refused(format!("ids: expected at most {MARKED_MAX}")));
    }
    let marked = deps.inbox.inbox_mark(&principal.tenant, &principal.user, ids.as_deref(), mark, deps.clock.now());
    let unread = marked.await.map_err(fault::port)?;
    let to = caller.clients().user(&principal.user).except(&[caller.id()]);
    missed::send(&to, "marked", &json!({ "mark": mark, "ids": ids })).await;
    push_unread(caller.clients(), &principal.user, unread, Some(caller.id())).await;
    Ok(json!({ "unread": unread }))
}

async fn missed_since(
    deps: Arc<Notifications>,
    call: Call,
    since: Option<Position>,
) -> Result<MissedNotifications, HubFault> {
    let principal = call.caller().principal();
    let channel = Channel::new(&principal.tenant, &name(), &Audience::User(principal.user.clone()));
    let channel = channel.map_err(HubFault::internal)?;
    let missed = missed::missed(&*deps.backplane, &channel, since.as_ref()).await?;
    let pushes = missed.pushes.into_iter().filter(|push| push.target == "notification");
    let notifications = pushes.filter_map(|push| push.arguments.into_iter().next()).collect();
    Ok(MissedNotifications { whole: missed.whole, notifications, position: missed.position })
}
