//! The table of operations.

use super::fault::{Fault, Name};
use super::input::{Input, read};
use super::reply::{Call, Reply};
use crate::{Deps, activities, aliases, executions, machines, map_runs, tags, tasks, testing, versions};
use bytes::Bytes;
use futures::future::BoxFuture;
use serde::Serialize;
use std::sync::Arc;

/// An answer as bytes.
pub(crate) struct Answer {
    /// JSON.
    pub(crate) body: Bytes,
    /// The position of its write, where one is told.
    pub(crate) written: Option<String>,
}

type Handler = fn(Arc<Deps>, Call, Bytes) -> BoxFuture<'static, Result<Answer, Fault>>;

/// An operation of the API.
pub(crate) struct Operation {
    /// As in `X-Amz-Target`, after the point.
    pub(crate) name: &'static str,
    handler: Handler,
}

impl Operation {
    /// The operation of this name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        let position = OPERATIONS.binary_search_by(|operation| operation.name.cmp(name)).ok()?;
        OPERATIONS.get(position)
    }

    /// Does it.
    pub(crate) async fn run(&self, deps: Arc<Deps>, call: Call, body: Bytes) -> Result<Answer, Fault> {
        (self.handler)(deps, call, body).await
    }
}

async fn run<I, O, F>(
    operation: impl FnOnce(Arc<Deps>, Call, I) -> F + Send,
    deps: Arc<Deps>,
    call: Call,
    body: Bytes,
) -> Result<Answer, Fault>
where
    I: Input,
    O: Serialize,
    F: Future<Output = Result<Reply<O>, Fault>> + Send,
{
    let input: I = read(&body)?;
    let Reply { output, written } = operation(deps, call, input).await?;
    let body = serde_json::to_vec(&output)
        .map_err(|error| Fault::new(Name::InternalFailure, format!("The answer could not be written: {error}")))?;
    Ok(Answer { body: body.into(), written })
}

macro_rules! operations {
    ($($name:ident => $handler:path,)*) => {
        &[$(Operation {
            name: stringify!($name),
            handler: |deps, call, body| Box::pin(run($handler, deps, call, body)),
        },)*]
    };
}

/// All of them, in the order of their names.
const OPERATIONS: &[Operation] = operations! {
    CreateActivity => activities::create::handle,
    CreateStateMachine => machines::create::handle,
    CreateStateMachineAlias => aliases::create::handle,
    DeleteActivity => activities::delete::handle,
    DeleteStateMachine => machines::delete::handle,
    DeleteStateMachineAlias => aliases::delete::handle,
    DeleteStateMachineVersion => versions::delete::handle,
    DescribeActivity => activities::describe::handle,
    DescribeExecution => executions::describe::handle,
    DescribeMapRun => map_runs::describe::handle,
    DescribeStateMachine => machines::describe::handle,
    DescribeStateMachineAlias => aliases::describe::handle,
    DescribeStateMachineForExecution => executions::describe_machine::handle,
    GetActivityTask => tasks::activity_task::handle,
    GetExecutionHistory => executions::history::handle,
    ListActivities => activities::list::handle,
    ListExecutions => executions::list::handle,
    ListMapRuns => map_runs::list::handle,
    ListStateMachineAliases => aliases::list::handle,
    ListStateMachineVersions => versions::list::handle,
    ListStateMachines => machines::list::handle,
    ListTagsForResource => tags::list::handle,
    PublishStateMachineVersion => versions::publish::handle,
    RedriveExecution => executions::redrive::handle,
    SendTaskFailure => tasks::failure::handle,
    SendTaskHeartbeat => tasks::heartbeat::handle,
    SendTaskSuccess => tasks::success::handle,
    StartExecution => executions::start::handle,
    StartSyncExecution => executions::start_sync::handle,
    StopExecution => executions::stop::handle,
    TagResource => tags::set::handle,
    TestState => testing::test_state::handle,
    UntagResource => tags::remove::handle,
    UpdateMapRun => map_runs::update::handle,
    UpdateStateMachine => machines::update::handle,
    UpdateStateMachineAlias => aliases::update::handle,
    ValidateStateMachineDefinition => machines::validate::handle,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_found_by_their_names() {
        assert_eq!(OPERATIONS.len(), 37);
        assert!(OPERATIONS.is_sorted_by(|a, b| a.name < b.name));
        assert!(OPERATIONS.iter().all(|operation| Operation::find(operation.name).is_some()));
        assert!(Operation::find("CreateEverything").is_none());
    }
}
