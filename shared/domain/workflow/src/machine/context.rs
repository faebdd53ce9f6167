//! The context object: `$$` and `$states.context`.

use super::advance::Turn;
use crate::{definition::StateType, timestamp::written};
use serde_json::{Map, Value, json};

impl Turn<'_> {
    /// The context object at this point, or null for a state that never looks at it. `token` is the task's, while a task is prepared or waited for.
    pub(super) fn context(&self, token: Option<&str>) -> Value {
        let (execution, frame) = (&*self.execution, &*self.frame);
        if self.state().is_ok_and(|state| !state.sees_context) {
            return Value::Null;
        }
        if let Some(given) = self.given {
            return given.clone();
        }
        let mut state = Map::new();
        state.insert("Name".to_owned(), json!(frame.state));
        state.insert("EnteredTime".to_owned(), json!(written(frame.entered_at)));
        let works = self
            .definition
            .state(frame.scope, &frame.state)
            .is_some_and(|state| matches!(state.state_type, StateType::Task | StateType::Parallel | StateType::Map));
        if works {
            state.insert("RetryCount".to_owned(), json!(frame.tries.iter().sum::<u32>()));
        }
        let mut context = json!({
            "Execution": {
                "Id": execution.arn,
                "Input": execution.input,
                "Name": execution.name,
                "RoleArn": execution.role_arn,
                "StartTime": written(execution.started_at),
                "RedriveCount": execution.redrive_count,
            },
            "State": state,
            "StateMachine": { "Id": execution.machine_arn, "Name": execution.machine_name },
        });
        if let Some(item) = &frame.item {
            context["Map"] = json!({ "Item": { "Index": item.index, "Value": item.value } });
        }
        if let Some(token) = token {
            context["Task"] = json!({ "Token": token });
        }
        context
    }
}
