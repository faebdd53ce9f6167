//! An execution for a caller who may see it.

use crate::Deps;
use crate::caller::Caller;
use crate::protocol::Fault;
use octavo_domain_workflow::arn::{Arn, InvalidArn, Resource};
use octavo_domain_workflow::engine::ExecutionId;
use octavo_domain_workflow::engine::ports::ExecutionView;

/// The longest ARN of an execution, in characters: the service's own.
pub(crate) const EXECUTION_ARN_CHARS_MAX: usize = 256;

/// Whether `arn` may name an execution that the API shows: a Standard one, or an Express one of a map run.
pub(crate) fn check_arn(arn: &str) -> Result<(), Fault> {
    let arn = Arn::parse(arn)?;
    match arn.resource {
        Resource::Execution { .. } => Ok(()),
        Resource::Express { machine, .. } if machine.contains('/') => Ok(()),
        _ => Err(InvalidArn::wrong_type(&arn).into()),
    }
}

/// The id of the execution that `arn` names.
pub(crate) async fn id(deps: &Deps, caller: &Caller, arn: &str) -> Result<ExecutionId, Fault> {
    check_arn(arn)?;
    let found = deps.reads.execution_find(caller.tenant(), arn).await?;
    found.ok_or_else(|| Fault::no_execution(arn))
}

/// The execution that `arn` names, for a caller who may do `action` with it.
pub(crate) async fn view(deps: &Deps, caller: &Caller, action: &str, arn: &str) -> Result<ExecutionView, Fault> {
    let id = id(deps, caller, arn).await?;
    let view = deps.reads.execution_get(caller.tenant(), id).await?.ok_or_else(|| Fault::no_execution(arn))?;
    caller.must_control(&view.started.by, action, arn)?;
    Ok(view)
}
