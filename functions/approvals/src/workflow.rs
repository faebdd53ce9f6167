//! Shows the workflow that waits: its states and where each leads, and nothing of what it does there. Whoever decides sees what
//! their decision is a part of; the definition itself is for those who may see workflows.

use crate::caller::Caller;
use crate::rules::{id, seen};
use crate::{ApprovalsFault, Deps};
use http::StatusCode;
use octavo_domain_approvals::Via;
use octavo_domain_workflow::engine::ExecutionId;
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Members of a state that say where it leads. Conditions, arguments and results are not among them.
const LEADS: [&str; 5] = ["Type", "Next", "Default", "End", "Comment"];
/// Lists below lists of states.
const DEPTH_MAX: usize = 32;

/// A workflow as its picture needs it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct WorkflowView {
    /// Amazon States Language with the states' types and transitions alone.
    #[schema(value_type = Object)]
    outline: Value,
    /// The state that waits.
    #[schema(example = "Approve")]
    state: String,
}

/// Shows the workflow that waits for an approval, as an outline: states and transitions. For everybody who may see the
/// approval.
#[utoipa::path(
    get, path = "/v1/approvals/{id}/workflow", tag = "approvals", operation_id = "approval_workflow",
    params(("id" = String, Path, format = Uuid, description = "The approval", example = "5f1e3a9c-2b4d-8c6e-9f70-a1b2c3d4e5f6")),
    responses(
        (status = 200, body = WorkflowView),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No approval that you may see, or its workflow is not kept any more"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let caller = Caller::of(&deps, &request, Via::Api).await?;
    let approval = seen(&deps, &caller, id(&request)?).await?;
    let execution = ExecutionId(approval.origin.execution);
    let execution = deps.executions.execution_get(&caller.tenant, execution).await?;
    let execution = execution.ok_or(ApprovalsFault::NotFound)?;
    let revision = deps.machines.revision_get(&caller.tenant, execution.started.revision).await?;
    let definition = revision.and_then(|revision| serde_json::from_str(&revision.definition).ok());
    let definition: Value = definition.ok_or(ApprovalsFault::NotFound)?;
    let outline = outline(&definition, 0);
    Ok(Response::json(StatusCode::OK, &WorkflowView { outline, state: approval.origin.state }))
}

/// A list of states with nothing but their types and transitions.
fn outline(list: &Value, depth: usize) -> Value {
    let mut kept = Map::new();
    if let Some(start) = list.get("StartAt") {
        kept.insert("StartAt".to_owned(), start.clone());
    }
    let states = list.get("States").and_then(Value::as_object).filter(|_| depth < DEPTH_MAX);
    let states = states.into_iter().flatten().map(|(name, said)| (name.clone(), state(said, depth))).collect();
    kept.insert("States".to_owned(), Value::Object(states));
    Value::Object(kept)
}

fn state(said: &Value, depth: usize) -> Value {
    let mut kept: Map<String, Value> = LEADS
        .iter()
        .filter_map(|name| {
            said.get(*name).filter(|value| !value.is_object()).map(|value| ((*name).to_owned(), value.clone()))
        })
        .collect();
    for name in ["Choices", "Catch"] {
        if let Some(rules) = said.get(name).and_then(Value::as_array) {
            let next = |rule: &Value| rule.get("Next").map(|next| serde_json::json!({ "Next": next }));
            kept.insert(name.to_owned(), rules.iter().filter_map(next).collect());
        }
    }
    if let Some(branches) = said.get("Branches").and_then(Value::as_array) {
        kept.insert("Branches".to_owned(), branches.iter().map(|branch| outline(branch, depth + 1)).collect());
    }
    for name in ["ItemProcessor", "Iterator"] {
        if let Some(processor) = said.get(name) {
            kept.insert(name.to_owned(), outline(processor, depth + 1));
        }
    }
    Value::Object(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_outline_has_transitions_and_nothing_that_is_said_there() {
        let secret = json!({
            "StartAt": "A", "Comment": "c", "States": {
                "A": {"Type": "Task", "Resource": "r", "Arguments": {"Secret": "hunter2"}, "Next": "B",
                      "Catch": [{"ErrorEquals": ["E"], "Next": "C", "Output": "{% 'hunter2' %}"}]},
                "B": {"Type": "Choice", "Choices": [{"Condition": "{% $hunter2 %}", "Next": "C"}], "Default": "D"},
                "C": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "P", "States": {"P": {"Type": "Pass", "Output": "hunter2", "End": true}}}]},
                "D": {"Type": "Map", "End": true, "Items": ["hunter2"], "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}}
            }
        });
        let outline = outline(&secret, 0);
        assert!(!outline.to_string().contains("hunter2"), "{outline}");
        assert_eq!(outline["States"]["A"], json!({"Type": "Task", "Next": "B", "Catch": [{"Next": "C"}]}));
        assert_eq!(outline["States"]["B"], json!({"Type": "Choice", "Default": "D", "Choices": [{"Next": "C"}]}));
        assert_eq!(outline["States"]["C"]["Branches"][0]["States"]["P"], json!({"Type": "Pass", "End": true}));
        assert_eq!(outline["States"]["D"]["ItemProcessor"]["StartAt"], "I");
    }
}
