//! What leaves, and with whose key; and who may ask at all.

use crate::desk::{CHAT, Desk, MESSAGES, RESPONSES, ask, chat, message, pace, stream, streamed_text, text};
use local_emulator::Options;
use octavo_tests::{Person, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;

const EMAIL: &str = "ada.lovelace@example.co.uk";
const PHONE: &str = "+49 30 1234567";
const CARD: &str = "4111 1111 1111 1111";
const IBAN: &str = "DE89 3704 0044 0532 0130 00";

fn personal() -> String {
    format!("echo: Write to {EMAIL} or call {PHONE}; pay with {CARD} or {IBAN}. Again: {EMAIL}!")
}

/// What every fake has got, as text.
fn left(desk: &Desk) -> String {
    let requests = desk.world.emulator.fakes().requests();
    requests.iter().map(|request| request.body.as_ref().map(Value::to_string).unwrap_or_default()).collect()
}

#[track_caller]
fn nothing_personal(left: &str) {
    for part in [EMAIL, PHONE, CARD, IBAN, "lovelace", "1234567", "4111", "0532"] {
        assert!(!left.contains(part), "{part} left: {left}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_stays_here_and_is_in_the_answer_all_the_same() {
    let desk = Desk::under(json!({ "safety": { "redact": ["all"] } })).await;
    let expected = personal()["echo: ".len()..].to_owned();
    for model in ["gpt-4.1", "claude-sonnet-5-5"] {
        let answer = ask(&desk.ada, model, &personal()).await.expect(200);
        assert_eq!(text(&answer), expected, "{model}");
        let answer = desk.ada.post(MESSAGES, message(model, &personal())).await.expect(200);
        assert_eq!(answer.json()["content"][0]["text"], expected, "{model}");
        let body = json!({ "model": model, "instructions": format!("Reply to {EMAIL}."), "input": personal() });
        let answer = desk.ada.post(RESPONSES, body).await.expect(200);
        assert!(answer.json().to_string().contains(EMAIL), "{}", answer.json());
    }
    let left = left(&desk);
    nothing_personal(&left);
    assert!(left.contains("<EMAIL_1>") && left.contains("<IBAN_1>") && !left.contains("<EMAIL_2>"), "{left}");
    let call = desk.calls(6).await.pop().unwrap();
    assert_eq!(call["redactions"].as_u64(), Some(5), "one stands there twice: {call}");
    // What was put back is one request's only: such an answer is not kept.
    let again = ask(&desk.ada, "gpt-4.1", &personal()).await.expect(200);
    assert_eq!(again.header("x-octavo-cache"), "bypass");
    // Only what the policy names.
    desk.sets(json!({ "safety": { "redact": ["iban"] } })).await;
    ask(&desk.ada, "gpt-4.1", &personal()).await.expect(200);
    let last = desk.last_request().body.unwrap().to_string();
    assert!(last.contains(EMAIL) && !last.contains(IBAN), "{last}");
}

/// The fakes send a stream in pieces of a word or less: a placeholder comes cut.
#[tokio::test(flavor = "multi_thread")]
async fn personal_data_is_put_back_into_a_stream_however_it_is_cut() {
    let desk = Desk::under(json!({ "safety": { "redact": ["all"] } })).await;
    desk.fails("*", pace(1));
    let expected = &personal()["echo: ".len()..];
    for model in ["gpt-4.1", "claude-sonnet-5-5"] {
        let answer = desk.ada.post(CHAT, stream(model, &personal())).await.expect(200);
        assert_eq!(streamed_text(&answer.bytes), expected, "{model}");
        let told = crate::desk::chunks(&answer.bytes);
        assert!(!told.iter().any(|chunk| chunk.to_string().contains("<EMAIL")), "{told:?}");
        let mut body = message(model, &personal());
        body["stream"] = json!(true);
        let answer = desk.ada.post(MESSAGES, body).await.expect(200);
        let pieces = crate::desk::chunks(&answer.bytes);
        let told: String = pieces.iter().filter_map(|piece| piece["delta"]["text"].as_str()).collect();
        assert_eq!(told, expected, "{model}");
    }
    nothing_personal(&left(&desk));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_block_list_names_never_leaves() {
    let desk = Desk::under(json!({ "safety": { "block": ["Project Persimmon"] } })).await;
    let mut tool_result = chat("standard", "go on");
    tool_result["messages"] = json!([
        { "role": "user", "content": "look it up" },
        { "role": "assistant", "content": null, "tool_calls": [
            { "id": "c1", "type": "function", "function": { "name": "look", "arguments": "{}" } }] },
        { "role": "tool", "tool_call_id": "c1", "content": "PROJECT  PERSIMMON is late" },
    ]);
    let mut system = message("standard", "hi");
    system["system"] = json!("You know project persimmon.");
    for (path, body) in [
        (CHAT, chat("standard", "What about project PERSIMMON?")),
        (CHAT, tool_result),
        (CHAT, stream("standard", "Project persimmon, streamed")),
        (MESSAGES, system),
        (RESPONSES, json!({ "model": "standard", "input": "project persimmon" })),
        ("/v1/embeddings", json!({ "model": "text-embedding-3-small", "input": ["fine", "project persimmon"] })),
    ] {
        let answer = desk.ada.post(path, body).await.expect(400);
        assert!(!answer.json().to_string().to_lowercase().contains("persimmon"), "{}", answer.json());
        assert_eq!(answer.header("x-should-retry"), "false");
    }
    assert_eq!(desk.asked_all(), 0, "nothing left");
    ask(&desk.ada, "standard", "echo: persimmon jam").await.expect(200);
}

/// A tenant's own key with a provider is used for that tenant alone, and nowhere on disk in the clear.
#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_own_provider_key_is_used_and_kept_encrypted() {
    // Looked for in the very files of the database, its log of writes included.
    let data = tempfile::tempdir().unwrap();
    let options = Options { data: Some(data.path().to_owned()), ..Options::default() };
    let desk = Desk::with(options).await;
    // The fakes accept every key that does not begin with `bad`: so it is seen whose key was used.
    let (secret, hint) = ("bad-sk-persimmon-0123456789abcdef", "cdef");
    let path = "/v1/ai/providers/openai/key";
    desk.admin.put(path, json!({ "key": secret })).await.expect(204);
    let answer = ask(&desk.ada, "openai/gpt-4.1", "echo: with our own key").await.expect(503);
    assert!(!answer.json().to_string().contains("persimmon"));
    let other = desk.world.person("globex", "eve");
    ask(&other, "openai/gpt-4.1", "echo: with the platform's").await.expect(200);
    // What this key suffers is no other tenant's matter: the breaker is its own.
    assert_eq!(desk.breaker("openai", "gpt-4.1").await["phase"], "open");
    let their_admin = desk.world.with_roles("globex", "root", &["admin"]);
    let theirs = their_admin.get("/v1/ai/breakers").await.expect(200).json();
    let theirs = theirs.as_array().unwrap().iter().find(|breaker| breaker["model"] == "gpt-4.1").unwrap().clone();
    assert_eq!(theirs["phase"], "closed", "{theirs}");

    let shown = desk.admin.get("/v1/ai/providers").await.expect(200).json();
    let openai = shown.as_array().unwrap().iter().find(|provider| provider["name"] == "openai").unwrap();
    assert_eq!((&openai["own_key_hint"], &openai["platform_key"]), (&json!(hint), &json!(true)));
    assert!(!shown.to_string().contains("persimmon"));
    let files = files(&data.path().join("postgres"));
    assert!(contains(&files, b"provider_key"), "the files are the database's");
    assert!(!contains(&files, secret.as_bytes()), "the key is not in them");
    assert!(!contains(&files, &secret.as_bytes()[..20]), "nor its beginning");

    assert_eq!(desk.ada.put(path, json!({ "key": secret })).await.status, 403, "only administrators");
    desk.admin.put(path, json!({ "key": "short" })).await.expect_problem(400, "AI_0001", "key");
    desk.admin.put("/v1/ai/providers/nobody/key", json!({ "key": secret })).await.expect(404);
    desk.admin.delete(path).await.expect(204);
    desk.admin.delete(path).await.expect(404);
    ask(&desk.ada, "openai/gpt-4.1", "echo: with the platform's again").await.expect(200);
    desk.world.emulator.stop().await;
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => all.extend(files(&entry.path())),
            // Some come and go while one looks.
            false => all.extend(std::fs::read(entry.path())),
        }
    }
    all
}

fn contains(files: &[Vec<u8>], needle: &[u8]) -> bool {
    files.iter().any(|file| file.windows(needle.len()).any(|window| window == needle))
}

#[tokio::test(flavor = "multi_thread")]
async fn api_keys_are_made_used_and_revoked() {
    let desk = Desk::start().await;
    let made = desk.admin.post("/v1/ai/keys", json!({ "name": "CI", "roles": ["admin"], "expires_in_days": 30 })).await;
    let made = made.expect(201).json();
    let key = made["key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("oct-acme."), "{key}");
    assert!(!made["expires_at"].is_null());
    let stranger = desk.world.stranger();
    // As a bearer token, or as the Anthropic SDK sends it.
    let request = stranger.request(Method::POST, CHAT).bearer_auth(&key).json(&chat("standard", "echo: by key"));
    stranger.send(request).await.expect(200);
    let by_key = |key: &str, method: Method, path: &str| stranger.request(method, path).header("x-api-key", key);
    let request = by_key(&key, Method::POST, MESSAGES).json(&message("standard", "echo: by key"));
    stranger.send(request).await.expect(200);
    let calls = desk.calls(2).await;
    assert!(calls.iter().all(|call| call["key"] == made["id"] && call["user"] == "root"), "{calls:#?}");
    // It has the roles that it was given, and no more.
    stranger.send(by_key(&key, Method::GET, "/v1/ai/policy")).await.expect(200);
    let hold = by_key(&key, Method::POST, "/v1/ai/breakers/openai/gpt-4.1/hold").json(&json!({ "seconds": 1 }));
    stranger.send(hold).await.expect(403);
    let plain = desk.admin.post("/v1/ai/keys", json!({ "name": "plain" })).await.expect(201).json();
    let plain_key = plain["key"].as_str().unwrap().to_owned();
    stranger.send(by_key(&plain_key, Method::GET, "/v1/ai/policy")).await.expect(403);
    // Nobody gives what one has not.
    let more = desk.ada.post("/v1/ai/keys", json!({ "name": "more", "roles": ["admin"] })).await;
    more.expect_problem(400, "AI_0001", "roles");
    for (wrong, field) in
        [(json!({ "name": " " }), "name"), (json!({ "name": "x", "expires_in_days": 0 }), "expires_in_days")]
    {
        desk.ada.post("/v1/ai/keys", wrong).await.expect_problem(400, "AI_0001", field);
    }
    // Shown once; each sees one's own.
    let mine = |person: &Person| {
        let person = person.clone();
        async move { person.get("/v1/ai/keys").await.expect(200).json() }
    };
    desk.ada.post("/v1/ai/keys", json!({ "name": "Ada's" })).await.expect(201);
    let (all, adas) = (mine(&desk.admin).await, mine(&desk.ada).await);
    assert_eq!((all.as_array().unwrap().len(), adas.as_array().unwrap().len()), (3, 1));
    assert!(!all.to_string().contains(&key[20..]) && adas[0]["key"].is_null());
    // A wrong secret, another's tenant, nonsense.
    for wrong in [format!("{}x", &key[..key.len() - 1]), key.replace("oct-acme", "oct-globex"), "oct-".to_owned()] {
        let answer = stranger.send(by_key(&wrong, Method::POST, CHAT).json(&chat("standard", "hi"))).await.expect(401);
        assert_eq!(answer.json()["error"]["code"], "invalid_api_key");
    }
    // Revoked: by its owner or an administrator, within the 10 seconds that it is remembered.
    let path = format!("/v1/ai/keys/{}", made["id"].as_str().unwrap());
    desk.ada.delete(&path).await.expect(404);
    desk.admin.delete(&path).await.expect(204);
    eventually("the revoked key is refused", || async {
        let request = by_key(&key, Method::GET, "/v1/models");
        (stranger.send(request).await.status == 401).then_some(())
    })
    .await;
    stranger.send(by_key(&plain_key, Method::GET, "/v1/models")).await.expect(200);
}
