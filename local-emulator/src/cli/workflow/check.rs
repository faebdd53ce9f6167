//! `octavo workflow check`: what is wrong with definitions.

use super::source;
use anyhow::bail;
use clap::Args;
use octavo_domain_workflow::definition::parse;
use std::path::PathBuf;

/// Say what is wrong with a definition: FILE:LINE:COLUMN, and what to do about it
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The definitions; `-` is the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// As an Express state machine, which may not wait for anybody
    #[arg(long)]
    express: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn check(arguments: &Arguments) -> anyhow::Result<()> {
    let mut faults = 0;
    let mut all = serde_json::Map::new();
    for file in &arguments.files {
        let name = file.display().to_string();
        let parsed = parse(&source::text(file)?, arguments.express);
        let findings = parsed.as_ref().err().map_or(&[][..], Vec::as_slice);
        faults += findings.len();
        if arguments.json {
            all.insert(name, serde_json::to_value(findings)?);
        } else if let Ok(definition) = &parsed {
            let states: usize = definition.lists.iter().map(|list| list.states.len()).sum();
            println!("{name}: {states} {}, nothing wrong", if states == 1 { "state" } else { "states" });
        } else {
            print!("{}", source::told(&name, findings));
        }
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&all)?);
    }
    match faults {
        0 => Ok(()),
        1 => bail!("1 fault"),
        more => bail!("{more} faults"),
    }
}
