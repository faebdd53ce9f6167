//! Tells an execution something that is true before the caller is answered.

use super::shell::{keeper, now, settled};
use crate::Deps;
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::ports::Committed;
use octavo_domain_workflow::engine::{Change, ExecutionId, Loaded, Settling};
use std::time::Duration;
use tokio::time::sleep;

/// How often it is decided anew when somebody else was faster.
const ATTEMPTS_MAX: u32 = 10;
/// The longest pause before the next attempt; drawn evenly from nothing to this.
const PAUSE_MAX: Duration = Duration::from_millis(20);

/// What became of it.
pub(crate) enum Told<R> {
    /// It is so.
    Done(Box<Change>),
    /// It was decided that there is nothing to commit.
    Left(R),
    /// There is no such execution.
    Gone,
    /// Others were faster again and again.
    Contended,
}

/// Loads, decides, commits; again when somebody else was faster. `decide` may be asked several times.
pub(crate) async fn tell<R>(
    deps: &Deps,
    tenant: &TenantId,
    id: ExecutionId,
    decide: impl Fn(&Settling<'_>, Loaded) -> Result<Change, Decline<R>> + Send,
) -> Result<Told<R>, PortError>
where
    R: Send,
{
    for attempt in 0..ATTEMPTS_MAX {
        if attempt > 0 {
            sleep(PAUSE_MAX.mul_f64(share(super::shell::draw(deps).number()))).await;
        }
        let now = now(deps);
        let Some(loaded) = deps.executions.execution_load(tenant, id, now).await? else { return Ok(Told::Gone) };
        let started_by = loaded.started_by.clone();
        let definition = deps.memory.definitions.get(tenant, loaded.revision).await.map_err(PortError::corrupt)?;
        let mut change = match settled(deps, &definition, now, |settling| decide(settling, loaded)) {
            Ok(change) => change,
            Err(Decline::Left(reason)) => return Ok(Told::Left(reason)),
            Err(Decline::Unwritable(error)) => return Err(PortError::corrupt(error)),
        };
        match keeper(deps).keep(tenant, &mut change, &started_by, None).await? {
            Committed::Done => return Ok(Told::Done(Box::new(change))),
            Committed::Stale => {}
            // A child execution of this change has the name of another one. Names of children are made of what is unique.
            Committed::NameTaken(other) => {
                return Err(PortError::corrupt(format!("the name of a child is taken by {other}")));
            }
        }
    }
    Ok(Told::Contended)
}

/// Why nothing is committed.
pub(crate) enum Decline<R> {
    /// There is nothing to do.
    Left(R),
    /// The events cannot be written.
    Unwritable(serde_json::Error),
}

impl<R> From<serde_json::Error> for Decline<R> {
    fn from(error: serde_json::Error) -> Self {
        Self::Unwritable(error)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share of a pause needs no more than 53 bits")]
fn share(number: u64) -> f64 {
    number as f64 / u64::MAX as f64
}
