//! What a tenant's administrator sets and sees.

use crate::desk::{Desk, ask, ledger};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_changed_on_the_revision_that_was_read() {
    let desk = Desk::start().await;
    let put = async |tag: Option<&str>, policy: Value| {
        let request = desk.admin.request(Method::PUT, "/v1/ai/policy").json(&policy);
        let request = match tag {
            Some(tag) => request.header("if-match", tag),
            None => request,
        };
        desk.admin.send(request).await
    };
    let first = desk.admin.get("/v1/ai/policy").await.expect(200);
    assert_eq!((&first.json()["revision"], first.header("etag")), (&json!(0), "\"r0\""));
    put(None, json!({})).await.expect_problem(428, "AI_0016", "");
    let second = put(Some("\"r0\""), json!({ "models": ["standard"] })).await.expect(200);
    assert_eq!((&second.json()["revision"], second.header("etag")), (&json!(1), "\"r1\""));
    assert_eq!(second.json()["updated_by"], "root");
    let stale = put(Some("\"r0\""), json!({})).await.expect_problem(412, "AI_0015", "");
    assert_eq!(stale.json()["current_revision"], 1);
    assert_eq!(
        desk.admin.get("/v1/ai/policy").await.json()["policy"]["models"],
        json!(["standard"]),
        "nothing changed"
    );
    // It is in effect with the next call.
    ask(&desk.ada, "gpt-4.1", "hi").await.expect(403);
    put(Some("\"r1\""), json!({})).await.expect(200);
    ask(&desk.ada, "gpt-4.1", "echo: hi").await.expect(200);
    // Of two at once one wins.
    let (one, other) = tokio::join!(put(Some("\"r2\""), json!({})), put(Some("\"r2\""), json!({})));
    let mut both = [one.status, other.status];
    both.sort_unstable();
    assert_eq!(both, [200, 412]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_policy_is_told_every_field_that_is_wrong() {
    let desk = Desk::start().await;
    let request = desk.admin.request(Method::PUT, "/v1/ai/policy").header("if-match", "\"r0\"").json(&json!({
        "rates": [{}, { "requests_per_minute": 0, "model": "gpt-9" }],
        "budgets": [{ "period": "day", "tokens": 0 }, { "period": "month", "dollars": "0.0000000001" }],
        "alert_at": [50, 101],
        "models": ["claude", "clode"],
        "providers": ["nobody"],
        "regions": ["EU"],
        "aliases": { "mine": "yours" },
        "routing": { "cost_weight": 101.0, "prefer": ["nobody"] },
        "cache": { "completion_ttl_s": 0 },
        "safety": { "redact": ["names"], "block": ["!"] },
    }));
    let answer = desk.admin.send(request).await.expect(400).json();
    assert_eq!(answer["code"], "AI_0001");
    let told = answer["errors"].as_array().unwrap();
    let fields: Vec<&str> = told.iter().map(|error| error["field"].as_str().unwrap()).collect();
    for field in [
        "rates[0]",
        "rates[1].requests_per_minute",
        "rates[1].model",
        "budgets[0].tokens",
        "budgets[1].dollars",
        "alert_at[1]",
        "models[1]",
        "providers[0]",
        "regions[0]",
        "aliases.mine",
        "routing.cost_weight",
        "routing.prefer[0]",
        "cache.completion_ttl_s",
        "safety.redact[0]",
        "safety.block[0]",
    ] {
        assert!(fields.contains(&field), "{field} is not among {fields:?}");
    }
    assert_eq!(fields.len(), 15, "{fields:?}");
    let clode = told.iter().find(|error| error["field"] == "models[1]").unwrap();
    assert!(clode.to_string().contains("claude"), "its neighbours are told: {clode}");
    // A member that nobody knows is no policy.
    let request =
        desk.admin.request(Method::PUT, "/v1/ai/policy").header("if-match", "\"r0\"").json(&json!({ "budget": [] }));
    assert!((400..=422).contains(&desk.admin.send(request).await.status));
    assert_eq!(desk.admin.get("/v1/ai/policy").await.json()["revision"], 0, "nothing changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_and_only_of_their_own_tenant() {
    let desk = Desk::under(json!({ "budgets": [{ "period": "day", "tokens": 100_000 }] })).await;
    ask(&desk.ada, "standard", "echo: ours").await.expect(200);
    desk.calls(1).await;
    for path in ["/v1/ai/policy", "/v1/ai/usage", "/v1/ai/alerts", "/v1/ai/breakers", "/v1/ai/providers"] {
        desk.ada.get(path).await.expect_problem(403, "AI_0013", "");
        assert_eq!(desk.world.stranger().get(path).await.status, 401, "{path}");
    }
    let request = desk.ada.request(Method::PUT, "/v1/ai/policy").header("if-match", "\"r1\"").json(&json!({}));
    desk.ada.send(request).await.expect_problem(403, "AI_0013", "");
    assert_eq!(desk.ada.get("/v1/ai/budgets").await.expect(200).json(), json!([]), "the tenant's is not hers to see");

    let theirs = desk.world.with_roles("globex", "root", &["admin"]);
    assert_eq!(theirs.get("/v1/ai/policy").await.json()["revision"], 0);
    assert_eq!(theirs.get("/v1/ai/budgets").await.expect(200).json(), json!([]));
    assert_eq!(theirs.get("/v1/ai/usage?by=user").await.json()["total"]["calls"], 0);
    assert!(ledger(&theirs).await.is_empty());
    assert_eq!(theirs.get("/v1/ai/keys").await.json(), json!([]));
}
