//! `octavo dead`: what failed for good, and another try for it.

use super::private::Private;
use anyhow::Context;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// List, show, edit and redrive dead letters
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the dead letters of a queue
    List {
        /// The queue
        queue: String,
    },
    /// Show one with its body and history
    Show {
        /// The queue
        queue: String,
        /// The dead letter
        id: String,
    },
    /// Put one (or all) back into the queue
    Redrive {
        /// The queue
        queue: String,
        /// The dead letter; all without it
        id: Option<String>,
        /// Send the content of this file as its body instead (edit: show, save, change, redrive)
        #[arg(long, requires = "id")]
        body: Option<PathBuf>,
    },
    /// Throw one away
    Delete {
        /// The queue
        queue: String,
        /// The dead letter
        id: String,
    },
}

async fn letters(emulator: &Private, queue: &str) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    loop {
        let after = all.last().and_then(|letter: &Value| letter["id"].as_str()).unwrap_or_default().to_owned();
        let request = emulator.request(Method::GET, &format!("dead/{queue}")).query(&[("after", after)]);
        let page = emulator.send(request).await?["items"].as_array().cloned().unwrap_or_default();
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

pub(super) async fn dead(data: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let emulator = Private::of(data)?;
    match &arguments.command {
        Command::List { queue } => {
            for letter in letters(&emulator, queue).await? {
                let error = letter["failures"]
                    .as_array()
                    .and_then(|failures| failures.last())
                    .map(|last| last["error"].clone());
                let error =
                    error.as_ref().and_then(Value::as_str).unwrap_or("-").lines().next().unwrap_or("-").to_owned();
                println!(
                    "{}  {}  tried {} times  {error}",
                    letter["id"].as_str().unwrap_or("-"),
                    letter["buried_at"].as_str().unwrap_or("-"),
                    letter["receive_count"]
                );
            }
        }
        Command::Show { queue, id } => {
            let letter = emulator.send(emulator.request(Method::GET, &format!("dead/{queue}/{id}"))).await?;
            println!("{}", serde_json::to_string_pretty(&letter)?);
        }
        Command::Redrive { queue, id: Some(id), body } => {
            let body = match body {
                Some(path) => {
                    Some(std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?)
                }
                None => None,
            };
            let request =
                emulator.request(Method::POST, &format!("dead/{queue}/{id}/redrive")).json(&json!({ "body": body }));
            emulator.send(request).await?;
            println!("redriven");
        }
        Command::Redrive { queue, id: None, .. } => {
            let mut count = 0;
            for letter in letters(&emulator, queue).await? {
                let id = letter["id"].as_str().unwrap_or_default();
                let request = emulator.request(Method::POST, &format!("dead/{queue}/{id}/redrive")).json(&json!({}));
                emulator.send(request).await?;
                count += 1;
            }
            println!("{count} redriven");
        }
        Command::Delete { queue, id } => {
            emulator.send(emulator.request(Method::DELETE, &format!("dead/{queue}/{id}"))).await?;
            println!("deleted");
        }
    }
    Ok(())
}
