//! Who is asked for nothing, though they were a candidate.

use crate::eligible::decided;
use crate::{Approval, StageStatus};
use octavo_domain_kernel::UserId;
use std::collections::BTreeSet;

/// Who may decide no seat that waits, as whomever they come: whoever is excluded, and whoever decided already (themselves or
/// by a substitute) where each decision is another person's. Neither may their substitutes for them. What inboxes leave out.
pub fn barred(approval: &Approval) -> BTreeSet<UserId> {
    let open = approval.stages.iter().position(|stage| stage.status == StageStatus::Open);
    let mut barred = open.map(|stage| decided(approval, stage)).unwrap_or_default();
    barred.extend(approval.excluded.iter().cloned());
    barred
}
