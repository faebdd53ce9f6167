//! Lines of the CloudWatch embedded metric format ("Specification: CloudWatch embedded metric format").

use serde::Deserialize;
use serde_json::{Map, Value};

/// How every line of the format begins, as our functions write it.
pub(super) const BEGINS: &str = "{\"_aws\":";

/// What a metric measures, as far as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Added up.
    Count,
    /// Distributed, in seconds.
    Seconds,
}

/// One metric of a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading {
    pub(super) name: String,
    pub(super) unit: Unit,
    /// Names and values of its dimensions, by name.
    pub(super) labels: Vec<(String, String)>,
    pub(super) values: Vec<f64>,
}

#[derive(Deserialize)]
struct Directive {
    #[serde(rename = "Dimensions", default)]
    dimensions: Vec<Vec<String>>,
    #[serde(rename = "Metrics")]
    metrics: Vec<Metric>,
}

#[derive(Deserialize)]
struct Metric {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Unit", default)]
    unit: String,
}

/// The metrics of a line, or none where it is not understood as a whole. Counts and times are understood; of several sets of
/// dimensions the largest is taken: the smaller ones are sums that Prometheus makes itself.
pub(super) fn read(line: &str) -> Option<Vec<Reading>> {
    let line: Map<String, Value> = serde_json::from_str(line).ok()?;
    let directives = line.get("_aws")?.get("CloudWatchMetrics")?;
    let directives = Vec::<Directive>::deserialize(directives).ok()?;
    let mut readings = Vec::new();
    for directive in directives {
        let mut names = directive.dimensions.into_iter().max_by_key(Vec::len).unwrap_or_default();
        names.sort_unstable();
        names.dedup();
        let label =
            |name: String| line.get(&name).and_then(Value::as_str).map(|value| (name.clone(), value.to_owned()));
        let labels: Vec<(String, String)> = names.into_iter().map(label).collect::<Option<_>>()?;
        for Metric { name, unit } in directive.metrics {
            let (unit, factor) = match unit.as_str() {
                "Count" => (Unit::Count, 1.0),
                "Seconds" => (Unit::Seconds, 1.0),
                "Milliseconds" => (Unit::Seconds, 1e-3),
                "Microseconds" => (Unit::Seconds, 1e-6),
                _ => return None,
            };
            let value = |value: &Value| value.as_f64().filter(|value| *value >= 0.0).map(|value| value * factor);
            let values = match line.get(&name)? {
                Value::Array(values) => values.iter().map(value).collect::<Option<Vec<f64>>>()?,
                single => vec![value(single)?],
            };
            readings.push(Reading { name, unit, labels: labels.clone(), values });
        }
    }
    Some(readings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(dimensions: &Value, unit: &str, value: &Value) -> String {
        let metrics = json!([{ "Name": "octavo.calls", "Unit": unit }]);
        let directive = json!({ "Namespace": "Octavo", "Dimensions": dimensions, "Metrics": metrics });
        let head = json!({ "Timestamp": 1, "CloudWatchMetrics": [directive] });
        json!({ "_aws": head, "function": "ai", "model": "m", "octavo.calls": value }).to_string()
    }

    #[test]
    fn a_line_is_read_with_its_dimensions() {
        let text = line(&json!([["function"], ["model", "function"]]), "Milliseconds", &json!([1500, 20.5]));
        assert!(text.starts_with(BEGINS));
        let reading = Reading {
            name: "octavo.calls".to_owned(),
            unit: Unit::Seconds,
            labels: vec![("function".to_owned(), "ai".to_owned()), ("model".to_owned(), "m".to_owned())],
            values: vec![1.5, 0.0205],
        };
        assert_eq!(read(&text), Some(vec![reading]));
        assert_eq!(read(&line(&json!([]), "Count", &json!(2))).unwrap()[0].labels, []);
    }

    #[test]
    fn what_is_not_understood_is_not_guessed() {
        for wrong in [
            line(&json!([["nobody"]]), "Count", &json!(1)),
            line(&json!([]), "Bytes", &json!(1)),
            line(&json!([]), "Count", &json!(-1)),
            line(&json!([]), "Count", &json!("1")),
            line(&json!([]), "Count", &json!([1, null])),
            "{\"_aws\":".to_owned(),
            "{\"_aws\":{}}".to_owned(),
        ] {
            assert_eq!(read(&wrong), None, "{wrong}");
        }
    }
}
