//! What comes late: calls that the ledger could not take at once, and calls that nobody settled.

use crate::Deps;
use crate::ledger_writer::CALLED;
use octavo_domain_ai::ports::OpenCall;
use octavo_domain_ai::{Call, Outcome, Usage};
use octavo_domain_kernel::{Message, PortError, TenantId};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Abandoned calls of one tenant that are taken at a time.
const RECLAIM_MAX: usize = 100;

/// A message as the transport hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRecord {
    /// Names it among the failures.
    pub message_id: String,
    /// The message as JSON.
    pub body: String,
}

/// Writes calls that came by the queue into the ledger; answers the ids of the messages that failed.
pub async fn handle_queue(deps: &Deps, records: Vec<QueueRecord>) -> Vec<String> {
    let mut tenants: BTreeMap<TenantId, (Vec<Call>, Vec<String>)> = BTreeMap::new();
    let mut failed = Vec::new();
    for record in records {
        match read(&record.body) {
            Ok(call) => {
                let (calls, ids) = tenants.entry(call.tenant.clone()).or_default();
                calls.push(call);
                ids.push(record.message_id);
            }
            Err(error) => {
                tracing::error!(error, message = record.message_id, "a message is none of this queue");
                failed.push(record.message_id);
            }
        }
    }
    for (tenant, (calls, ids)) in tenants {
        if let Err(error) = deps.ledger.call_insert(&tenant, &calls).await {
            tracing::warn!(%error, %tenant, calls = calls.len(), "the ledger is still away");
            failed.extend(ids);
        }
    }
    failed
}

fn read(body: &str) -> Result<Call, String> {
    let message: Message = serde_json::from_str(body).map_err(|error| error.to_string())?;
    if message.kind != CALLED {
        return Err(format!("it is of the kind {}", message.kind));
    }
    let call: Call = serde_json::from_value(message.body).map_err(|error| error.to_string())?;
    if call.tenant != message.tenant {
        return Err("it names two tenants".to_owned());
    }
    Ok(call)
}

/// Puts calls whose process died into the ledger, with what was held for them. Returns how many.
pub async fn sweep(deps: &Deps) -> Result<usize, PortError> {
    let mut swept = 0;
    for tenant in deps.meter.tenants().await? {
        loop {
            let open = deps.meter.reclaim(&tenant, RECLAIM_MAX).await?;
            if open.is_empty() {
                break;
            }
            let calls: Vec<Call> = open.iter().filter_map(abandoned).collect();
            deps.ledger.call_insert(&tenant, &calls).await?;
            let ids: Vec<_> = open.iter().map(|open| open.call).collect();
            deps.meter.reclaimed(&tenant, &ids).await?;
            tracing::warn!(%tenant, calls = open.len(), "calls whose process died are in the ledger now");
            swept += open.len();
        }
    }
    Ok(swept)
}

fn abandoned(open: &OpenCall) -> Option<Call> {
    let call: Call = serde_json::from_slice(&open.record)
        .inspect_err(|error| tracing::error!(%error, call = %open.call, "an open call cannot be read"))
        .ok()?;
    Some(Call {
        outcome: Outcome::Abandoned,
        // What it really used nobody knows any more: what was held stays charged, so the ledger says the same.
        usage: Usage { input: open.hold.tokens, ..Usage::default() },
        cost: Some(Decimal::from_i128_with_scale(i128::from(open.hold.nanodollars), 9).normalize()),
        ..call
    })
}
