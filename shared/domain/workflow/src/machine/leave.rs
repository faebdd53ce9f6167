//! Leaving a state: from what its work answered to its output, its variables, and what comes next.

use super::{
    advance::{Step, Turn},
    fault::Fault,
    quota,
    types::Outcome,
};
use crate::{
    definition::{Language, Selected},
    history::{Assigned, Entry},
    jsonata,
    kept::Kept,
    path::ReferencePath,
    scope::{Failure, Scope, error},
    shared::Shared,
    template,
};
use serde_json::{Map, Value, json};
use std::cell::RefCell;

thread_local! {
    static PLACES: RefCell<Kept<ReferencePath>> = RefCell::new(Kept::new());
}

impl Turn<'_> {
    /// JSONPath: `Assign`, `ResultPath` and `OutputPath` on a result that has been selected.
    pub(super) fn leave_with(&mut self, result: Shared, context: &Value) -> Result<Step, Fault> {
        let state = self.state()?;
        let assigned = self.assigned(state.assign.as_ref(), &self.scope(&result, context), state.language)?;
        let combined = self.placed(&state.result_path, self.frame.input.clone(), result)?;
        let output = self.selected_output(&state.output_path, combined, context)?;
        self.exit(output, assigned, state.next.clone())
    }

    /// What a task, the branches or the iterations answered.
    pub(super) fn leave_with_result(&mut self, result: Value, context: &Value) -> Result<Step, Fault> {
        let state = self.state()?;
        quota::payload(&self.frame.state, &result)?;
        if state.language == Language::JsonPath {
            let result = match &state.result_selector {
                None => result,
                Some(selector) => template::fill(selector, &self.scope(&result, context))?,
            };
            return self.leave_with(result.into(), context);
        }
        let scope = Scope { result: Some(&result), ..self.scope(&self.frame.input, context) };
        let assigned = self.assigned(state.assign.as_ref(), &scope, state.language)?;
        let output = match &state.output {
            Some(output) => jsonata::fill(output, "Output", &scope)?.into(),
            None => Shared::from(result),
        };
        self.exit(output, assigned, state.next.clone())
    }

    /// JSONata: a state that has no result. Its output is `Output`, or its input.
    pub(super) fn leave_without_result(&mut self, context: &Value) -> Result<Step, Fault> {
        let state = self.state()?;
        let scope = self.scope(&self.frame.input, context);
        let assigned = self.assigned(state.assign.as_ref(), &scope, state.language)?;
        let output = match &state.output {
            Some(output) => jsonata::fill(output, "Output", &scope)?.into(),
            None => self.frame.input.clone(),
        };
        self.exit(output, assigned, state.next.clone())
    }

    /// The variables that an `Assign` sets. All its expressions see the old values.
    pub(super) fn assigned(
        &self,
        assign: Option<&Map<String, Value>>,
        scope: &Scope<'_>,
        language: Language,
    ) -> Result<Option<Assigned>, Failure> {
        // Recorded: an empty `Assign` is as none.
        let Some(assign) = assign.filter(|assign| !assign.is_empty()) else { return Ok(None) };
        let template = Value::Object(assign.clone());
        let filled = match language {
            Language::JsonPath => template::fill(&template, scope)?,
            Language::Jsonata => jsonata::fill(&template, "Assign", scope)?,
        };
        quota::payload(&self.frame.state, &filled)?;
        match filled {
            Value::Object(assigned) => {
                let added: usize = assigned.values().map(quota::bytes).sum();
                let before: usize = self.frame.variables.values().map(quota::bytes).sum();
                if added + before > quota::VARIABLES_BYTES_MAX {
                    let cause = "The size of all variables exceeds the maximum number of bytes service limit.";
                    return Err(Failure::new(quota::DATA_LIMIT_EXCEEDED, cause));
                }
                Ok(Some(assigned))
            }
            other => Err(Failure::runtime(format!("The Assign field must be an object but was: {other}"))),
        }
    }

    /// `ResultPath`: the result's place within the input.
    pub(super) fn placed(&self, at: &Selected, input: Shared, result: Shared) -> Result<Shared, Failure> {
        match at {
            Selected::Default => Ok(result),
            Selected::Nothing => Ok(input),
            Selected::Path(path) if path == "$" => Ok(result),
            Selected::Path(path) => {
                let mut combined = input.into_value();
                let read = PLACES.with_borrow_mut(|kept| kept.get(path, ReferencePath::parse));
                read.and_then(|path| path.put(&mut combined, result.into_value())).map_err(|_fault| {
                    let cause = format!("Unable to apply step \"{path}\" to input {}", self.frame.input);
                    Failure::new(error::RESULT_PATH_MATCH, cause)
                })?;
                Ok(combined.into())
            }
        }
    }

    /// `OutputPath`.
    pub(super) fn selected_output(&self, at: &Selected, output: Shared, context: &Value) -> Result<Shared, Failure> {
        match at {
            Selected::Default => Ok(output),
            Selected::Nothing => Ok(json!({}).into()),
            Selected::Path(path) if path == "$" => Ok(output),
            Selected::Path(path) => template::read(path, &self.scope(&output, context)).map(Shared::from),
        }
    }

    /// Writes the exit, keeps the variables, and goes where the state leads.
    pub(super) fn exit(
        &mut self,
        output: Shared,
        assigned: Option<Assigned>,
        next: Option<String>,
    ) -> Result<Step, Fault> {
        // An input that passes through was judged when it came.
        if !output.is(&self.frame.input) {
            quota::payload(&self.frame.state, &output)?;
        }
        let (state_type, name) = (self.state()?.state_type, self.frame.state.clone());
        for (name, value) in assigned.iter().flatten() {
            self.frame.variables.insert(name.clone(), value.clone());
        }
        self.append(Entry::StateExited { state_type, name, output: output.clone(), assigned });
        match next {
            Some(next) => {
                self.frame.state = next;
                self.frame.input = output;
                Ok(Step::Enter)
            }
            None => Ok(self.end(Outcome::Succeeded(output.into_value()))),
        }
    }
}
