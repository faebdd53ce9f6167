//! Remarks.

use super::super::{fault, missed, page};
use super::hub::{Collaboration, group, name};
use super::place::Remarks;
use chrono::SubsecRound;
use octavo_domain_collaboration::{COMMENT_CHARS_MAX, COMMENTS_LISTED_MAX, Comment, NewComment};
use octavo_domain_documents::Access;
use octavo_domain_kernel::{DocumentId, PortError, PortErrorKind};
use octavo_domain_realtime::{Audience, Channel, Position};
use realtime_node_server::{Call, HubFault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::time::Instant;
use uuid::Uuid;

/// Comments of one page where the caller does not say.
const LISTED: u16 = 100;
/// Bytes of an anchor: a Yjs relative position has about 30.
const ANCHOR_BYTES_MAX: usize = 1_024;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    document: DocumentId,
    after: Option<Uuid>,
    limit: Option<u16>,
}

#[derive(Debug, Serialize)]
pub(super) struct Page {
    comments: Vec<Comment>,
    more: bool,
}

pub(super) async fn list(deps: Arc<Collaboration>, call: Call, wanted: Wanted) -> Result<Page, HubFault> {
    let principal = call.caller().principal();
    let limit = wanted.limit.unwrap_or(LISTED);
    // One more is asked for, to know whether there are more.
    if !(1..COMMENTS_LISTED_MAX).contains(&limit) {
        return Err(HubFault::Refused(format!("limit: expected 1 to {}", COMMENTS_LISTED_MAX - 1)));
    }
    deps.open(&principal, wanted.document, Access::Viewer).await?;
    let store = &deps.ports.comments;
    let listed = store.comment_list(&principal.tenant, wanted.document, wanted.after, limit + 1).await;
    let mut comments = listed.map_err(fault::port)?;
    let more = comments.len() > usize::from(limit);
    comments.truncate(limit.into());
    let more = page::cut(&mut comments) || more;
    Ok(Page { comments, more })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Remark {
    document: DocumentId,
    parent: Option<Uuid>,
    text: String,
    anchor: Option<String>,
}

impl Remark {
    fn check(&self) -> Result<(), HubFault> {
        let chars = self.text.chars().count();
        if self.text.trim().is_empty() || chars > COMMENT_CHARS_MAX || self.text.contains('\0') {
            return Err(HubFault::Refused(format!(
                "text: expected 1 to {COMMENT_CHARS_MAX} characters that are not all blank, without NUL"
            )));
        }
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte);
        if self.anchor.as_ref().is_some_and(|anchor| anchor.len() > ANCHOR_BYTES_MAX || !anchor.bytes().all(is_base64))
        {
            return Err(HubFault::Refused(format!("anchor: expected at most {ANCHOR_BYTES_MAX} characters of Base64")));
        }
        Ok(())
    }
}

pub(super) async fn add(deps: Arc<Collaboration>, call: Call, remark: Remark) -> Result<Comment, HubFault> {
    remark.check()?;
    call.caller().state(|remarks: &mut Remarks| remarks.take(Instant::now()))?;
    let principal = call.caller().principal();
    let (document, _) = deps.open(&principal, remark.document, Access::Viewer).await?;
    let new = NewComment {
        id: deps.ports.ids.next(),
        document: document.id,
        parent: remark.parent,
        author: principal.user.clone(),
        text: remark.text,
        anchor: remark.anchor,
        // As precise as it is stored: what is pushed is what is listed later.
        at: deps.ports.clock.now().trunc_subsecs(6),
    };
    let comment = deps.ports.comments.comment_add(&principal.tenant, &new).await.map_err(refused)?;
    deps.tell(&call, document.id, "comment", &comment).await;
    deps.notify(&principal, &document, &comment).await;
    Ok(comment)
}

impl Collaboration {
    /// Tells those who are at a document, and those who ask later.
    async fn tell(&self, call: &Call, document: DocumentId, target: &str, value: &(impl Serialize + Sync)) {
        self.kept.send(call.caller().clients(), Audience::Group(group(document)), target, value).await;
    }
}

fn refused(error: PortError) -> HubFault {
    match error.kind {
        PortErrorKind::NotFound => HubFault::refused("parent: there is no such comment to answer"),
        PortErrorKind::Conflict => HubFault::refused("The document has as many comments as it may have."),
        _ => fault::port(error),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settling {
    document: DocumentId,
    id: Uuid,
    resolved: bool,
}

const NO_COMMENT: &str = "There is no such comment.";

pub(super) async fn resolve(deps: Arc<Collaboration>, call: Call, wanted: Settling) -> Result<Comment, HubFault> {
    let principal = call.caller().principal();
    let (document, access) = deps.open(&principal, wanted.document, Access::Viewer).await?;
    let store = &deps.ports.comments;
    let found = store.comment_get(&principal.tenant, document.id, wanted.id).await.map_err(fault::port)?;
    let found = found.ok_or_else(|| HubFault::refused(NO_COMMENT))?;
    if found.author != principal.user && access < Access::Editor {
        return Err(HubFault::refused("Only its author and those who may change the document settle a comment."));
    }
    let by = wanted.resolved.then_some(&principal.user);
    let now = deps.ports.clock.now();
    let settled = store.comment_resolve(&principal.tenant, document.id, wanted.id, by, now).await;
    let comment = settled.map_err(fault::port)?.ok_or_else(|| HubFault::refused(NO_COMMENT))?;
    deps.tell(&call, document.id, "comment_resolved", &comment).await;
    Ok(comment)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unwanted {
    document: DocumentId,
    id: Uuid,
}

pub(super) async fn delete(deps: Arc<Collaboration>, call: Call, unwanted: Unwanted) -> Result<Value, HubFault> {
    let principal = call.caller().principal();
    let (document, _) = deps.open(&principal, unwanted.document, Access::Viewer).await?;
    let store = &deps.ports.comments;
    let deleted = store.comment_delete(&principal.tenant, document.id, unwanted.id, &principal.user).await;
    let deleted = deleted.map_err(fault::port)?;
    if deleted {
        let gone = json!({ "document": document.id, "id": unwanted.id });
        deps.tell(&call, document.id, "comment_deleted", &gone).await;
    }
    Ok(json!({ "deleted": deleted }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Since {
    document: DocumentId,
    position: Option<Position>,
}

#[derive(Debug, Serialize)]
pub(super) struct MissedPushes {
    whole: bool,
    pushes: Vec<missed::Push>,
    position: Position,
}

pub(super) async fn missed_since(deps: Arc<Collaboration>, call: Call, since: Since) -> Result<MissedPushes, HubFault> {
    let principal = call.caller().principal();
    deps.open(&principal, since.document, Access::Viewer).await?;
    let channel = Channel::new(&principal.tenant, &name(), &Audience::Group(group(since.document)));
    let channel = channel.map_err(HubFault::internal)?;
    let missed = missed::missed(&*deps.ports.backplane, &channel, since.position.as_ref()).await?;
    Ok(MissedPushes { whole: missed.whole, pushes: missed.pushes, position: missed.position })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_has_a_text_and_a_small_anchor() {
        let remark = |text: &str, anchor: Option<&str>| Remark {
            document: DocumentId(Uuid::from_u128(1)),
            parent: None,
            text: text.to_owned(),
            anchor: anchor.map(str::to_owned),
        };
        assert!(remark("Yes", Some("AAE=")).check().is_ok());
        for bad in [
            remark(" \n", None),
            remark("a\0b", None),
            remark(&"x".repeat(COMMENT_CHARS_MAX + 1), None),
            remark("Yes", Some("<b>")),
            remark("Yes", Some(&"A".repeat(ANCHOR_BYTES_MAX + 1))),
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
