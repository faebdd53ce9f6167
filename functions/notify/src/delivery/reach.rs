//! Where a message goes now.

use super::known::Known;
use super::work::Worker;
use crate::targets::open;
use octavo_domain_notify::{Address, Claim, MessageStatus, Reason, Recipient, TargetKind};

/// Where a message goes.
pub(super) struct Reach {
    pub(super) address: Address,
    /// What it is, if it is a target.
    pub(super) target: Option<TargetKind>,
}

/// Where a message goes by what is known now; or how it is left if nowhere.
pub(super) fn reach(worker: &Worker<'_>, known: &Known, claim: &Claim) -> Result<Reach, (MessageStatus, Reason)> {
    let dropped = |reason| (MessageStatus::Dropped, reason);
    let Some(address) = known.address_of(claim) else { return Err(dropped(Reason::NoAddress)) };
    let Recipient::Target { target: name } = &claim.message.recipient else {
        return Ok(Reach { address, target: None });
    };
    let found = known.targets.get(name).filter(|target| target.active && target.channel == claim.message.channel);
    let Some(sealed) = found else { return Err(dropped(Reason::NoTarget)) };
    match open(&*worker.deps.sealer, worker.tenant, sealed) {
        Ok(kind) => Ok(Reach { address, target: Some(kind) }),
        Err(error) => {
            // Sealed with a key that was taken away. A person sets it again, and then sends again what failed.
            tracing::error!(%error, tenant = %worker.tenant, target = name, "a target cannot be opened");
            Err((MessageStatus::Failed, Reason::NoTarget))
        }
    }
}
