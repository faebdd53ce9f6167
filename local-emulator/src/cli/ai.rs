//! `octavo ai`: API keys and what was used.

use super::private::Private;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;

/// Make API keys, and see what AI was used for and cost
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print a new API key: one string for the stock OpenAI and Anthropic SDKs
    Key {
        /// The tenant
        #[arg(long)]
        tenant: String,
        /// The user in whose name it acts
        #[arg(long)]
        user: String,
        /// What it is for
        #[arg(long)]
        name: String,
        /// A role that it has; may be given several times
        #[arg(long = "role")]
        roles: Vec<String>,
        /// Days that it lives; for ever without it
        #[arg(long)]
        days: Option<u32>,
    },
    /// Print use and cost of a tenant
    Usage {
        /// The tenant
        #[arg(long)]
        tenant: String,
        /// A row for each of these: day, model, feature, user, key
        #[arg(long, default_value = "model", value_delimiter = ',')]
        by: Vec<String>,
        /// The first day (UTC); the first of this month without it
        #[arg(long, value_name = "YYYY-MM-DD")]
        from: Option<String>,
        /// The last day (UTC); today without it
        #[arg(long, value_name = "YYYY-MM-DD")]
        to: Option<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// As whom usage is read: whoever can start this program owns the machine.
const READER: &str = "octavo-cli";
/// The columns of a usage table that say what a row is of, then those that say how much.
const NAMES: [&str; 6] = ["day", "provider", "model", "feature", "user", "key"];
const SUMS: [(&str, &str); 7] = [
    ("calls", "calls"),
    ("failed", "failed"),
    ("cache_hits", "cached"),
    ("input_tokens", "tokens in"),
    ("output_tokens", "tokens out"),
    ("dollars", "dollars"),
    ("saved_dollars", "saved"),
];

pub(super) async fn ai(data: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let emulator = Private::of(data)?;
    match &arguments.command {
        Command::Key { tenant, user, name, roles, days } => {
            let token = emulator.token(tenant, user, roles).await?;
            let wanted = json!({ "name": name, "roles": roles, "expires_in_days": days });
            let request = emulator.platform(Method::POST, "v1/ai/keys").bearer_auth(token).json(&wanted);
            println!("{}", emulator.send(request).await?["key"].as_str().unwrap_or_default());
        }
        Command::Usage { tenant, by, from, to, json } => {
            let token = emulator.token(tenant, READER, &["admin".to_owned()]).await?;
            let mut query = vec![("by", by.join(","))];
            query.extend([("from", from), ("to", to)].into_iter().filter_map(|(name, day)| Some((name, day.clone()?))));
            let request = emulator.platform(Method::GET, "v1/ai/usage").query(&query).bearer_auth(token);
            let usage = emulator.send(request).await?;
            if *json {
                println!("{}", serde_json::to_string_pretty(&usage)?);
            } else {
                print!("{}", table(&usage));
            }
        }
    }
    Ok(())
}

/// The rows and their total, in columns: words to the left, numbers to the right.
fn table(usage: &Value) -> String {
    let rows: Vec<&Value> = usage["rows"].as_array().into_iter().flatten().collect();
    let names: Vec<&str> = NAMES.into_iter().filter(|name| rows.iter().any(|row| row.get(*name).is_some())).collect();
    let cell = |value: &Value| match value {
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    let sums = |row: &Value| SUMS.map(|(key, _)| cell(&row[key]));
    let head = names.iter().copied().chain(SUMS.map(|(_, title)| title)).map(str::to_owned).collect();
    let mut lines: Vec<Vec<String>> = vec![head];
    lines.extend(rows.iter().map(|row| names.iter().map(|name| cell(&row[name])).chain(sums(row)).collect()));
    let total = names.iter().enumerate().map(|(at, _)| if at == 0 { "all".to_owned() } else { String::new() });
    lines.push(total.chain(sums(&usage["total"])).collect());
    let widths: Vec<usize> = (0..names.len() + SUMS.len())
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default())
        .collect();
    let mut text = String::new();
    for line in lines {
        let padded = line.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if column < names.len() { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        text.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_column_for_each_thing_that_was_asked_by() {
        let row = |model: &str, calls: u64, dollars: &str| {
            json!({"provider": "openai", "model": model, "calls": calls, "failed": 0, "cache_hits": 1,
                "input_tokens": 1200, "output_tokens": 30, "dollars": dollars, "saved_dollars": "0"})
        };
        let usage =
            json!({"rows": [row("gpt-6-luna", 12, "0.00024"), row("", 3, "0")], "total": row("", 15, "0.00024")});
        let expected = "\
provider  model       calls  failed  cached  tokens in  tokens out  dollars  saved
openai    gpt-6-luna     12       0       1       1200          30  0.00024      0
openai    -               3       0       1       1200          30        0      0
all                      15       0       1       1200          30  0.00024      0
";
        assert_eq!(table(&usage), expected);
    }
}
