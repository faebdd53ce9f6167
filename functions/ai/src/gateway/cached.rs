//! Answers that are kept: found, waited for, kept, told again.

use super::ask::{Ask, Wishes};
use crate::Deps;
use bytes::{BufMut, Bytes, BytesMut};
use octavo_domain_ai::CacheUse;
use octavo_domain_ai::Usage;
use octavo_domain_ai::ports::{Claim, Found};
use octavo_domain_kernel::{CacheKey, TenantId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// What sealed answers are sealed for.
const PURPOSE: &str = "ai-answer";
/// Bytes of an answer that is kept; a larger one is not.
pub(crate) const KEPT_BYTES_MAX: usize = 2 * 1024 * 1024;
/// A claim lives so long without being renewed: so long after a crash the next caller takes over.
pub(crate) const CLAIM_LEASE: Duration = Duration::from_secs(10);
/// Who waits for somebody else's answer looks after this, a little later each time.
const WAIT_FIRST: Duration = Duration::from_millis(4);
const WAIT_MAX: Duration = Duration::from_millis(100);

/// An answer as it is kept: what the caller got, to the byte, and what the ledger must know of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kept {
    pub(crate) head: KeptHead,
    /// The body, or all frames of the stream.
    pub(crate) body: Bytes,
}

/// What is known of a kept answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptHead {
    /// Who answered: an answer is not served once that model or provider is no longer among the candidates.
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) streamed: bool,
    pub(crate) usage: Usage,
    pub(crate) cost: Option<Decimal>,
    pub(crate) answer_hash: String,
}

impl Kept {
    /// Length of the head in four bytes, the head as JSON, the body; sealed.
    fn seal(&self, deps: &Deps, tenant: &TenantId) -> Option<Bytes> {
        let head = serde_json::to_vec(&self.head).ok()?;
        let mut plain = BytesMut::with_capacity(4 + head.len() + self.body.len());
        plain.put_u32(u32::try_from(head.len()).ok()?);
        plain.put_slice(&head);
        plain.put_slice(&self.body);
        Some(deps.sealer.seal(tenant, PURPOSE, &plain))
    }

    pub(crate) fn open(deps: &Deps, tenant: &TenantId, sealed: &[u8]) -> Option<Self> {
        let plain = deps.sealer.open(tenant, PURPOSE, sealed);
        let plain = plain.inspect_err(|error| tracing::warn!(%error, "a kept answer cannot be opened")).ok()?;
        let length = u32::from_be_bytes(plain.get(..4)?.try_into().ok()?) as usize;
        let head = serde_json::from_slice(plain.get(4..4 + length)?).ok()?;
        Some(Self { head, body: plain.slice(4 + length..) })
    }
}

/// What the cache gives a call.
pub(crate) enum Lookup {
    /// An answer, kept or just found by somebody else.
    Kept(Kept, CacheUse),
    /// Nothing. With a claim: this call finds the answer for all who wait.
    Find { claim: Option<Claim>, cache: CacheUse },
}

/// Looks for a kept answer; waits for one that is being found. `acceptable` says whether a kept answer may be served.
pub(crate) async fn look_up(
    deps: &Deps,
    ask: &Ask,
    key: &CacheKey,
    wishes: &Wishes,
    acceptable: impl Fn(&KeptHead) -> bool,
) -> Lookup {
    let bypass = Lookup::Find { claim: None, cache: CacheUse::Bypass };
    if !wishes.read || deps.rest.rests() {
        return bypass;
    }
    let token = deps.ids.next().simple().to_string();
    let tenant = &ask.principal.tenant;
    let (mut wait, mut waited) = (WAIT_FIRST, false);
    loop {
        let found = deps.answers.find_or_claim(key, &token, CLAIM_LEASE).await;
        match deps.rest.note("answers", found) {
            None => return bypass,
            Some(Found::Claimed(claim)) => return Lookup::Find { claim: Some(claim), cache: CacheUse::Miss },
            Some(Found::Kept(sealed)) => {
                return match Kept::open(deps, tenant, &sealed).filter(|kept| acceptable(&kept.head)) {
                    Some(kept) => Lookup::Kept(kept, if waited { CacheUse::Coalesced } else { CacheUse::Hit }),
                    // What cannot be used is found anew, and then kept over it.
                    None => Lookup::Find { claim: Some(Claim { key: key.clone(), token }), cache: CacheUse::Miss },
                };
            }
            Some(Found::UnderWay) => {}
        }
        if Instant::now() + wait >= ask.deadline {
            return bypass;
        }
        waited = true;
        sleep(wait).await;
        wait = (wait * 3 / 2).min(WAIT_MAX);
    }
}

/// Keeps an answer and lets those who wait have it.
pub(crate) async fn keep(deps: &Deps, tenant: &TenantId, claim: &Claim, kept: &Kept, ttl: Duration) {
    if kept.body.len() > KEPT_BYTES_MAX {
        return release(deps, claim).await;
    }
    if let Some(sealed) = kept.seal(deps, tenant) {
        let done = deps.answers.fulfil(claim, sealed, ttl).await;
        deps.rest.note("answers", done);
    }
}

/// Gives the right to find an answer back, so that who waits finds it.
pub(crate) async fn release(deps: &Deps, claim: &Claim) {
    let done = deps.answers.release(claim).await;
    deps.rest.note("answers", done);
}

/// Holds a claim for as long as it is not dropped.
pub(crate) struct Holding(tokio::task::JoinHandle<()>);

impl Holding {
    pub(crate) fn start(deps: &std::sync::Arc<Deps>, claim: &Claim) -> Self {
        let (deps, claim) = (deps.clone(), claim.clone());
        Self(tokio::spawn(async move {
            loop {
                sleep(CLAIM_LEASE / 3).await;
                let renewed = deps.answers.renew(&claim, CLAIM_LEASE).await;
                if deps.rest.note("answers", renewed) != Some(true) {
                    return;
                }
            }
        }))
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.0.abort();
    }
}
