//! `TestState`.

use crate::Deps;
use crate::executions::shell::{draw, now};
use crate::protocol::{Call, Checks, Fault, Input, Name, Reply};
use octavo_domain_workflow::definition::DEFINITION_BYTES_MAX;
use octavo_domain_workflow::machine::test_state::{Place, TestFault, TestRequest, Tested, begin};
use serde_json::Value;
use std::sync::Arc;

/// The state machine that a tested state sees itself in. There need be none of this name.
const MACHINE: &str = "TestState";

impl Input for TestRequest {
    fn check(&self, checks: &mut Checks) {
        if self.definition.is_empty() || self.definition.len() > DEFINITION_BYTES_MAX {
            checks.length("definition", &self.definition, 1..=DEFINITION_BYTES_MAX);
        }
        checks.length_if("roleArn", self.role_arn.as_ref(), 1..=256);
        checks.length_if("stateName", self.state_name.as_ref(), 1..=80);
    }
}

/// Runs one state, of a definition or alone, and shows how its output came about. Nothing is kept. Whoever may call the
/// tenant's API may.
pub(crate) async fn handle(deps: Arc<Deps>, call: Call, request: TestRequest) -> Result<Reply<Value>, Fault> {
    let draw = draw(&deps);
    let place = Place {
        machine_arn: call.caller.arns.machine(MACHINE),
        now: now(&deps),
        seed: draw.number(),
        token: draw.token(),
    };
    match begin(request, &place).map_err(|fault| refused(&fault))? {
        Tested::Done(answer) => Ok(answer.into()),
        // Tasks are done by the function `step`, for executions: one that is only tried has none.
        Tested::Call(pending) => Err(Fault::validation(format!(
            "A task is not called when its state is tested: specify a mock for '{}'",
            pending.order().resource
        ))),
    }
}

fn refused(fault: &TestFault) -> Fault {
    let name = match fault {
        TestFault::InvalidDefinition(_) => Name::InvalidDefinition,
        TestFault::InvalidExecutionInput(_) => Name::InvalidExecutionInput,
        TestFault::Validation(_) => Name::ValidationException,
    };
    Fault::new(name, fault.to_string())
}
