//! Metrics and the trace event of AI calls.
//!
//! Metrics are lines of the CloudWatch embedded metric format on standard output: on AWS they become metrics by
//! themselves, without an agent and without a request in the call's way; the emulator adds them up and shows them at
//! `/metrics` for Prometheus. No tenant and no user is a dimension: there are too many, and it is nobody's business.

use crate::gen_ai;
use octavo_domain_ai::CacheUse;
use octavo_domain_ai::ports::{Observation, Observer};
use serde_json::{Map, Value, json};
use std::io::Write;

const NAMESPACE: &str = "Octavo";

/// Tells metrics and traces of every call.
#[derive(Debug, Clone)]
pub struct AiMetrics {
    function: &'static str,
}

impl AiMetrics {
    /// For the function of this name.
    pub fn new(function: &'static str) -> Self {
        Self { function }
    }
}

impl Observer for AiMetrics {
    fn observe(&self, observation: &Observation<'_>) {
        trace(observation);
        let mut lines = call_line(self.function, observation).to_string();
        lines.push('\n');
        for line in failure_lines(self.function, observation) {
            lines.push_str(&line.to_string());
            lines.push('\n');
        }
        // One write, so that lines of calls that end together do not mix. A full disk is no reason to fail a call.
        let _ = std::io::stdout().lock().write_all(lines.as_bytes());
    }
}

/// One line of the embedded metric format: `dimensions` name it, `metrics` are `(name, unit, value)`.
pub(crate) fn line(at_ms: i64, dimensions: &[(&str, String)], metrics: &[(&str, &str, f64)]) -> Value {
    let names: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
    let described: Vec<Value> = metrics.iter().map(|(name, unit, _)| json!({ "Name": name, "Unit": unit })).collect();
    let mut line = Map::new();
    let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [names], "Metrics": described });
    line.insert("_aws".to_owned(), json!({ "Timestamp": at_ms, "CloudWatchMetrics": [directive] }));
    line.extend(dimensions.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())));
    line.extend(metrics.iter().map(|(name, _, value)| ((*name).to_owned(), (*value).into())));
    Value::Object(line)
}

fn call_line(function: &str, observation: &Observation<'_>) -> Value {
    let call = observation.call;
    let operation = observation.dialect.map_or("internal", |dialect| dialect.as_str());
    let dimensions = [
        ("function", function.to_owned()),
        (gen_ai::OPERATION, operation.to_owned()),
        (gen_ai::PROVIDER, call.provider.clone()),
        (gen_ai::RESPONSE_MODEL, call.model.clone()),
        (gen_ai::CACHE, call.cache.as_str().to_owned()),
        (gen_ai::OUTCOME, call.outcome.as_str().to_owned()),
    ];
    let cost = |cost: &octavo_domain_ai::Call| cost.cost.map(|cost| cost.to_string().parse().unwrap_or(0.0));
    let saved: f64 = call.saved.to_string().parse().unwrap_or(0.0);
    let kept = matches!(call.cache, CacheUse::Hit | CacheUse::Coalesced);
    let mut metrics = vec![
        ("octavo.ai.calls", "Count", 1.0),
        (gen_ai::DURATION, "Seconds", f64::from(call.duration_ms) / 1_000.0),
        (gen_ai::INPUT_TOKENS, "Count", call.usage.input as f64),
        (gen_ai::OUTPUT_TOKENS, "Count", call.usage.output as f64),
        ("octavo.ai.cached_tokens", "Count", call.usage.cached as f64),
        ("octavo.ai.cost_dollars", "Count", cost(call).unwrap_or(0.0)),
        ("octavo.ai.saved_dollars", "Count", saved),
        ("octavo.ai.unpriced_calls", "Count", if call.cost.is_none() { 1.0 } else { 0.0 }),
        ("octavo.ai.alone_calls", "Count", if observation.alone { 1.0 } else { 0.0 }),
    ];
    if let (Some(first), false) = (call.first_token_ms, kept) {
        metrics.push((gen_ai::FIRST_TOKEN, "Seconds", f64::from(first) / 1_000.0));
    }
    line(call.at.timestamp_millis(), &dimensions, &metrics)
}

/// A line for each failed attempt: errors by provider and class.
fn failure_lines(function: &str, observation: &Observation<'_>) -> Vec<Value> {
    let failures = observation.failures.iter().map(|(target, class)| {
        let dimensions = [
            ("function", function.to_owned()),
            (gen_ai::PROVIDER, target.provider.clone()),
            (gen_ai::RESPONSE_MODEL, target.model.clone()),
            (gen_ai::ERROR_TYPE, class.as_str().to_owned()),
        ];
        line(observation.call.at.timestamp_millis(), &dimensions, &[("octavo.ai.provider_errors", "Count", 1.0)])
    });
    failures.collect()
}

/// The span of the call as an event: a collector of logs makes a span of it by its attributes.
fn trace(observation: &Observation<'_>) {
    let call = observation.call;
    let attributes = json!({
        gen_ai::OPERATION: observation.dialect.map(|dialect| dialect.as_str()),
        gen_ai::PROVIDER: call.provider,
        gen_ai::REQUEST_MODEL: call.asked_model,
        gen_ai::RESPONSE_MODEL: call.model,
        gen_ai::INPUT_TOKENS: call.usage.input,
        gen_ai::OUTPUT_TOKENS: call.usage.output,
        gen_ai::ERROR_TYPE: call.error,
        gen_ai::CACHE: call.cache.as_str(),
        gen_ai::OUTCOME: call.outcome.as_str(),
    });
    tracing::debug!(
        target: "octavo::ai",
        call = %call.id,
        traceparent = observation.traceparent,
        duration_ms = call.duration_ms,
        attempts = call.attempts,
        %attributes,
        "{} {}", call.feature.as_str(), call.model,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_in_the_embedded_metric_format() {
        let line = line(1_700_000_000_000, &[("function", "ai".to_owned())], &[("octavo.ai.calls", "Count", 1.0)]);
        let expected = json!({
            "_aws": {"Timestamp": 1_700_000_000_000_i64, "CloudWatchMetrics": [{
                "Namespace": "Octavo", "Dimensions": [["function"]], "Metrics": [{"Name": "octavo.ai.calls", "Unit": "Count"}]
            }]},
            "function": "ai", "octavo.ai.calls": 1.0
        });
        assert_eq!(line, expected);
    }
}
