//! Does the step that a message names.

use super::{assemble, gather, outline, write};
use crate::commit::{commit, now};
use crate::fault::away;
use crate::{Deps, GenerateFault};
use octavo_domain_generate::{Generation, Outcome, Status, StepBody, Task};
use octavo_domain_kernel::{PortError, TenantId};

/// Does it if it is still to be done. An error has the message come again.
pub(crate) async fn run(deps: &Deps, tenant: &TenantId, step: StepBody) -> Result<(), GenerateFault> {
    let Some(generation) = deps.generations.generation_get(tenant, step.generation).await? else {
        return Ok(());
    };
    // At another step it was done, or cancelled: by whom does not matter.
    let Some(task) = generation.task().filter(|_| generation.step == step.step) else {
        return Ok(());
    };
    let outcome = match perform(deps, &generation, task).await {
        Ok(outcome) => outcome,
        Err(error) => {
            tracing::warn!(%error, generation = %generation.id, ?task, "a port failed");
            Outcome::Postponed(away(&error))
        }
    };
    let postponed = match &outcome {
        Outcome::Postponed(trouble) => Some(trouble.clone()),
        _ => None,
    };
    if let Outcome::Failed(trouble) = &outcome {
        tracing::info!(generation = %generation.id, ?task, code = trouble.code, "a generation failed: {}", trouble.message);
    }
    let transition = generation.advance(outcome, now(deps)).map_err(|error| PortError::corrupt(error.to_string()))?;
    let stored = commit(deps, transition).await?;
    match (postponed, stored) {
        // The last try failed: the person sees it now, and the message has nothing left to do.
        (Some(_), Some(generation)) if generation.status == Status::Failed => Ok(()),
        (Some(trouble), Some(_)) => Err(GenerateFault::Postponed(trouble)),
        _ => Ok(()),
    }
}

async fn perform(deps: &Deps, generation: &Generation, task: Task) -> Result<Outcome, PortError> {
    match task {
        Task::Gather => gather::gather(deps, generation).await,
        Task::Outline => outline::outline(deps, generation).await,
        Task::Write(place) => write::write(deps, generation, place).await,
        Task::Assemble => assemble::assemble(deps, generation).await,
    }
}
