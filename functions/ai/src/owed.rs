//! What the shared counters do not know yet: calls that ended while they were away.

use crate::Deps;
use bytes::Bytes;
use octavo_domain_ai::ports::{BudgetLine, ReserveRequest, Reserved, Settlement};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::time::Duration;

/// Calls that are owed at most. Beyond this the oldest is let go: the ledger has it, and the next period begins right.
const OWED_MAX: usize = 10_000;
/// Between charging a call and settling it nothing is waited for.
const LEASE: Duration = Duration::from_secs(60);

/// A call that has ended.
pub(crate) struct Charge {
    /// What it used.
    pub(crate) settlement: Settlement,
    /// The budgets that it falls under, where only this instance knew of it; none where the shared ones hold something
    /// for it.
    pub(crate) unheld: Vec<BudgetLine>,
}

/// Charges, oldest first. In this process only: what it owes when it dies, the ledger has.
#[derive(Default)]
pub(crate) struct Owed(Mutex<VecDeque<Charge>>);

impl Owed {
    pub(crate) fn push(&self, charge: Charge) {
        let mut charges = self.0.lock();
        if charges.len() >= OWED_MAX {
            charges.pop_front();
        }
        charges.push_back(charge);
    }

    /// The oldest, if there is one and it is worth trying: mostly there is none, and that is all that a call pays for.
    fn next_unless(&self, hopeless: impl Fn() -> bool) -> Option<Charge> {
        let mut charges = self.0.lock();
        if charges.is_empty() || hopeless() { None } else { charges.pop_front() }
    }
}

/// Tells the shared counters what is owed, if they are there.
pub(crate) async fn pay(deps: &Deps) {
    loop {
        let Some(charge) = deps.owed.next_unless(|| deps.rest.rests()) else { return };
        if !is_paid(deps, &charge).await {
            deps.owed.0.lock().push_front(charge);
            return;
        }
    }
}

/// Whether nothing more is owed for it.
async fn is_paid(deps: &Deps, charge: &Charge) -> bool {
    let Charge { settlement, unheld } = charge;
    // First as if they held something: a reservation may have been made whose answer was lost.
    let Some(settled) = deps.rest.note("meter", deps.meter.settle(settlement).await) else { return false };
    if !settled.is_empty() {
        return true;
    }
    let limitless =
        |line: &BudgetLine| BudgetLine { tokens_max: None, nanodollars_max: None, seed: None, ..line.clone() };
    let mut budgets: Vec<BudgetLine> = unheld.iter().map(limitless).collect();
    while !budgets.is_empty() {
        let request = ReserveRequest {
            tenant: settlement.tenant.clone(),
            call: settlement.call,
            rates: Vec::new(),
            budgets: budgets.clone(),
            hold: settlement.used,
            lease: LEASE,
            record: Bytes::new(),
        };
        match deps.rest.note("meter", deps.meter.reserve(&request).await) {
            Some(Reserved::Granted { .. }) => {
                return deps.rest.note("meter", deps.meter.settle(settlement).await).is_some();
            }
            // A counter that is not there begins with what the ledger says, this call included.
            Some(Reserved::Unseeded(names)) if !names.is_empty() => {
                budgets.retain(|line| !names.contains(&line.name));
            }
            // Without a limit nothing is refused.
            Some(_) => return true,
            None => return false,
        }
    }
    true
}
