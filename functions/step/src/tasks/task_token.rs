//! Tokens of other tasks: `aws-sdk:sfn:sendTaskSuccess` and its kin.

use super::error::{Failed, Service};
use super::parameters::Parameters;
use super::perform::{Call, Undone};
use crate::answers::Done;
use octavo_domain_kernel::OutboxEntry;
use octavo_domain_workflow::engine::ports::Answered;
use octavo_domain_workflow::engine::{is_task_token, wake_message};
use octavo_domain_workflow::machine::Event;
use octavo_domain_workflow::machine::quota::PAYLOAD_BYTES_MAX;
use octavo_domain_workflow::scope::nests_too_deep;
use serde_json::{Value, json};

const SERVICE: Service = Service::sdk("Sfn");

/// `sendTaskSuccess`.
pub(super) async fn success(call: &Call<'_>) -> Result<Done, Undone> {
    let parameters = Parameters::of(&call.order.parameters)?;
    let given = parameters.value("Output").ok_or_else(|| Failed::parameter("Output", "it is needed"))?;
    let output = match given {
        // The client takes a text of JSON; what is none yet is made one by the service.
        Value::String(text) => serde_json::from_str(text).ok().filter(|value| !nests_too_deep(value)),
        value => Some(value.clone()),
    };
    let size = match given {
        Value::String(text) => text.len(),
        value => value.to_string().len(),
    };
    match output.filter(|_| size <= PAYLOAD_BYTES_MAX) {
        Some(output) => answer(call, Event::TaskSucceeded { output }).await,
        None => {
            let message = "Invalid Output: it is no JSON, too long, or nests too deep";
            Err(SERVICE.refusal(call, "InvalidOutput", message).into())
        }
    }
}

/// `sendTaskFailure`.
pub(super) async fn failure(call: &Call<'_>) -> Result<Done, Undone> {
    let parameters = Parameters::of(&call.order.parameters)?;
    let text = |name| Ok::<_, Failed>(parameters.text(name)?.map(str::to_owned));
    answer(call, Event::TaskFailed { error: text("Error")?, cause: text("Cause")? }).await
}

/// `sendTaskHeartbeat`.
pub(super) async fn heartbeat(call: &Call<'_>) -> Result<Done, Undone> {
    let token = token(call)?;
    let answered = call.deps.executions.token_heartbeat(call.tenant, token, call.deps.now()).await?;
    finish(call, &answered)
}

fn token<'a>(call: &Call<'a>) -> Result<&'a str, Failed> {
    let token = Parameters::of(&call.order.parameters)?.needed("TaskToken")?;
    if is_task_token(token) {
        return Ok(token);
    }
    Err(SERVICE.refusal(call, "InvalidToken", "Invalid Token: 'Invalid token'"))
}

async fn answer(call: &Call<'_>, event: Event) -> Result<Done, Undone> {
    let (deps, token) = (call.deps, token(call)?);
    let answered = deps.executions.token_answer(call.tenant, token, &event, deps.now()).await?;
    if let Answered::Taken(execution) = answered {
        let OutboxEntry { queue, message } = wake_message(deps.ids.next(), call.tenant, execution, deps.now());
        if let Err(error) = deps.queue.send(&queue, &[message]).await {
            tracing::warn!(%error, %execution, "the doorbell was not rung; the due rows are found later");
        }
    }
    finish(call, &answered)
}

fn finish(call: &Call<'_>, answered: &Answered) -> Result<Done, Undone> {
    match answered {
        Answered::Taken(_) => {
            let output = json!({});
            Ok(Done::Told(vec![Event::TaskStarted { worker: None }, Event::TaskSucceeded { output }]))
        }
        // A worker that died after it answered: the token is gone because of this very task.
        Answered::Gone if call.claims > 1 => finish(call, &Answered::Taken(call.facts.id)),
        Answered::Gone => {
            let message = "Task Timed Out: 'Provided task does not exist anymore'";
            Err(SERVICE.refusal(call, "TaskTimedOut", message).into())
        }
    }
}
