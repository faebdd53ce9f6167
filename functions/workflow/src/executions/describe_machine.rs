//! `DescribeStateMachineForExecution`.

use super::find::{self, EXECUTION_ARN_CHARS_MAX};
use super::included::{INCLUDED_DATA, metadata_only};
use crate::Deps;
use crate::protocol::{Call, Checks, Fault, Input, Moment, Reply};
use octavo_domain_kernel::{PortError, PortErrorKind};
use octavo_domain_workflow::definition::variable_references;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeMachineInput {
    execution_arn: String,
    included_data: Option<String>,
}

impl Input for DescribeMachineInput {
    fn check(&self, checks: &mut Checks) {
        checks.length("executionArn", &self.execution_arn, 1..=EXECUTION_ARN_CHARS_MAX);
        checks.one_of_if("includedData", self.included_data.as_ref(), INCLUDED_DATA);
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DescribeMachineOutput {
    state_machine_arn: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<String>,
    role_arn: String,
    update_date: Moment,
    /// `loggingConfiguration` and the like, as they were set.
    #[serde(flatten)]
    configuration: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    map_run_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variable_references: Option<Value>,
}

/// Shows the definition that an execution runs: it stays as it was at the start, whatever the state machine has become. A child
/// of a map run has the states of its `Map`; where that has no `Label` to be found by, the whole that they are part of.
pub(crate) async fn handle(
    deps: Arc<Deps>,
    call: Call,
    input: DescribeMachineInput,
) -> Result<Reply<DescribeMachineOutput>, Fault> {
    let view = find::view(&deps, &call.caller, "DescribeStateMachineForExecution", &input.execution_arn).await?;
    let revision = deps.machines.revision_get(call.caller.tenant(), view.started.revision).await?;
    let revision = revision.ok_or_else(|| PortError::new(PortErrorKind::Corrupt, "an execution without definition"))?;
    let shown = !metadata_only(input.included_data.as_ref());
    let machine_arn = view.started.machine_arn;
    let name = machine_arn.rsplit(':').next().unwrap_or_default().to_owned();
    let label = name.split_once('/').map(|(_, label)| label.to_owned());
    let part = label.as_deref().and_then(|label| states_of(&revision.definition, label));
    let definition = part.unwrap_or(revision.definition);
    let references = variable_references(&definition);
    let output = DescribeMachineOutput {
        label,
        name,
        state_machine_arn: machine_arn,
        role_arn: view.started.role_arn,
        update_date: revision.created_at.into(),
        configuration: match revision.configuration {
            configuration @ Value::Object(_) => configuration,
            _ => json!({}),
        },
        map_run_arn: view.started.map_run_arn,
        revision_id: (!revision.initial).then(|| view.started.revision.0.to_string()),
        variable_references: (shown && !references.is_empty()).then(|| json!(references)),
        definition: shown.then_some(definition),
    };
    Ok(output.into())
}

/// The item processor of the `Map` with this label.
fn states_of(definition: &str, label: &str) -> Option<String> {
    fn within(list: &Value, label: &str) -> Option<String> {
        list.get("States")?.as_object()?.values().find_map(|state| {
            let processor = state.get("ItemProcessor").or_else(|| state.get("Iterator"));
            if state.get("Label").and_then(Value::as_str) == Some(label) {
                return processor.map(Value::to_string);
            }
            let branches = state.get("Branches").and_then(Value::as_array).into_iter().flatten();
            branches.chain(processor).find_map(|list| within(list, label))
        })
    }
    within(&serde_json::from_str(definition).ok()?, label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_states_of_a_map_are_found_however_deep_it_is() {
        let each = json!({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}});
        let inner = json!({"StartAt": "M", "States": {"M": {"Type": "Map", "Label": "Each", "ItemProcessor": each}}});
        let whole = json!({"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [each, inner]}}});
        assert_eq!(states_of(&whole.to_string(), "Each"), Some(each.to_string()));
        assert_eq!(states_of(&whole.to_string(), "Other"), None);
    }
}
