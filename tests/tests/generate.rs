//! Long documents, written section by section, over HTTP and from fake providers.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use local_emulator_ai::{Fault, FaultKind, Outcome};
use octavo_tests::{Person, World, eventually};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// How long a generation may take on a busy machine, the wait for what a dead process held included.
const WITHIN: Duration = Duration::from_secs(300);

/// Three documents of a person's, found by the word persimmon.
async fn library(person: &Person) -> Vec<String> {
    let log = "The persimmon harvest of 2026 was 40 tons. The persimmon trees in the north bore less than those in the south.";
    let market = "The price of a persimmon rose to three euros in October. Markets in the south sold every persimmon within a day.";
    let weather =
        "Frost in April damaged the persimmon blossoms in the north. Rain in May helped every persimmon tree.";
    let mut ids = Vec::new();
    for (title, text) in [("Harvest log", log), ("Market report", market), ("Weather notes", weather)] {
        ids.push(person.writes(title, text).await);
    }
    let found: Vec<&str> = ids.iter().map(String::as_str).collect();
    person.comes_to_find("persimmon", &found).await;
    ids
}

async fn order(person: &Person, body: Value) -> String {
    let made = person.post("/v1/generations", body).await.expect(202);
    assert_eq!(made.json()["status"], "queued");
    made.header("location").to_owned()
}

/// The pieces of a trace, as the emulator tells them.
async fn pieces(person: &Person, trace: &str) -> Vec<Value> {
    let request = person.request(reqwest::Method::GET, &format!("/_octavo/traces/{trace}"));
    let told = person.send(request.header("x-octavo-console", "1")).await.expect(200).json();
    told["spans"].as_array().unwrap().clone()
}

/// Asks until `is` is true of the generation. A function that was just killed may not answer once.
async fn becomes(person: &Person, address: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + WITHIN;
    loop {
        let answer = person.get(address).await;
        let generation = answer.json();
        if answer.status == 200 && is(&generation) {
            return generation;
        }
        assert!(Instant::now() < deadline, "not within {WITHIN:?}: {what}: {generation:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn ends(person: &Person, address: &str) -> Value {
    let ended =
        |generation: &Value| ["done", "failed", "cancelled"].iter().any(|status| generation["status"] == *status);
    becomes(person, address, "it ends", ended).await
}

/// The lines of generation in the ledger, once there are `count`.
async fn ledger(world: &World, count: usize) -> Vec<Value> {
    let admin = world.with_roles("acme", "root", &["admin"]);
    eventually(&format!("the ledger has {count} lines"), || async {
        let page = admin.get("/v1/ai/calls?feature=generate&limit=100").await.expect(200).json();
        let lines = page["calls"].as_array().unwrap().clone();
        (lines.len() >= count).then_some(lines)
    })
    .await
}

fn slow(milliseconds: u64) -> Fault {
    Fault::new("*", FaultKind::Latency { first_token_ms: milliseconds, per_token_ms: 0, jitter_ms: 0 })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_and_what_it_asked_is_in_the_trace_of_the_order() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    library(&ada).await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let body =
        json!({"title": "Quinces", "instructions": "Two sections.", "sources": {"query": "persimmon"}, "sections": 2});
    let request = ada.request(reqwest::Method::POST, "/v1/generations").json(&body);
    let made = ada.send(request.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))).await.expect(202);
    let done = ends(&ada, made.header("location")).await;
    assert_eq!(done["status"], "done", "{done:#}");
    // The document that was made goes into the index, which is the last that happens in it.
    let spans = eventually("the index takes the document", || async {
        let spans = pieces(&ada, trace).await;
        spans.iter().any(|span| span["kind"] == "invocation" && span["name"] == "index").then_some(spans)
    })
    .await;
    let parent = |span: &Value| spans.iter().find(|one| one["id"] == span["parent"]);
    let of = |kind: &'static str, name: &'static str| {
        spans.iter().filter(move |span| span["kind"] == kind && (name.is_empty() || span["name"] == name))
    };
    let whole = || serde_json::to_string_pretty(&spans).unwrap();
    assert_eq!((&spans[0]["kind"], &spans[0]["what"]), (&json!("request"), &json!("POST /v1/generations")));
    assert_eq!(spans[0]["parent"], "00f067aa0ba902b7", "the client's own piece of the trace");
    // The order; sources, outline, two sections and assembly, each by a message of whoever did the one before.
    assert!(of("invocation", "generate").count() >= 6, "{}", whole());
    for message in of("message", "generate") {
        assert_eq!(parent(message).map(|parent| &parent["name"]), Some(&json!("generate")), "{}", whole());
    }
    let steps = of("invocation", "generate").skip(1);
    assert!(steps.clone().all(|step| parent(step).is_some_and(|by| by["kind"] == "message")), "{}", whole());
    assert!(of("call", "").count() >= 3, "the outline and two sections are asked for: {}", whole());
    for call in of("call", "").filter(|call| call["name"] != "embeddings") {
        assert_eq!(parent(call).map(|parent| &parent["name"]), Some(&json!("generate")), "{}", whole());
        assert!(call["duration_ms"].is_f64() && call["failed"] == false, "{call}");
    }
    let index = of("message", "index").next().unwrap();
    assert_eq!(parent(index).map(|parent| &parent["name"]), Some(&json!("generate")), "{}", whole());
    // Everything begins after what it is a part of; a clock's millisecond may be rounded.
    let at = |span: &Value| span["at"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    for span in &spans {
        let early = parent(span).map(|parent| at(parent) - at(span)).unwrap_or_default();
        assert!(early < chrono::TimeDelta::milliseconds(5), "{span} begins {early} before its parent");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_written_from_three_documents_and_cites_them() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    let sources = library(&ada).await;
    let address = order(
        &ada,
        json!({
            "title": "Quince and persimmon outlook", "instructions": "Report on the persimmon harvest for the board.",
            "sources": {"query": "persimmon"}, "sections": 3, "tags": ["outlook"],
            "shares": [{"reader": "user:grace", "role": "viewer"}]
        }),
    )
    .await;
    let done = ends(&ada, &address).await;
    assert_eq!(done["status"], "done", "{done:#}");
    assert_eq!(done["progress"], json!({"sections_done": 3, "sections_total": 3, "percent": 100}));
    let mut read: Vec<&str> =
        done["sources"].as_array().unwrap().iter().filter_map(|source| source["document_id"].as_str()).collect();
    read.sort_unstable();
    let mut expected: Vec<&str> = sources.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(read, expected);

    let id = done["document_id"].as_str().unwrap();
    let document = ada.get(&format!("/v1/documents/{id}")).await.expect(200).json();
    assert_eq!(
        (document["title"].as_str(), document["owner"].as_str()),
        (Some("Quince and persimmon outlook"), Some("ada"))
    );
    assert_eq!(document["metadata"]["generation"], done["id"]);
    let content = ada.get(&format!("/v1/documents/{id}/content")).await.expect(200);
    let text = String::from_utf8(content.bytes).unwrap();
    assert!(text.starts_with("# Quince and persimmon outlook\n\n## "), "{text}");
    assert_eq!(text.matches("\n## ").count(), 4, "three sections and the sources: {text}");
    let cited = document["metadata"]["sources"].as_array().unwrap();
    assert!(!cited.is_empty(), "{text}");
    for source in cited {
        let source = source.as_str().unwrap();
        assert!(text.contains(&format!("(/v1/documents/{source}/versions/1)")), "{text}");
        ada.get(&format!("/v1/documents/{source}/versions/1")).await.expect(200);
    }
    ada.comes_to_find("quince outlook", &[id]).await;
    world.person("acme", "grace").get(&format!("/v1/documents/{id}")).await.expect(200);

    let lines = ledger(&world, 4).await;
    assert_eq!(lines.len(), 4, "an outline and three sections: {lines:#?}");
    let calls: Vec<&Value> = done["usage"]["calls"].as_array().unwrap().iter().map(|call| &call["call"]).collect();
    assert!(lines.iter().all(|line| calls.contains(&&line["id"])), "{lines:#?}");
    let tokens: u64 = lines.iter().filter_map(|line| line["usage"]["output"].as_u64()).sum();
    if tokens > 0 {
        assert_eq!(done["usage"]["output_tokens"], tokens);
    }
    let listed = ada.get("/v1/generations").await.expect(200).json();
    assert_eq!((&listed["generations"][0]["id"], &listed["generations"][0]["document_id"]), (&done["id"], &json!(id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_filled_from_named_documents() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    let sources = library(&ada).await;
    let templates = ada.get("/v1/generations/templates").await.expect(200).json();
    assert!(templates["templates"].as_array().unwrap().iter().any(|template| template["name"] == "report"));
    let body = json!({
        "template": "report", "variables": {"subject": "the persimmon"}, "sources": {"document_ids": &sources[..1]}
    });
    let request = |body: &Value| {
        ada.request(reqwest::Method::POST, "/v1/generations").header("idempotency-key", "once").json(body)
    };
    let first = ada.send(request(&body)).await.expect(202);
    let again = ada.send(request(&body)).await.expect(202);
    assert_eq!(first.json(), again.json());
    let done = ends(&ada, first.header("location")).await;
    assert_eq!((done["status"].as_str(), done["title"].as_str()), (Some("done"), Some("Report: the persimmon")));
    let headings: Vec<&str> =
        done["outline"].as_array().unwrap().iter().filter_map(|section| section["heading"].as_str()).collect();
    assert_eq!(headings[..2], ["Summary", "Background"]);
    assert_eq!(ada.get("/v1/generations").await.json()["generations"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_stops_before_its_next_section() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    world.emulator.fakes().add_fault(slow(700)).unwrap();
    let address = order(&ada, json!({"instructions": "Tell of persimmons.", "sections": 8})).await;
    becomes(&ada, &address, "a section is written", |generation| generation["progress"]["sections_done"] == 1).await;
    let cancelled = ada.post(&format!("{address}/cancel"), json!({})).await.expect(200).json();
    assert_eq!(cancelled["status"], "cancelled");
    let done = cancelled["progress"]["sections_done"].as_u64().unwrap();
    world.emulator.fakes().clear_faults();
    let again = ada.post(&format!("{address}/cancel"), json!({})).await.expect(200).json();
    assert_eq!(again, cancelled, "again changes nothing");
    // The outline, what was written, and at most the section that was being written: nothing is begun after it.
    let lines = ledger(&world, usize::try_from(done).unwrap() + 1).await;
    assert!(lines.len() <= usize::try_from(done).unwrap() + 2, "{lines:#?}");
    let later = ada.get(&address).await.expect(200).json();
    assert_eq!((&later["status"], later["progress"]["sections_done"].as_u64()), (&json!("cancelled"), Some(done)));
    assert!(later.get("document_id").is_none());
    ada.post(&format!("{address}/retry"), json!({})).await.expect_problem(409, "GENERATE_0003", "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_killed_in_mid_section_goes_on_and_pays_for_each_section_once() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    library(&ada).await;
    world.emulator.fakes().add_fault(slow(1_500)).unwrap();
    let body = json!({"instructions": "Tell of the harvest.", "sources": {"query": "persimmon"}, "sections": 4});
    let address = order(&ada, body).await;
    let one = |generation: &Value| generation["progress"]["sections_done"] == 1;
    let before = becomes(&ada, &address, "a section is written", one).await;
    eventually("the next section is being written", || async {
        let requests = world.emulator.fakes().requests();
        (requests.len() >= 3 && requests.last().unwrap().outcome == Outcome::UnderWay).then_some(())
    })
    .await;
    assert!(world.emulator.lambda().kill("generate") > 0);
    world.emulator.fakes().clear_faults();

    let done = ends(&ada, &address).await;
    assert_eq!(done["status"], "done", "{done:#}");
    assert_eq!(done["outline"][0], before["outline"][0], "what was stored is as it was");
    let stored: Vec<&Value> = done["usage"]["calls"].as_array().unwrap().iter().map(|call| &call["call"]).collect();
    assert_eq!(stored.len(), 5);
    let lines = ledger(&world, 5).await;
    let answered: Vec<&Value> = lines.iter().filter(|line| line["outcome"] == "answered").collect();
    assert_eq!(answered.len(), 5, "an outline and four sections, each paid once: {lines:#?}");
    assert!(answered.iter().all(|line| stored.contains(&&line["id"])), "{lines:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_the_text_of_what_they_may_not_read() {
    let world = World::start().await;
    let (ada, grace) = (world.person("acme", "ada"), world.person("acme", "grace"));
    let secret = "The persimmon merger with xylophone works is planned for March.";
    let hidden = ada.writes("Board only", secret).await;
    let own = grace.writes("Own notes", "A persimmon is sweet when it is soft. Every persimmon must be ripe.").await;
    ada.comes_to_find("persimmon", &[&hidden]).await;
    grace.comes_to_find("persimmon", &[&own]).await;
    let body = json!({"instructions": "Tell of the persimmon merger.", "sources": {"query": "persimmon merger"}, "sections": 2});
    let done = ends(&grace, &order(&grace, body).await).await;
    assert_eq!(done["status"], "done", "{done:#}");
    assert_eq!(done["sources"].as_array().unwrap().len(), 1);
    assert_eq!(done["sources"][0]["document_id"], json!(own));
    assert!(!done.to_string().contains("xylophone"), "{done:#}");
    let asked: Vec<String> = world
        .emulator
        .fakes()
        .requests()
        .iter()
        // Every document is embedded, so that its readers find it by meaning: nobody else is told of that.
        .filter(|request| !request.path.contains("/embeddings"))
        .filter_map(|request| Some(request.body.as_ref()?.to_string()))
        .collect();
    assert!(asked.len() >= 3 && asked.iter().all(|body| !body.contains("xylophone")), "no prompt holds it either");
    let named = json!({"instructions": "Tell all.", "sources": {"document_ids": [hidden]}});
    grace.post("/v1/generations", named).await.expect_problem(422, "EDGE_0002", "sources.document_ids[0]");
    let address = format!("/v1/generations/{}", done["id"].as_str().unwrap());
    ada.get(&address).await.expect_problem(404, "GENERATE_0001", "path:id");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_is_used_up_stops_it_and_a_larger_one_lets_it_go_on() {
    let world = World::start().await;
    let (ada, admin) = (world.person("acme", "ada"), world.with_roles("acme", "root", &["admin"]));
    let sets = async |policy: Value| {
        let tag = admin.get("/v1/ai/policy").await.expect(200).header("etag").to_owned();
        let request = admin.request(reqwest::Method::PUT, "/v1/ai/policy").header("if-match", tag).json(&policy);
        admin.send(request).await.expect(200);
    };
    sets(json!({"budgets": [{"period": "day", "tokens": 100}]})).await;
    let address = order(&ada, json!({"instructions": "Tell of persimmons.", "sections": 2})).await;
    let failed = ends(&ada, &address).await;
    assert_eq!((failed["status"].as_str(), failed["error"]["code"].as_str()), (Some("failed"), Some("AI_0010")));
    sets(json!({"budgets": [{"period": "day", "tokens": 10_000_000}]})).await;
    // An instance believes a policy for a few seconds: until then a retry fails as before.
    let deadline = Instant::now() + WITHIN;
    let done = loop {
        assert!(Instant::now() < deadline, "the larger budget is seen within {WITHIN:?}");
        ada.post(&format!("{address}/retry"), json!({})).await.expect(202);
        let ended = ends(&ada, &address).await;
        if ended["status"] == "done" || ended["error"]["code"] != "AI_0010" {
            break ended;
        }
    };
    assert_eq!(done["status"], "done", "{done:#}");
}
