//! Settings from a file, under those of the environment.

use anyhow::{Context, bail};
use octavo_wiring_settings::Environment;
use std::collections::BTreeMap;
use std::path::Path;

/// Names the file.
const VARIABLE: &str = "OCTAVO_NODE_CONFIG";
/// How every setting's name begins.
const PREFIX: &str = "OCTAVO_";

/// The process's environment, and under it what the file at `OCTAVO_NODE_CONFIG` says: TOML, one level, the variables' own
/// names: `OCTAVO_NODE_LISTEN = "0.0.0.0:8080"`. A file that cannot be read or says anything else stops the node.
pub fn environment(process: Environment) -> anyhow::Result<Environment> {
    let Some(path) = process.optional(VARIABLE) else { return Ok(process) };
    let path = Path::new(&path);
    let text = std::fs::read_to_string(path).with_context(|| format!("{VARIABLE}: cannot read {}", path.display()))?;
    Ok(process.over(parse(&text).with_context(|| format!("{VARIABLE}: {}", path.display()))?))
}

fn parse(text: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        // The error's own display shows the line, which may hold a secret.
        let at = error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        anyhow::anyhow!("line {at}: {}", error.message())
    })?;
    let mut values = BTreeMap::new();
    for (name, value) in table {
        if !name.starts_with(PREFIX) {
            bail!("{name} is no setting: their names begin with {PREFIX}");
        }
        let value = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(true) => "on".to_owned(),
            toml::Value::Boolean(false) => "off".to_owned(),
            _ => bail!("{name}: expected a text, a whole number, true or false"),
        };
        values.insert(name, value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_one_level_of_the_variables_own_names() {
        let read = parse("OCTAVO_NODE_NAME = \"a\"\nOCTAVO_NODE_DRAIN_MS = 500\nOCTAVO_NODE_HUBS = false\n").unwrap();
        let values: Vec<&str> = read.values().map(String::as_str).collect();
        assert_eq!(values, ["500", "off", "a"]);
    }

    #[test]
    fn what_is_wrong_is_named_and_no_value_is_shown() {
        for (text, named) in
            [("NODE = 1", "NODE"), ("OCTAVO_A = [\"hunter2\"]", "OCTAVO_A"), ("A = 1\nOCTAVO_B = hunter2", "line 2")]
        {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(named) && !error.contains("hunter2"), "{error}");
        }
    }
}
