//! Executions that begin by a task's doing: `states:startExecution` and its kin.

use super::call::Pattern;
use super::error::Service;
use super::parameters::Parameters;
use super::perform::{Call, Undone};
use crate::Deps;
use crate::answers::{Begins, Done};
use chrono::{DateTime, SecondsFormat, Utc};
use octavo_domain_kernel::{PortError, TenantId};
use octavo_domain_workflow::engine::ports::Resolved;
use octavo_domain_workflow::engine::{
    Above, Draw, ExecutionId, NewExecution, Status, Tells, attributes, is_execution_name,
};
use octavo_domain_workflow::machine::{Event, Execution, FIRST_FRAME, Frame};
use serde_json::{Value, json};

/// How the answer looks: of the service's own integration, or of its client's.
const OPTIMISED: Service = Service::named("StepFunctions", "AWSStepFunctions");
const SDK: Service = Service::sdk("Sfn");

/// `states:startExecution`.
pub(super) async fn optimised(call: &Call<'_>, pattern: Pattern) -> Result<Done, Undone> {
    start(call, pattern, OPTIMISED).await
}

/// `aws-sdk:sfn:startExecution`.
pub(super) async fn sdk(call: &Call<'_>) -> Result<Done, Undone> {
    start(call, Pattern::RequestResponse, SDK).await
}

async fn start(call: &Call<'_>, pattern: Pattern, service: Service) -> Result<Done, Undone> {
    let parameters = Parameters::of(&call.order.parameters)?;
    let machine_arn = parameters.needed("StateMachineArn")?;
    let name = parameters.text("Name")?;
    if let Some(name) = name.filter(|name| !is_execution_name(name)) {
        return Err(service.refusal(call, "InvalidName", &format!("Invalid Name: '{name}'")).into());
    }
    let draw = Draw(&*call.deps.ids);
    let machine = call.deps.machines.machine_resolve(call.tenant, machine_arn, draw.number()).await?;
    let Some(machine) = machine else {
        let message = format!("State Machine Does Not Exist: '{machine_arn}'");
        return Err(service.refusal(call, "StateMachineDoesNotExist", &message).into());
    };
    let definition = match call.deps.definitions.get(call.tenant, machine.revision).await {
        Ok(definition) => definition,
        Err(octavo_domain_workflow::engine::DefinitionError::Port(error)) => return Err(error.into()),
        Err(error) => return Err(service.refusal(call, "InvalidDefinition", &error.to_string()).into()),
    };
    let now = call.deps.now();
    let id = ExecutionId(draw.id());
    let name = name.map_or_else(|| id.to_string(), str::to_owned);
    let input = parameters.value("Input").cloned().unwrap_or_else(|| json!({}));
    let execution = Execution {
        arn: execution_arn(&machine, &name, id),
        name,
        machine_arn: machine.arn.clone(),
        machine_name: machine.name.clone(),
        role_arn: machine.role_arn.clone(),
        input,
        started_at: now,
        redrive_count: 0,
        express: machine.express,
        events: 0,
        frames: FIRST_FRAME,
        mocked: None,
    };
    let tells = match pattern {
        Pattern::Sync => Some(Tells::Sync),
        Pattern::SyncJson => Some(Tells::SyncJson),
        Pattern::RequestResponse | Pattern::WaitForTaskToken => None,
    };
    let above = |tells| Above { execution: call.facts.id, frame: call.frame, turn: call.turn, tells };
    let start_at = definition.lists.first().map_or("", |list| list.start_at.as_str());
    let output = answer(service, call, &execution.arn, now);
    let accepted = pattern != Pattern::RequestResponse;
    let new = NewExecution {
        id,
        frame: Frame::first(0, start_at, execution.input.clone(), now),
        attributes: attributes(&definition, &execution, &|| draw.number(), now),
        execution,
        revision: machine.revision,
        version_arn: machine.version_arn,
        alias_arn: machine.alias_arn,
        started_by: call.facts.started_by.clone(),
        trace_header: parameters.text("TraceHeader")?.map(str::to_owned),
        above: tells.map(above),
        map_run_arn: None,
    };
    let exists = format!("Execution Already Exists: '{}'", new.execution.arn);
    let taken = service.refusal(call, "ExecutionAlreadyExists", &exists).events();
    Ok(Done::Begins(Box::new(Begins { new, events: events(output, accepted), accepted, taken })))
}

/// What a task is told whose new execution has the name of another one. Asking again for what runs already is no error; but
/// somebody else waits for its end, so that `.sync` cannot.
pub(crate) async fn name_taken(
    deps: &Deps,
    tenant: &TenantId,
    begins: &Begins,
    other: ExecutionId,
) -> Result<Vec<Event>, PortError> {
    let new = &begins.new;
    if begins.accepted {
        return Ok(begins.taken.clone());
    }
    let found = deps.reads.execution_get(tenant, other).await?;
    let same = found.is_some_and(|found| {
        found.status == Status::Running
            && found.started.by == new.started_by
            && found.started.arn == new.execution.arn
            && found.started.input == new.execution.input
    });
    Ok(if same { begins.events.clone() } else { begins.taken.clone() })
}

fn events(output: Value, accepted: bool) -> Vec<Event> {
    let told = if accepted { Event::TaskSubmitted { output } } else { Event::TaskSucceeded { output } };
    vec![Event::TaskStarted { worker: None }, told]
}

fn execution_arn(machine: &Resolved, name: &str, id: ExecutionId) -> String {
    if machine.express {
        format!("{}:{name}:{id}", machine.arn.replacen(":stateMachine:", ":express:", 1))
    } else {
        format!("{}:{name}", machine.arn.replacen(":stateMachine:", ":execution:", 1))
    }
}

fn answer(service: Service, call: &Call<'_>, arn: &str, at: DateTime<Utc>) -> Value {
    if service == SDK {
        return json!({ "ExecutionArn": arn, "StartDate": at.to_rfc3339_opts(SecondsFormat::Millis, true) });
    }
    let mut answer = json!({ "ExecutionArn": arn, "StartDate": at.timestamp_millis() });
    let length = answer.to_string().len().to_string();
    let date = at.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let headers = [
        ("connection", "keep-alive"),
        ("Content-Length", &length),
        ("Content-Type", "application/x-amz-json-1.0"),
        ("Date", &date),
        ("x-amzn-RequestId", &call.idempotency_key),
    ];
    answer["SdkHttpMetadata"] = super::response::metadata(&headers, 200);
    answer["SdkResponseMetadata"] = json!({ "RequestId": call.idempotency_key });
    answer
}
