//! `GetActivityTask`: a worker takes a task, and waits for one where there is none.

use crate::Deps;
use crate::executions::shell::{keeper, now};
use crate::protocol::{Call, Checks, Fault, Input, Reply};
use octavo_domain_workflow::arn::{Arn, InvalidArn, Resource};
use octavo_domain_workflow::engine::Work;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a task is waited for: the service's own.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// The first pause between two looks; each is twice the one before.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(1);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TaskInput {
    activity_arn: String,
    worker_name: Option<String>,
}

impl Input for TaskInput {
    fn check(&self, checks: &mut Checks) {
        checks.length("activityArn", &self.activity_arn, 1..=256);
        checks.length_if("workerName", self.worker_name.as_ref(), 1..=80);
    }
}

/// Both members are null when there was no task in time.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TaskOutput {
    task_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
}

/// Takes the oldest task that waits for a worker of the activity. The worker has it until the task's deadlines pass, also if
/// the answer does not reach it: nobody else gets it before. Whoever may call the tenant's API may work.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, input: TaskInput) -> Result<Reply<TaskOutput>, Fault> {
    let (tenant, arn) = (call.caller.tenant(), Arn::parse(&input.activity_arn)?);
    if !matches!(arn.resource, Resource::Activity { .. }) {
        return Err(InvalidArn::wrong_type(&arn).into());
    }
    let until = Instant::now() + WAIT_MAX;
    let mut pause = PAUSE_FIRST;
    loop {
        // Looked at each time: an activity may be deleted while its workers wait.
        if deps.activities.activity_get(tenant, arn.text).await?.is_none() {
            return Err(Fault::no_activity(arn.text));
        }
        let worker = input.worker_name.as_deref();
        let claimed = deps.executions.activity_claim(tenant, arn.text, worker, now(&deps)).await?;
        if let Some(claimed) = claimed {
            // Its start is in the history when whoever advances the execution has been rung for.
            keeper(&deps).ring(tenant, &[claimed.execution], now(&deps)).await;
            let Work::Do(order) = claimed.task.work else { continue };
            let output = TaskOutput { task_token: Some(order.token), input: Some(order.parameters.to_string()) };
            return Ok(output.into());
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(TaskOutput { task_token: None, input: None }.into());
        }
        sleep(pause.min(left)).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}
