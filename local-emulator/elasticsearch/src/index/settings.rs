//! Index settings: read in any of the forms that clients send, kept flat, answered as strings.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Settings that are kept and answered; the ones that mean something here are read by the methods below.
const KNOWN: &[&str] = &[
    "auto_expand_replicas",
    "codec",
    "creation_date",
    "gc_deletes",
    "hidden",
    "highlight.max_analyzed_offset",
    "lifecycle.name",
    "lifecycle.rollover_alias",
    "mapping.total_fields.limit",
    "mapping.depth.limit",
    "max_ngram_diff",
    "max_result_window",
    "max_shingle_diff",
    "number_of_replicas",
    "number_of_routing_shards",
    "number_of_shards",
    "priority",
    "query.default_field",
    "refresh_interval",
    "requests.cache.enable",
    "search.idle.after",
    "translog.durability",
    "translog.flush_threshold_size",
    "translog.sync_interval",
];

/// Fixed when the index is created.
const FINAL: &[&str] = &["number_of_shards", "number_of_routing_shards", "codec"];

const REFRESH_INTERVAL: Duration = Duration::from_secs(1);
const MAX_RESULT_WINDOW: usize = 10_000;
const MAX_ANALYZED_OFFSET: usize = 1_000_000;
const SYNC_INTERVAL: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Settings {
    /// Without the prefix `index.`; values as their strings.
    flat: BTreeMap<String, String>,
    pub(crate) analysis: Value,
}

fn flatten(prefix: &str, value: &Value, into: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(object) if prefix != "analysis" => {
            for (key, value) in object {
                let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                let path = path.strip_prefix("index.").unwrap_or(&path).to_owned();
                flatten(if path == "index" { "" } else { &path }, value, into);
            }
        }
        value => into.push((prefix.to_owned(), value.clone())),
    }
}

/// Reads `500ms`, `5s`, `1m`, `2h`, `1d`; `-1` is none.
pub(crate) fn parse_duration(text: &str, name: &str) -> Result<Option<Duration>> {
    if text == "-1" {
        return Ok(None);
    }
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let seconds = match unit {
        "nanos" => 1e-9,
        "micros" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => {
            return Err(Error::illegal(format!(
                "failed to parse setting [{name}] with value [{text}] as a time value: unit is missing or unrecognized"
            )));
        }
    };
    let number: f64 = number
        .parse()
        .map_err(|_| Error::illegal(format!("failed to parse setting [{name}] with value [{text}] as a time value")))?;
    Ok(Some(Duration::from_secs_f64((number * seconds).min(1e9))))
}

impl Settings {
    /// # Errors
    /// `illegal_argument_exception` naming the first setting that is unknown or has a value out of range.
    pub(crate) fn parse(body: &Value) -> Result<Self> {
        let mut settings = Self::default();
        settings.merge(body)?;
        Ok(settings)
    }

    /// Takes in what `body` sets; null unsets.
    pub(crate) fn merge(&mut self, body: &Value) -> Result<()> {
        let mut entries = Vec::new();
        match body {
            Value::Null => {}
            Value::Object(_) => flatten("", body, &mut entries),
            _ => return Err(Error::parsing("settings must be an object")),
        }
        for (key, value) in entries {
            if key == "analysis" {
                self.analysis = value;
                continue;
            }
            if let Some(path) = key.strip_prefix("analysis.") {
                set_path(&mut self.analysis, path, value);
                continue;
            }
            if !KNOWN.contains(&key.as_str()) {
                return Err(Error::illegal(format!(
                    "unknown setting [index.{key}] please check that any required plugins are installed, or check the breaking changes documentation for removed settings"
                )));
            }
            match value {
                Value::Null => {
                    self.flat.remove(&key);
                }
                Value::String(text) => {
                    self.flat.insert(key, text);
                }
                Value::Number(_) | Value::Bool(_) => {
                    self.flat.insert(key, value.to_string());
                }
                _ => return Err(Error::illegal(format!("setting [index.{key}] must be a single value"))),
            }
        }
        self.check()
    }

    fn check(&self) -> Result<()> {
        for (key, min, max) in
            [("number_of_shards", 1, 1024), ("number_of_replicas", 0, i64::MAX), ("max_result_window", 1, i64::MAX)]
        {
            if let Some(text) = self.flat.get(key) {
                let number: i64 = text
                    .parse()
                    .map_err(|_| Error::illegal(format!("Failed to parse value [{text}] for setting [index.{key}]")))?;
                if number < min || number > max {
                    let bound = if number < min { format!(">= {min}") } else { format!("<= {max}") };
                    return Err(Error::illegal(format!(
                        "Failed to parse value [{text}] for setting [index.{key}] must be {bound}"
                    )));
                }
            }
        }
        for key in ["refresh_interval", "translog.sync_interval"] {
            if let Some(text) = self.flat.get(key) {
                parse_duration(text, &format!("index.{key}"))?;
            }
        }
        if let Some(durability) = self.flat.get("translog.durability")
            && !["request", "async"].contains(&durability.to_lowercase().as_str())
        {
            return Err(Error::illegal(format!("No enum constant for [index.translog.durability]: [{durability}]")));
        }
        Ok(())
    }

    /// As `merge`, for an index that exists.
    pub(crate) fn update(&self, body: &Value) -> Result<Self> {
        let changes = Self::parse(body)?;
        for key in FINAL {
            if changes.flat.contains_key(*key) {
                return Err(Error::illegal(format!("final index setting [index.{key}], not updateable")));
            }
        }
        if !changes.analysis.is_null() {
            return Err(Error::illegal("Can't update non dynamic settings [[index.analysis]] for open indices"));
        }
        let mut updated = self.clone();
        updated.merge(body)?;
        Ok(updated)
    }

    fn duration(&self, key: &str, default: Duration) -> Option<Duration> {
        match self.flat.get(key) {
            None => Some(default),
            Some(text) => parse_duration(text, key).unwrap_or(Some(default)),
        }
    }

    /// Reads a time value such as `10d`; `None` for what is none.
    pub(crate) fn duration_of(text: &str) -> Option<Duration> {
        parse_duration(text, "duration").ok().flatten()
    }

    /// `None`: only refreshed on request.
    pub(crate) fn refresh_interval(&self) -> Option<Duration> {
        self.duration("refresh_interval", REFRESH_INTERVAL)
    }

    pub(crate) fn sync_interval(&self) -> Duration {
        self.duration("translog.sync_interval", SYNC_INTERVAL).unwrap_or(SYNC_INTERVAL)
    }

    /// Whether an acknowledged write must have reached the disk, not only the operating system.
    pub(crate) fn sync_each_request(&self) -> bool {
        self.flat.get("translog.durability").is_none_or(|durability| durability.eq_ignore_ascii_case("request"))
    }

    pub(crate) fn max_result_window(&self) -> usize {
        self.flat.get("max_result_window").and_then(|text| text.parse().ok()).unwrap_or(MAX_RESULT_WINDOW)
    }

    /// The longest text that is highlighted, in bytes.
    pub(crate) fn max_analyzed_offset(&self) -> usize {
        let set = self.flat.get("highlight.max_analyzed_offset").and_then(|text| text.parse().ok());
        set.unwrap_or(MAX_ANALYZED_OFFSET)
    }

    pub(crate) fn is_hidden(&self) -> bool {
        self.flat.get("hidden").is_some_and(|text| text == "true")
    }

    pub(crate) fn shards(&self) -> u64 {
        self.flat.get("number_of_shards").and_then(|text| text.parse().ok()).unwrap_or(1)
    }

    pub(crate) fn replicas(&self) -> u64 {
        self.flat.get("number_of_replicas").and_then(|text| text.parse().ok()).unwrap_or(1)
    }

    /// What holds where nothing is set, of the settings that mean something here.
    pub(crate) fn defaults_json(&self) -> Value {
        let mut all = Value::Object(Map::new());
        for (key, value) in [
            ("highlight.max_analyzed_offset", "1000000"),
            ("max_result_window", "10000"),
            ("refresh_interval", "1s"),
            ("translog.durability", "REQUEST"),
            ("translog.sync_interval", "5s"),
        ] {
            if !self.flat.contains_key(key) {
                set_path(&mut all, key, Value::from(value));
            }
        }
        all
    }

    /// Without what is set already.
    pub(crate) fn only_new(&self, body: &Value) -> Value {
        let mut entries = Vec::new();
        flatten("", body, &mut entries);
        entries.retain(|(key, _)| !self.flat.contains_key(key));
        Value::Object(entries.into_iter().collect())
    }

    /// The object under `settings.index`, nested, with strings, as `GET _settings` answers it.
    pub(crate) fn json(&self) -> Map<String, Value> {
        let mut all = Value::Object(Map::new());
        for (key, value) in &self.flat {
            set_path(&mut all, key, Value::from(value.as_str()));
        }
        let mut all = match all {
            Value::Object(all) => all,
            _ => Map::new(),
        };
        if !self.analysis.is_null() {
            all.insert("analysis".into(), strings(&self.analysis));
        }
        all
    }
}

fn strings(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            Value::Object(object.iter().map(|(key, value)| (key.clone(), strings(value))).collect())
        }
        Value::Array(values) => Value::Array(values.iter().map(strings).collect()),
        Value::Number(_) | Value::Bool(_) => Value::String(value.to_string()),
        other => other.clone(),
    }
}

pub(crate) fn set_path(root: &mut Value, path: &str, value: Value) {
    let mut at = root;
    for name in path.split('.') {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        at = match at {
            Value::Object(object) => object.entry(name).or_insert(Value::Null),
            _ => return,
        };
    }
    *at = value;
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_way_to_write_a_setting_is_one() {
        for body in [
            json!({ "index": { "number_of_shards": 3, "refresh_interval": "5s" } }),
            json!({ "number_of_shards": "3", "refresh_interval": "5s" }),
            json!({ "index.number_of_shards": 3, "index": { "refresh_interval": "5s" } }),
        ] {
            let settings = Settings::parse(&body).unwrap();
            assert_eq!(settings.shards(), 3);
            assert_eq!(settings.refresh_interval(), Some(Duration::from_secs(5)));
            assert_eq!(settings.json()["number_of_shards"], "3");
        }
    }

    #[test]
    fn unknown_and_final_settings_are_refused_by_name() {
        assert!(
            Settings::parse(&json!({ "index": { "colour": "red" } })).unwrap_err().reason.contains("[index.colour]")
        );
        let settings = Settings::parse(&json!({ "refresh_interval": "-1" })).unwrap();
        assert_eq!(settings.refresh_interval(), None);
        assert!(settings.update(&json!({ "number_of_shards": 2 })).unwrap_err().reason.contains("final"));
    }
}
