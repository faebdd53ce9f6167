//! A map run for a caller who may see it.

use crate::Deps;
use crate::caller::Caller;
use crate::protocol::Fault;
use octavo_domain_workflow::arn::{Arn, InvalidArn, Resource};
use octavo_domain_workflow::engine::ports::MapRunView;

/// The map run that `arn` names, for a caller who may do `action` with it: it belongs to whoever started its execution.
pub(super) async fn view(deps: &Deps, caller: &Caller, action: &str, arn: &str) -> Result<MapRunView, Fault> {
    let parsed = Arn::parse(arn)?;
    if !matches!(parsed.resource, Resource::MapRun { .. }) {
        return Err(InvalidArn::wrong_type(&parsed).into());
    }
    let view = deps.reads.map_run_get(caller.tenant(), arn).await?.ok_or_else(|| Fault::no_resource(arn))?;
    if !caller.is_operator() {
        let execution = deps.reads.execution_get(caller.tenant(), view.execution).await?;
        let execution = execution.ok_or_else(|| Fault::no_resource(arn))?;
        caller.must_control(&execution.started.by, action, arn)?;
    }
    Ok(view)
}
