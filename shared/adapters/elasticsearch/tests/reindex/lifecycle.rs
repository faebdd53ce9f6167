//! How long other indices are kept, on the same engines.

use crate::bench::{Bench, fill};
use chrono::NaiveDate;
use elasticsearch::http::Method;
use octavo_adapters_elasticsearch::lifecycle::{Installed, KEPT_DAYS, Kind, Lifecycle};
use serde_json::{Value, json};

pub(crate) async fn old_indices_go_and_documents_stay(bench: &Bench) {
    let truth = fill(bench, 2).await;
    let lifecycle = Lifecycle::new(bench.options.url.clone());
    let installed = lifecycle.install(KEPT_DAYS).await.unwrap();
    assert_eq!(lifecycle.install(KEPT_DAYS + 1).await.unwrap(), installed, "again");
    if bench.is_embedded() {
        assert_eq!(installed, Installed::Ilm);
        let kept = bench.send(Method::Get, "/_ilm/policy/octavo-logs", &Value::Null).await;
        assert_eq!(kept["octavo-logs"]["policy"]["phases"]["delete"]["min_age"], "31d", "{kept}");
        assert_eq!(kept["octavo-logs"]["version"], 2, "{kept}");
    }
    let day = NaiveDate::from_ymd_opt(2026, 11, 27).unwrap();
    let names = ["octavo-logs-2026.10.27", "octavo-audit-hot-2025.01.01", "octavo-logs-2026.10.28", "octavo-logs-kept"];
    for name in names {
        bench.send(Method::Put, &format!("/{name}"), &json!({"settings": {"number_of_replicas": 0}})).await;
    }
    let mapping = bench.send(Method::Get, &format!("/{}/_mapping", names[0]), &Value::Null).await;
    assert_eq!(mapping[names[0]]["mappings"]["properties"]["@timestamp"]["type"], "date", "of the template");
    let mut swept = lifecycle.sweep(day, KEPT_DAYS).await.unwrap();
    swept.sort();
    assert_eq!(swept, [names[1], names[0]]);
    assert!(lifecycle.sweep(day, KEPT_DAYS).await.unwrap().is_empty());
    assert_eq!(bench.held(&bench.version(2)).await, truth);
    for name in &names[2..] {
        bench.send(Method::Delete, &format!("/{name}"), &Value::Null).await;
    }
    for kind in Kind::ALL {
        bench.send(Method::Delete, &format!("/_index_template/{}", kind.name()), &Value::Null).await;
        let policy = match installed {
            Installed::Ilm => format!("/_ilm/policy/{}", kind.name()),
            Installed::Ism => format!("/_plugins/_ism/policies/{}", kind.name()),
            Installed::Neither => continue,
        };
        bench.send(Method::Delete, &policy, &Value::Null).await;
    }
}
