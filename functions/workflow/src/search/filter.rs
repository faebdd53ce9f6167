//! Which executions are meant.

use crate::WorkflowFault;
use crate::caller::Caller;
use crate::executions::name::NAME_CHARS_MAX;
use chrono::{DateTime, Utc};
use octavo_domain_kernel::{FieldFault, UserId};
use octavo_domain_workflow::arn::{ARN_BYTES_MAX, Arn, Resource};
use octavo_domain_workflow::engine::Status;
use octavo_domain_workflow::engine::ports::ExecutionQuery;
use octavo_wiring_edge::{EdgeFault, Problem};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Search attributes that are asked for at most: a definition declares no more.
const ATTRIBUTES_MAX: usize = 20;
/// The longest name and the longest text of a search attribute, in characters.
const ATTRIBUTE_CHARS_MAX: usize = 256;

/// Executions are meant that fit all of this; without any, all that are no children of map runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Filter {
    /// The ARN of their state machine, version or alias.
    pub(super) machine: Option<String>,
    /// The ARN of the map run that they are children of.
    pub(super) map_run: Option<String>,
    /// RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE; none is any.
    #[schema(example = json!(["FAILED", "TIMED_OUT"]))]
    pub(super) status: Vec<String>,
    /// What their name begins with.
    pub(super) name: Option<String>,
    /// Started then or later.
    pub(super) from: Option<DateTime<Utc>>,
    /// Started before.
    pub(super) to: Option<DateTime<Utc>>,
    /// Search attributes that are equal to these texts, numbers or truth values.
    #[schema(value_type = Object, example = json!({"customer": "c-17"}))]
    pub(super) attributes: Map<String, Value>,
    /// Who started them.
    pub(super) started_by: Option<String>,
    /// Whether they were redriven.
    pub(super) redriven: Option<bool>,
}

impl Filter {
    /// The store's form of it for a caller who may see what it finds. `prefix` comes before the names of fields that are
    /// wrong.
    pub(super) fn query(&self, caller: &Caller, prefix: &str) -> Result<ExecutionQuery, Problem> {
        let mut faults = Faults { prefix, found: Vec::new() };
        faults.arn("machine", self.machine.as_deref(), |resource| {
            matches!(resource, Resource::Machine { .. } | Resource::Version { .. } | Resource::Alias { .. })
        });
        faults.arn("map_run", self.map_run.as_deref(), |resource| matches!(resource, Resource::MapRun { .. }));
        let statuses: Vec<Status> = self.status.iter().filter_map(|status| Status::parse(status)).collect();
        if statuses.len() != self.status.len() {
            let message = "expected RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE";
            faults.add("status", message);
        }
        if self.name.as_ref().is_some_and(|name| name.chars().count() > NAME_CHARS_MAX || name.contains('\0')) {
            faults.add("name", &format!("expected at most {NAME_CHARS_MAX} characters without U+0000"));
        }
        if self.from.zip(self.to).is_some_and(|(from, to)| from >= to) {
            faults.add("to", "expected a moment after from");
        }
        if self.attributes.len() > ATTRIBUTES_MAX {
            faults.add("attributes", &format!("expected at most {ATTRIBUTES_MAX}"));
        }
        for (name, value) in &self.attributes {
            if !is_attribute(name, value) {
                let message =
                    format!("expected a text of at most {ATTRIBUTE_CHARS_MAX} characters, a number or a truth value");
                faults.add(&format!("attributes.{name}"), &message);
            }
        }
        let started_by: Option<UserId> = match self.started_by.as_deref().map(str::parse).transpose() {
            Ok(user) => user,
            Err(error) => {
                faults.add("started_by", &format!("{error}"));
                None
            }
        };
        if !faults.found.is_empty() {
            return Err(EdgeFault::Invalid(faults.found).into());
        }
        if !started_by.as_ref().is_none_or(|user| caller.controls(user)) {
            return Err(WorkflowFault::NotAllowed.into());
        }
        Ok(ExecutionQuery {
            machine_arn: self.machine.clone(),
            map_run_arn: self.map_run.clone(),
            statuses,
            name_prefix: self.name.clone().filter(|name| !name.is_empty()),
            from: self.from,
            to: self.to,
            attributes: self.attributes.clone(),
            started_by: if caller.is_operator() { started_by } else { Some(caller.user().clone()) },
            redriven: self.redriven,
            after: None,
            limit: 0,
        })
    }
}

fn is_attribute(name: &str, value: &Value) -> bool {
    let fits = |text: &str| text.chars().count() <= ATTRIBUTE_CHARS_MAX && !text.contains('\0');
    let value = match value {
        Value::String(text) => fits(text),
        Value::Number(_) | Value::Bool(_) => true,
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    };
    value && fits(name)
}

struct Faults<'a> {
    prefix: &'a str,
    found: Vec<FieldFault>,
}

impl Faults<'_> {
    fn add(&mut self, field: &str, message: &str) {
        self.found.push(FieldFault::new(format!("{}{field}", self.prefix), message));
    }

    fn arn(&mut self, field: &str, text: Option<&str>, fits: impl Fn(&Resource<'_>) -> bool) {
        let Some(text) = text else { return };
        match Arn::parse(text) {
            _ if text.len() > ARN_BYTES_MAX => self.add(field, &format!("expected at most {ARN_BYTES_MAX} bytes")),
            Ok(arn) if fits(&arn.resource) => {}
            Ok(arn) => self.add(field, &format!("an ARN of the kind {} does not fit here", arn.resource.kind())),
            Err(error) => self.add(field, &error.to_string()),
        }
    }
}
