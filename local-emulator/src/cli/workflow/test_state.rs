//! `octavo workflow test-state`: one state, its task answered from the command line.

use super::source;
use anyhow::{Context, anyhow, bail};
use clap::Args;
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::Clock;
use octavo_domain_workflow::machine::test_state::{
    Configuration, Inspection, Mock, MockError, Place, TestRequest, Tested, begin,
};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;

/// The state machine that the state sees itself in.
const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:TestState";
/// The task token that it sees.
const TOKEN: &str = "the-task-token-of-a-test";

/// Say what one state makes of an input, and what it looked like on the way
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The definition; `-` is the standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The state, wherever it is in the definition
    #[arg(long)]
    state: String,
    /// The input, as JSON or as @FILE
    #[arg(long, default_value = "{}")]
    input: String,
    /// The variables that it sees, as a JSON object or as @FILE
    #[arg(long)]
    variables: Option<String>,
    /// What its task, branches or items answer, as JSON or as @FILE
    #[arg(long, conflicts_with = "error")]
    result: Option<String>,
    /// The error that it fails with instead
    #[arg(long)]
    error: Option<String>,
    /// The error's cause
    #[arg(long, requires = "error")]
    cause: Option<String>,
    /// How often its retrier has tried before
    #[arg(long, requires = "error", default_value_t = 0)]
    tried: u32,
    /// What chance is made of
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// As JSON, as the API answers
    #[arg(long)]
    json: bool,
}

pub(super) fn test_state(arguments: &Arguments) -> anyhow::Result<()> {
    let (definition, _) = source::definition(&arguments.file, false)?;
    let json_of = |given: &str, named: &'static str| source::json(given).context(named).map(|value| value.to_string());
    let result = arguments.result.as_deref().map(|given| json_of(given, "--result")).transpose()?;
    let error =
        arguments.error.as_ref().map(|error| MockError { error: Some(error.clone()), cause: arguments.cause.clone() });
    let mocked = result.is_some() || error.is_some();
    let configuration: Configuration = serde_json::from_value(json!({ "retrierRetryCount": arguments.tried }))?;
    let request = TestRequest {
        definition,
        input: Some(json_of(&arguments.input, "--input")?),
        inspection_level: Inspection::Debug,
        variables: arguments.variables.as_deref().map(|given| json_of(given, "--variables")).transpose()?,
        state_name: Some(arguments.state.clone()),
        state_configuration: error.is_some().then_some(configuration),
        mock: mocked.then(|| Mock { result, error_output: error, ..Mock::default() }),
        ..TestRequest::default()
    };
    let place = Place {
        machine_arn: MACHINE.to_owned(),
        now: SystemClock.now(),
        seed: arguments.seed,
        token: TOKEN.to_owned(),
    };
    let answer = match begin(request, &place).map_err(|fault| anyhow!("{fault}"))? {
        Tested::Done(answer) => answer,
        Tested::Call(pending) => {
            bail!("it would call {}: say what that answers, with --result or --error", pending.order().resource)
        }
    };
    match arguments.json {
        true => println!("{}", serde_json::to_string_pretty(&answer)?),
        false => print!("{}", told(&answer)),
    }
    match answer["status"].as_str() {
        Some("FAILED") => bail!("FAILED: {}", super::start::failure(&answer)),
        _ => Ok(()),
    }
}

/// What it looked like on the way, what became of it, and the output last.
fn told(answer: &Value) -> String {
    let mut told = String::new();
    for (step, value) in answer["inspectionData"].as_object().into_iter().flatten() {
        // Writing to a text does not fail.
        let _ = writeln!(told, "{step}: {}", shown(value));
    }
    let next = answer["nextState"].as_str().map(|next| format!(", goes on with {next}")).unwrap_or_default();
    let _ = writeln!(told, "{}{next}", answer["status"].as_str().unwrap_or("-"));
    let failure = super::start::failure(answer);
    if !failure.is_empty() {
        let _ = writeln!(told, "{failure}");
    }
    if let Some(output) = answer["output"].as_str() {
        let _ = writeln!(told, "{output}");
    }
    told
}

/// A text as it is, for it holds JSON mostly.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
