//! Answers to tasks by their tokens. Whoever has a token of the tenant may answer: it is a secret that only the task gave out.

use crate::Deps;
use crate::executions::shell::{keeper, now};
use crate::protocol::{Checks, Fault, Name};
use octavo_domain_kernel::TenantId;
use octavo_domain_workflow::engine::is_task_token;
use octavo_domain_workflow::engine::ports::Answered;
use octavo_domain_workflow::machine::Event;

/// The longest token, in characters: the service's own.
const TOKEN_CHARS_MAX: usize = 2_048;

/// Checks a token's length.
pub(super) fn check_length(checks: &mut Checks, token: &str) {
    // What is refused is not shown: it may be a token after all.
    if token.is_empty() || token.len() > TOKEN_CHARS_MAX {
        let bound = if token.is_empty() { "greater than or equal to 1" } else { "less than or equal to 2048" };
        checks.fail("taskToken", "", format_args!("Member must have length {bound}"));
    }
}

/// Answers a task, once: the answer is kept durably, and whoever advances the execution is rung for.
pub(super) async fn answer(deps: &Deps, tenant: &TenantId, token: &str, event: &Event) -> Result<(), Fault> {
    check(token)?;
    let now = now(deps);
    match deps.executions.token_answer(tenant, token, event, now).await? {
        Answered::Taken(execution) => {
            keeper(deps).ring(tenant, &[execution], now).await;
            Ok(())
        }
        Answered::Gone => Err(gone()),
    }
}

/// Tells that a task is still worked on.
pub(super) async fn heartbeat(deps: &Deps, tenant: &TenantId, token: &str) -> Result<(), Fault> {
    check(token)?;
    match deps.executions.token_heartbeat(tenant, token, now(deps)).await? {
        Answered::Taken(_) => Ok(()),
        Answered::Gone => Err(gone()),
    }
}

fn check(token: &str) -> Result<(), Fault> {
    if is_task_token(token) { Ok(()) } else { Err(Fault::invalid_token("Invalid token")) }
}

/// A task that was answered, whose time has passed, or whose execution went on or ended: not told apart.
fn gone() -> Fault {
    Fault::new(Name::TaskTimedOut, "Task Timed Out: 'Provided task does not exist anymore'")
}
