//! `octavo workflow run`: an execution in memory, its tasks answered from a file.

use super::history::Table;
use super::source;
use anyhow::{Context, bail};
use clap::Args;
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::Clock;
use octavo_domain_workflow::history::Record;
use octavo_domain_workflow::machine::{Ended, Outcome};
use octavo_domain_workflow::mocks::{MockCase, Mocks};
use octavo_domain_workflow::rehearsal::{Report, Start, rehearse};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where the state machine would be: nothing is asked there.
const MACHINES: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:";
const ROLE: &str = "arn:aws:iam::000000000000:role/octavo";

/// Run a definition in memory: waits take no time, tasks are answered from a file of mocks
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The definition; `-` is the standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The input, as JSON or as @FILE
    #[arg(long, default_value = "{}")]
    input: String,
    /// What the tasks answer, in the format of the service's local tool
    #[arg(long, value_name = "FILE", requires = "case")]
    mocks: Option<PathBuf>,
    /// Which of its test cases
    #[arg(long, requires = "mocks", value_name = "NAME")]
    case: Option<String>,
    /// The state machine's name, under which the mocks have their cases; the file's name without it
    #[arg(long, value_name = "STATE-MACHINE")]
    name: Option<String>,
    /// As an Express state machine
    #[arg(long)]
    express: bool,
    /// What chance is made of: the same number, the same execution
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The events as JSON, one a line, whole
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (_, definition) = source::definition(&arguments.file, arguments.express)?;
    let stem = || arguments.file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let name = arguments.name.clone().unwrap_or_else(stem);
    let mocked = match (&arguments.mocks, &arguments.case) {
        (Some(file), Some(case)) => Some(mock_case(file, &name, case)?),
        _ => None,
    };
    let start = Start {
        machine_arn: format!("{MACHINES}{name}"),
        name: "rehearsal".to_owned(),
        role_arn: ROLE.to_owned(),
        input: source::json(&arguments.input).context("--input")?,
        express: arguments.express,
        now: SystemClock.now(),
        seed: arguments.seed,
        stored: false,
        abort_after_seconds: None,
        mocked,
    };
    let mut unanswered = BTreeSet::new();
    let report = rehearse(&definition, &start, &mut |state, order| {
        unanswered.insert(format!("{state} ({})", order.resource));
        Vec::new()
    });
    print!("{}", shown(&report, arguments.json));
    judge(&report, &unanswered)
}

/// A test case of a file of mocks. What is wrong with the file is shown, what it has instead is said.
fn mock_case(file: &Path, machine: &str, case: &str) -> anyhow::Result<MockCase> {
    let mocks = match Mocks::parse(&source::text(file)?) {
        Ok(mocks) => mocks,
        Err(findings) => {
            print!("{}", source::told(&file.display().to_string(), &findings));
            bail!("{} cannot be used", file.display());
        }
    };
    if let Some(found) = mocks.case(machine, case) {
        return Ok(found.clone());
    }
    let cases: Vec<&str> = mocks.cases(machine).collect();
    if cases.is_empty() {
        let machines: Vec<&str> = mocks.machines().collect();
        bail!("the mocks have no state machine {machine}, but {}: --name says which", machines.join(", "));
    }
    bail!("the mocks of {machine} have no case {case}, but {}", cases.join(", "));
}

/// The events, those of child executions below.
fn shown(report: &Report, as_json: bool) -> String {
    let mut text = history(&report.history, as_json);
    for (index, child) in report.children.iter().enumerate() {
        if !as_json {
            text.push_str(&format!("\nchild execution {}\n", index + 1));
        }
        text.push_str(&history(child, as_json));
    }
    text
}

fn history(records: &[Record], as_json: bool) -> String {
    if as_json {
        return records.iter().map(|record| format!("{}\n", record.to_wire())).collect();
    }
    let mut table = Table::default();
    records.iter().for_each(|record| table.add(&record.to_wire()));
    table.text()
}

/// The output; what is no success is an error that says why.
fn judge(report: &Report, unanswered: &BTreeSet<String>) -> anyhow::Result<()> {
    let reason = |error: &Option<String>, cause: &Option<String>| {
        let parts = [error, cause].into_iter().flatten().map(String::as_str);
        parts.collect::<Vec<_>>().join(": ")
    };
    match &report.ended {
        Some(Ended::Itself(Outcome::Succeeded(output))) => {
            println!("\n{}", pretty(output));
            Ok(())
        }
        Some(Ended::Itself(Outcome::Failed { error, cause })) => bail!("FAILED: {}", reason(error, cause)),
        Some(Ended::Aborted { error, cause }) => bail!("ABORTED: {}", reason(error, cause)),
        Some(Ended::TimedOut) if unanswered.is_empty() => bail!("TIMED_OUT"),
        _ if !unanswered.is_empty() => {
            let states = unanswered.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            bail!("nothing answers for {states}: name it in a test case, with --mocks and --case");
        }
        _ => bail!("it does not end: it was given up after very many steps"),
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}
