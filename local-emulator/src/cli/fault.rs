//! `octavo fault`: the fake AI providers and the engines fail on demand.

use super::private::Private;
use anyhow::bail;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Each kind of fault with an example of its keys.
const KINDS: [(&str, &str); 11] = [
    ("status", "status=429 retry_after_ms=1500"),
    ("latency", "first_token_ms=800 per_token_ms=20 jitter_ms=50"),
    ("hang", ""),
    ("hang_after", "chunks=3"),
    ("cut", "chunks=3"),
    ("error_in_200", ""),
    ("error_in_stream", "chunks=3"),
    ("malformed", "chunks=3"),
    ("empty", ""),
    ("usage", "input=1000 output=50 cached=0"),
    ("refuse_connection", ""),
];

/// Kinds of faults of engines, with an example of their keys.
const ENGINE_KINDS: [(&str, &str); 3] = [("away", ""), ("hang", ""), ("slow", "ms=200")];

/// Make the fake AI providers fail (errors, slowness, cut streams), or take an engine away
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a fault
    #[command(after_help = kinds_help())]
    Add(Box<Add>),
    /// List the faults, and how often each fired
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove one
    Remove {
        /// Its number, as `add` and `list` say it; of an engine its name
        id: String,
    },
    /// Remove all
    Clear,
}

#[derive(Debug, Args)]
struct Add {
    /// openai, anthropic, azure, local, or '*' for all of these; or postgres, redis, elasticsearch, s3
    provider: String,
    /// What happens
    #[arg(value_parser = PossibleValuesParser::new(kinds()))]
    kind: String,
    /// What the kind needs
    #[arg(value_name = "KEY=VALUE", value_parser = pair)]
    keys: Vec<(String, Value)>,
    /// Only requests for this model
    #[arg(long)]
    model: Option<String>,
    /// Only so many requests; without it all, until the fault is removed
    #[arg(long)]
    times: Option<u64>,
    /// Only each k-th request
    #[arg(long, value_name = "K")]
    every: Option<u64>,
    /// Only this share of the requests, 0 to 100
    #[arg(long)]
    percent: Option<f64>,
}

fn kinds() -> Vec<&'static str> {
    let of_engines = ENGINE_KINDS.iter().filter(|(kind, _)| KINDS.iter().all(|(known, _)| known != kind));
    KINDS.iter().chain(of_engines).map(|(kind, _)| *kind).collect()
}

fn kinds_help() -> String {
    let list = |kinds: &[(&str, &str)]| {
        let lines = kinds.iter().map(|(kind, keys)| format!("  {kind:<18} {keys}").trim_end().to_owned());
        lines.collect::<Vec<_>>().join("\n")
    };
    let (providers, engines) = (list(&KINDS), list(&ENGINE_KINDS));
    format!("Kinds, with examples of their keys:\n{providers}\n\nKinds of engines:\n{engines}")
}

/// `KEY=VALUE`: the value as JSON where it is some, else as text.
fn pair(text: &str) -> Result<(String, Value), String> {
    match text.split_once('=') {
        Some((key, _)) if matches!(key, "provider" | "kind") => Err(format!("the {key} stands before the keys")),
        Some((key, value)) if !key.is_empty() => {
            let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
            Ok((key.to_owned(), value))
        }
        _ => Err("expected KEY=VALUE, for example chunks=3".to_owned()),
    }
}

/// The fault in the form that the emulator reads.
fn fault(add: &Add) -> anyhow::Result<Value> {
    let mut fault = Map::new();
    fault.insert("provider".to_owned(), json!(add.provider));
    fault.insert("kind".to_owned(), json!(add.kind));
    let options = [
        ("model", add.model.as_ref().map(|model| json!(model))),
        ("times", add.times.map(|times| json!(times))),
        ("every", add.every.map(|every| json!(every))),
        ("percent", add.percent.map(|percent| json!(percent))),
    ];
    let options = options.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    for (key, value) in add.keys.iter().cloned().chain(options) {
        if fault.insert(key.clone(), value).is_some() {
            bail!("{key} is said twice");
        }
    }
    Ok(Value::Object(fault))
}

/// A fault of the list on one line: number, provider, kind, everything else that is set, and how often it fired.
fn line(fault: &Value) -> String {
    let known = ["id", "provider", "kind", "matched", "fired", "spent"];
    let set = fault.as_object().into_iter().flatten().filter(|(key, value)| {
        let says_nothing = value.is_null() || (key.as_str() == "seed" && **value == json!(0));
        !known.contains(&key.as_str()) && !says_nothing
    });
    let set: Vec<String> = set.map(|(key, value)| format!("{key}={value}")).collect();
    let text = |key: &str| fault[key].as_str().unwrap_or("-").to_owned();
    if let Some(engine) = fault["id"].as_str() {
        let line = format!("{engine:<15} {:<18} {}", text("kind"), set.join(" "));
        return line.trim_end().to_owned();
    }
    format!(
        "{:<4} {:<10} {:<18} {:<40} fired {} of {}{}",
        fault["id"],
        text("provider"),
        text("kind"),
        set.join(" "),
        fault["fired"],
        fault["matched"],
        if fault["spent"] == true { ", spent" } else { "" }
    )
}

pub(super) async fn fault_command(data: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let emulator = Private::of(data)?;
    match &arguments.command {
        Command::Add(add) => {
            let request = emulator.request(Method::POST, "faults").json(&fault(add)?);
            let answer = emulator.send(request).await?;
            println!("fault {}", answer["id"].as_str().map_or_else(|| answer["id"].to_string(), str::to_owned));
        }
        Command::List { json } => {
            let listed = emulator.send(emulator.request(Method::GET, "faults")).await?;
            match (json, listed["items"].as_array()) {
                (true, _) => println!("{}", serde_json::to_string_pretty(&listed["items"])?),
                (false, Some(faults)) if !faults.is_empty() => {
                    faults.iter().for_each(|fault| println!("{}", line(fault)));
                }
                (false, _) => println!("no faults"),
            }
        }
        Command::Remove { id } => {
            emulator.send(emulator.request(Method::DELETE, &format!("faults/{id}"))).await?;
            println!("removed");
        }
        Command::Clear => {
            let removed = emulator.send(emulator.request(Method::DELETE, "faults")).await?;
            println!("{} removed", removed["removed"]);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use local_emulator_ai::Fault;

    #[derive(Parser)]
    struct Program {
        #[command(subcommand)]
        command: Command,
    }

    fn read(line: &str) -> Result<Value, String> {
        let words = std::iter::once("fault").chain(line.split_whitespace());
        match Program::try_parse_from(words).map_err(|error| error.to_string())?.command {
            Command::Add(add) => fault(&add).map_err(|error| error.to_string()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_kind_is_a_fault_as_its_example_says() {
        for (kind, keys) in KINDS {
            let json = read(&format!("add openai {kind} {keys} --model gpt-4.1 --times 2")).unwrap();
            let fault = Fault::from_json(&json).unwrap_or_else(|error| panic!("{kind}: {error}"));
            assert_eq!(
                (fault.provider.as_str(), fault.model.as_deref(), fault.times),
                ("openai", Some("gpt-4.1"), Some(2))
            );
        }
    }

    #[test]
    fn engines_have_kinds_of_their_own_and_one_line_each() {
        for (kind, keys) in ENGINE_KINDS {
            let json = read(&format!("add redis {kind} {keys}")).unwrap();
            assert_eq!((json["provider"].as_str(), json["kind"].as_str()), (Some("redis"), Some(kind)));
        }
        assert_eq!(read("add redis slow ms=200").unwrap()["ms"], 200);
        let state = json!({"id": "redis", "provider": "redis", "kind": "slow", "ms": 200});
        assert_eq!(line(&state).split_whitespace().collect::<Vec<_>>(), ["redis", "slow", "ms=200"]);
    }

    #[test]
    fn values_are_json_or_text() {
        let json = read(r#"add * status status=400 body={"error":"no"} --every 3 --percent 12.5"#).unwrap();
        let expected = json!({"provider": "*", "kind": "status", "status": 400, "body": {"error": "no"}, "every": 3, "percent": 12.5});
        assert_eq!(json, expected);
        assert_eq!(read("add azure hang model=gpt-4.1").unwrap()["model"], "gpt-4.1");
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(read("add openai explode").unwrap_err().contains("refuse_connection"), "the kinds are listed");
        assert!(read("add openai cut chunks").unwrap_err().contains("KEY=VALUE"));
        assert!(read("add openai cut kind=hang").unwrap_err().contains("before the keys"));
        assert_eq!(read("add openai hang times=1 --times 2").unwrap_err(), "times is said twice");
    }

    #[test]
    fn a_line_says_what_is_set_and_no_more() {
        let state = json!({"id": 7, "matched": 5, "fired": 2, "spent": true, "provider": "*", "model": null, "kind": "cut",
            "chunks": 3, "times": 2, "every": null, "percent": null, "seed": 0});
        let line = line(&state);
        assert_eq!(
            line.split_whitespace().collect::<Vec<_>>().join(" "),
            "7 * cut chunks=3 times=2 fired 2 of 5, spent"
        );
    }
}
