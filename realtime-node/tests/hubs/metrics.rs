//! What an operator sees of a node that is used, and that the rules and dashboards are made of it.

use crate::place::Place;
use serde_json::{Value, json};
use std::path::Path;

const INFRA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra");
const PREFIX: &str = "octavo_realtime_";

async fn page(place: &Place) -> String {
    let url = format!("http://{}/metrics", place.nodes[0].address());
    let answer = reqwest::get(url).await.unwrap();
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    let text = answer.text().await.unwrap();
    assert!(text.ends_with("# EOF\n"));
    text
}

/// The value of the only sample that begins so.
fn value(page: &str, sample: &str) -> f64 {
    let line = page.lines().find(|line| line.starts_with(sample)).unwrap_or_else(|| panic!("no {sample} in\n{page}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// The names of our metrics in a text.
fn named(text: &str) -> Vec<&str> {
    let starts = text.match_indices(PREFIX).map(|(at, _)| &text[at..]);
    let end = |word: &str| word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
    starts.map(|word| &word[..end(word)]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_counts_what_it_does_and_the_rules_name_what_it_counts() {
    let place = Place::of(1).await;
    let mut ada = place.connect(0, "conformance", "ada@acme").await;
    ada.call("Echo", json!(["x"])).await;
    ada.refused("Fail", json!(["no"])).await;
    ada.call("SendToAll", json!(["told", 1])).await;
    ada.pushed("told").await;
    let url = format!("http://{}/hubs/conformance/negotiate", place.nodes[0].address());
    assert_eq!(reqwest::Client::new().post(url).bearer_auth("x.y.z").send().await.unwrap().status(), 401);

    let page = page(&place).await;
    assert_eq!(value(&page, "octavo_realtime_connections_active "), 1.0);
    assert_eq!(value(&page, "octavo_realtime_backplane_up "), 1.0);
    assert_eq!(value(&page, "octavo_realtime_connection_failures_total{reason=\"unauthenticated\"}"), 1.0);
    for (method, outcome) in [("Echo", "succeeded"), ("Fail", "refused")] {
        let labels = format!("{{hub=\"conformance\",method=\"{method}\",outcome=\"{outcome}\"}}");
        assert_eq!(value(&page, &format!("octavo_realtime_invocations_total{labels}")), 1.0);
    }
    assert!(value(&page, "octavo_realtime_messages_total{direction=\"in\"}") >= 3.0);
    assert!(value(&page, "octavo_realtime_messages_total{direction=\"out\"}") >= 4.0);
    assert!(value(&page, "octavo_realtime_delivery_seconds_count") >= 1.0);
    assert!(value(&page, "octavo_realtime_memory_resident_bytes ") > 0.0);
    assert!(!page.contains("acme") && !page.contains("\"ada\""), "no tenant and no user is told");

    let rules = std::fs::read_to_string(Path::new(INFRA).join("prometheus/realtime.rules.yml")).unwrap();
    let rules: String = rules.lines().filter(|line| line.trim().starts_with("expr:")).collect();
    let dashboard = std::fs::read_to_string(Path::new(INFRA).join("grafana/realtime.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let targets = dashboard["panels"].as_array().unwrap().iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let panels: Vec<&str> = targets.map(|target| target["expr"].as_str().unwrap()).collect();
    let panels = panels.join("\n");
    for (text, least) in [(rules, 5), (panels, 20)] {
        let used = named(&text);
        assert!(used.len() >= least, "{used:?}");
        for name in used {
            let family = ["_bucket", "_total"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            assert!(page.contains(&format!("# TYPE {family} ")), "there is no metric {name}");
        }
    }
    place.close().await;
}
