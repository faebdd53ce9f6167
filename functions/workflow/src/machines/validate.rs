//! `ValidateStateMachineDefinition`.

use super::settings::TYPES;
use crate::Deps;
use crate::protocol::{Call, Checks, Fault, Input, Reply};
use octavo_domain_workflow::definition::{Code, DEFINITION_BYTES_MAX, Finding, parse};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Diagnostics that are told unless the client asks for fewer; the service's own.
const DIAGNOSTICS_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValidateInput {
    definition: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    severity: Option<String>,
    max_results: Option<i64>,
}

impl Input for ValidateInput {
    fn check(&self, checks: &mut Checks) {
        checks.length("definition", &self.definition, 1..=DEFINITION_BYTES_MAX);
        checks.one_of_if("type", self.kind.as_ref(), TYPES);
        checks.one_of_if("severity", self.severity.as_ref(), &["ERROR", "WARNING"]);
        checks.range_if("maxResults", self.max_results, 0..=100);
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct ValidateOutput {
    result: &'static str,
    diagnostics: Vec<Diagnostic>,
    truncated: bool,
}

#[derive(Debug, Serialize)]
struct Diagnostic {
    severity: &'static str,
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
}

/// Tells everything that is wrong with a definition, without making anything of it. There are no warnings here: what is not
/// wrong is accepted.
pub(crate) async fn handle(
    _deps: Arc<Deps>,
    _call: Call,
    input: ValidateInput,
) -> Result<Reply<ValidateOutput>, Fault> {
    let express = input.kind.as_deref() == Some("EXPRESS");
    let findings = parse(&input.definition, express).err().unwrap_or_default();
    let limit = match usize::try_from(input.max_results.unwrap_or(0)) {
        Ok(0) | Err(_) => DIAGNOSTICS_MAX,
        Ok(limit) => limit,
    };
    let output = ValidateOutput {
        result: if findings.is_empty() { "OK" } else { "FAIL" },
        truncated: findings.len() > limit,
        diagnostics: findings.into_iter().take(limit).map(diagnostic).collect(),
    };
    Ok(output.into())
}

fn diagnostic(finding: Finding) -> Diagnostic {
    let location = match finding.code {
        // A text that is no JSON has no fields, only lines.
        Code::InvalidJsonDescription => Some(format!("line: {}, column: {}", finding.line, finding.column)),
        _ => (!finding.path.is_empty()).then_some(finding.path),
    };
    Diagnostic { severity: "ERROR", code: finding.code.name(), message: finding.message, location }
}
