//! It is taken back.

use super::{still_open, trimmed};
use crate::draft::Draft;
use crate::see::requesters;
use crate::{Actor, Approval, Change, Outcome, Refused};

/// By whoever asked, for whom it was asked, or an administrator.
pub(super) fn withdraw<'a>(
    approval: &Approval,
    actor: &Actor,
    comment: Option<&str>,
    draft: impl FnOnce() -> Draft<'a>,
) -> Result<Change, Refused> {
    if !actor.admin && !requesters(approval).contains(&actor.user) {
        return Err(Refused::NotTheirs);
    }
    still_open(approval)?;
    let comment = trimmed(comment)?;
    let mut draft = draft();
    draft.end_by(Outcome::Withdrawn, comment, actor);
    Ok(draft.finish())
}
