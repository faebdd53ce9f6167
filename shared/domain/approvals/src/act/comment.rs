//! Something is said.

use super::{invalid, room, trimmed};
use crate::draft::Draft;
use crate::limits::{ATTACHMENTS_MAX, REMARKS_MAX};
use crate::see::{may_see, requesters};
use crate::{Actor, Approval, Change, EventKind, NoticeKind, Refused};
use octavo_domain_kernel::{DocumentId, UserId};
use std::collections::BTreeSet;

/// By whoever may see it, also when it has ended. Told to whoever asked and to whoever took part.
pub(super) fn comment<'a>(
    approval: &Approval,
    actor: &Actor,
    text: &str,
    attachments: Vec<DocumentId>,
    draft: impl FnOnce() -> Draft<'a>,
) -> Result<Change, Refused> {
    if !may_see(approval, actor) {
        return Err(Refused::NotTheirs);
    }
    let Some(text) = trimmed(Some(text)).map_err(rename)? else {
        return Err(invalid("text", "expected something that is said"));
    };
    if attachments.len() > ATTACHMENTS_MAX {
        return Err(invalid("attachments", format!("expected at most {ATTACHMENTS_MAX}")));
    }
    if approval.remarks >= REMARKS_MAX {
        return Err(invalid("text", format!("expected an approval with fewer than {REMARKS_MAX} remarks")));
    }
    room(approval)?;
    let mut draft = draft();
    draft.approval.remarks += 1;
    let mut to: BTreeSet<UserId> = requesters(approval);
    to.extend(approval.participants.iter().cloned());
    to.remove(&actor.user);
    draft.record_by(actor, None, EventKind::Commented { text, attachments });
    draft.tell(NoticeKind::Commented, to);
    Ok(draft.finish())
}

fn rename(refused: Refused) -> Refused {
    match refused {
        Refused::Invalid { message, .. } => invalid("text", message),
        other => other,
    }
}
