//! Names of executions, and of whatever else has the same rule: state machines, activities.

use crate::protocol::{Checks, Fault};
use octavo_domain_workflow::engine::is_execution_name;

/// The longest name, in characters.
pub(crate) use octavo_domain_workflow::engine::EXECUTION_NAME_CHARS_MAX as NAME_CHARS_MAX;

/// Checks the length of a name that may be left out.
pub(crate) fn check_length(checks: &mut Checks, name: Option<&String>) {
    checks.length_if("name", name, 1..=NAME_CHARS_MAX);
}

/// Refuses a name with characters that names may not have.
pub(crate) fn check(name: &str) -> Result<(), Fault> {
    if is_execution_name(name) { Ok(()) } else { Err(Fault::invalid_name(name)) }
}
