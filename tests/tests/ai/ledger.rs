//! What is written down: every call once, exactly, and totals that agree.

use crate::desk::{
    CHAT, Desk, MESSAGES, RESPONSES, ask, ask_with, calls_of, chat, ledger, message, status, stream, usage,
};
use local_emulator_ai::{Fault, FaultKind};
use octavo_tests::Person;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Thousand-millionths of a thousandth of a dollar of a decimal text: exact, for sums.
fn exact(dollars: &Value) -> u128 {
    let text = dollars.as_str().unwrap_or("0");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    assert!(fraction.len() <= 12, "{text}");
    format!("{whole}{fraction:0<12}").parse().unwrap()
}

/// Rows of the usage, by one thing.
async fn rows(admin: &Person, by: &str) -> Vec<Value> {
    let answer = admin.get(&format!("/v1/ai/usage?from=2026-01-01&by={by}")).await.expect(200).json();
    answer["rows"].as_array().unwrap().clone()
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    calls: u64,
    failed: u64,
    hits: u64,
    input: u64,
    output: u64,
    cached: u64,
    cost: u128,
    saved: u128,
}

impl Sum {
    fn of_rows<'a>(rows: impl Iterator<Item = &'a Value>) -> Self {
        rows.fold(Self::default(), |mut sum, row| {
            let number = |name: &str| row[name].as_u64().unwrap();
            sum.calls += number("calls");
            sum.failed += number("failed");
            sum.hits += number("cache_hits");
            sum.input += number("input_tokens");
            sum.output += number("output_tokens");
            sum.cached += number("cached_tokens");
            sum.cost += exact(&row["dollars"]);
            sum.saved += exact(&row["saved_dollars"]);
            sum
        })
    }

    fn of_calls<'a>(calls: impl Iterator<Item = &'a Value>) -> Self {
        calls.fold(Self::default(), |mut sum, call| {
            let number = |name: &str| call["usage"][name].as_u64().unwrap();
            sum.calls += 1;
            sum.failed += u64::from(call["outcome"] == "failed");
            sum.hits += u64::from(call["cache"] == "hit" || call["cache"] == "coalesced");
            sum.input += number("input");
            sum.output += number("output");
            sum.cached += number("cached");
            sum.cost += exact(&call["cost"]);
            sum.saved += exact(&call["saved"]);
            sum
        })
    }
}

/// Use by day, model, feature, user and key is the sum of the calls, exactly; another tenant sees none of it.
#[tokio::test(flavor = "multi_thread")]
async fn the_totals_are_the_sum_of_the_calls_whichever_way_they_are_added_up() {
    let desk = Desk::start().await;
    let grace = desk.world.person("acme", "grace");
    let made = grace.post("/v1/ai/keys", json!({ "name": "a script" })).await.expect(201).json();
    let key = made["key"].as_str().unwrap();
    desk.fails("openai", FaultKind::Usage { input: 1_234, output: 567, cached: 89 });
    let mut count = 0;
    for number in 0..4 {
        let text = format!("echo: {number}");
        for (person, path, body) in [
            (&desk.ada, CHAT, chat("gpt-4.1", &text)),
            (&desk.ada, CHAT, stream("claude-haiku-4-5", &text)),
            (&grace, MESSAGES, message("azure/gpt-6.1-terra", &text)),
            (&grace, RESPONSES, json!({ "model": "gpt-6-luna", "input": text })),
            (&grace, "/v1/embeddings", json!({ "model": "text-embedding-3-small", "input": text })),
        ] {
            person.post(path, body).await.expect(200);
            count += 1;
        }
    }
    // A hit, one for a feature, one with a key, one that fails.
    ask(&desk.ada, "gpt-4.1", "echo: 0").await.expect(200);
    ask_with(&desk.ada, &[("x-octavo-feature", "contract-review")], &chat("gpt-4.1", "echo: f")).await.expect(200);
    let request = desk.world.stranger().request(Method::POST, CHAT).bearer_auth(key).json(&chat("gpt-4o", "echo: k"));
    grace.send(request).await.expect(200);
    desk.fails("*", status(500));
    ask(&desk.ada, "gpt-4o-mini", "echo: fails").await.expect(502);
    count += 4;
    // Another tenant's.
    desk.heal();
    let (other_admin, other) =
        (desk.world.with_roles("globex", "root", &["admin"]), desk.world.person("globex", "eve"));
    ask(&other, "gpt-4.1", "echo: theirs").await.expect(200);
    calls_of(&other_admin, 1).await;

    let calls = desk.calls(count).await;
    let sum = Sum::of_calls(calls.iter());
    assert_eq!((sum.calls, sum.failed, sum.hits), (24, 1, 1));
    assert!(sum.cost > 0 && sum.saved > 0 && sum.cached > 0);
    for by in ["", "day", "model", "feature", "user", "key", "day,model,feature,user,key"] {
        let rows = rows(&desk.admin, by).await;
        assert_eq!(Sum::of_rows(rows.iter()), sum, "by {by}");
    }
    assert_eq!(Sum::of_rows([desk.total().await].iter()), sum);
    for (by, of) in [("model", "model"), ("feature", "feature"), ("user", "user"), ("key", "key")] {
        let name = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut expected: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
        for call in &calls {
            expected.entry(name(&call[of])).or_default().push(call);
        }
        let rows = rows(&desk.admin, by).await;
        let mut found: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
        for row in &rows {
            found.entry(name(&row[by])).or_default().push(row);
        }
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "by {by}");
        for (name, calls) in expected {
            assert_eq!(Sum::of_rows(found[&name].iter().copied()), Sum::of_calls(calls.into_iter()), "{by} {name}");
        }
    }
    // Each sees one's own calls; an administrator all, and none of another tenant's.
    let mine = ledger(&grace).await;
    assert_eq!(mine.len(), 13);
    assert!(mine.iter().all(|call| call["user"] == "grace"));
    let keyed: Vec<&Value> = mine.iter().filter(|call| !call["key"].is_null()).collect();
    assert_eq!((keyed.len(), &keyed[0]["key"]), (1, &made["id"]));
    assert_eq!(ledger(&other_admin).await.len(), 1);
    assert_eq!(grace.get("/v1/ai/usage").await.status, 403);
    let narrow = desk.admin.get("/v1/ai/calls?user=ada&feature=contract-review").await.expect(200).json();
    assert_eq!(narrow["calls"].as_array().unwrap().len(), 1);
    desk.admin.get("/v1/ai/usage?by=week").await.expect_problem(400, "AI_0001", "query:by");
    desk.admin.get("/v1/ai/usage?from=2026-12-01&to=2026-11-01").await.expect_problem(400, "AI_0001", "query:from");
    desk.admin.get("/v1/ai/calls?limit=501").await.expect_problem(400, "AI_0001", "query:limit");
}

/// A line says what was asked for, who answered, what it used and what it cost; never what was said.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_says_everything_but_what_was_said() {
    let desk = Desk::start().await;
    desk.fault(Fault::new("openai", FaultKind::RefuseConnection).times(1));
    desk.fails("azure", usage(2_000, 300));
    let answer = ask(&desk.ada, "standard", "echo: the secret of the persimmon").await.expect(200);
    let call = desk.call().await;
    assert_eq!(call["id"], answer.header("x-octavo-call"), "{call}");
    for (name, expected) in [
        ("tenant", json!("acme")),
        ("user", json!("ada")),
        ("feature", json!("chat")),
        ("asked_model", json!("standard")),
        ("provider", json!("azure")),
        ("model", json!("gpt-6.1-terra")),
        // A tenth dearer than 1 and 5 dollars a million: 0.0022 and 0.00165.
        ("cost", json!("0.00385")),
        ("usage_reported", json!(true)),
        ("streamed", json!(false)),
        ("cache", json!("miss")),
        ("outcome", json!("answered")),
        ("error", json!("network")),
        ("attempts", json!(2)),
    ] {
        assert_eq!(call[name], expected, "{name}: {call}");
    }
    for name in ["prompt_hash", "answer_hash"] {
        assert_eq!(call[name].as_str().unwrap().len(), 64, "{name}");
    }
    assert!(!call.to_string().contains("persimmon"), "{call}");
    // The same of another tenant has another hash: hashes tell nobody who asked the same.
    ask(&desk.world.person("globex", "ada"), "standard", "echo: the secret of the persimmon").await.expect(200);
    let theirs = calls_of(&desk.world.with_roles("globex", "root", &["admin"]), 1).await;
    assert_ne!(theirs[0]["prompt_hash"], call["prompt_hash"]);
}
