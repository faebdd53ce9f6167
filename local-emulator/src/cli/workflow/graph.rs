//! `octavo workflow graph`: a definition as a picture in text.

use super::{mermaid::mermaid, source};
use clap::Args;
use std::path::PathBuf;

/// Print a definition's graph as Mermaid text, which code hosts and editors draw
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The definition; `-` is the standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn graph(arguments: &Arguments) -> anyhow::Result<()> {
    let (text, _) = source::definition(&arguments.file, false)?;
    print!("{}", mermaid(&serde_json::from_str(&text)?));
    Ok(())
}
