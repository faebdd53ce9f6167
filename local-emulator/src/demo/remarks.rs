//! Remarks on documents, and answers to them, each at its day: by the domain's port, for the hub knows the present only.

use super::bundle::{Paper, Remark};
use super::company::TENANT;
use super::dates::{dated, moment};
use super::dice::Dice;
use super::documents::Shelf;
use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use octavo_domain_collaboration::{CommentStore, NewComment};
use octavo_domain_kernel::{DocumentId, TenantId};
use uuid::Uuid;

/// Writes the remarks that are missing; answers how many those were.
pub(super) async fn fill(
    store: &dyn CommentStore,
    shelf: &Shelf,
    papers: &[Paper],
    epoch: DateTime<Utc>,
) -> anyhow::Result<usize> {
    let tenant: TenantId = TENANT.parse()?;
    let mut made = 0;
    for paper in papers {
        let Some(id) = shelf.id(paper.name) else { continue };
        let document = DocumentId(id.parse()?);
        for (number, remark) in paper.remarks.iter().enumerate() {
            let mut dice = Dice::new(&format!("{} remark {number}", paper.name));
            let at = moment(epoch, remark.ago, dice.any());
            let first = Writing { store, tenant: &tenant, document, epoch };
            let (thread, new) =
                first.write(&mut dice, remark, None, at).await.with_context(|| paper.name.to_owned())?;
            made += usize::from(new);
            let mut last = at;
            for answer in &remark.answers {
                // On the same day an answer follows what it answers.
                last = moment(epoch, answer.ago, dice.any()).max(last + TimeDelta::minutes(7)).min(epoch);
                made += usize::from(first.write(&mut dice, answer, Some(thread), last).await?.1);
            }
            if let Some(by) = remark.settled_by.filter(|_| new) {
                store.comment_resolve(&tenant, document, thread, Some(&by.parse()?), last).await?;
            }
        }
    }
    Ok(made)
}

struct Writing<'a> {
    store: &'a dyn CommentStore,
    tenant: &'a TenantId,
    document: DocumentId,
    epoch: DateTime<Utc>,
}

impl Writing<'_> {
    /// Its identifier follows from the filling's, so that it is written once. Whether it was new.
    async fn write(
        &self,
        dice: &mut Dice,
        remark: &Remark,
        parent: Option<Uuid>,
        at: DateTime<Utc>,
    ) -> anyhow::Result<(Uuid, bool)> {
        let id = dice.id(at);
        if self.store.comment_get(self.tenant, self.document, id).await?.is_some() {
            return Ok((id, false));
        }
        let new = NewComment {
            id,
            document: self.document,
            parent,
            author: remark.by.parse()?,
            text: dated(remark.text, self.epoch),
            anchor: None,
            at,
        };
        self.store.comment_add(self.tenant, &new).await?;
        Ok((id, true))
    }
}
