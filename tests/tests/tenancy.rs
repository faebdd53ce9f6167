//! Nothing crosses a tenant, on any endpoint: the OpenAPI document is walked, so that a new endpoint is covered when it is
//! declared.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use octavo_tests::{Person, World};
use reqwest::Method;
use serde_json::{Value, json};

const SECRET: &str = "xylophone-of-acme";

/// Every operation of the OpenAPI document: method, path, and its example body if it takes JSON.
async fn operations(world: &World) -> Vec<(Method, String)> {
    let document = world.stranger().get("/openapi.json").await.expect(200).json();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("an OpenAPI document has paths") {
        for method in item.as_object().unwrap().keys() {
            if let Ok(method) = Method::from_bytes(method.to_ascii_uppercase().as_bytes())
                && matches!(method.as_str(), "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD")
            {
                operations.push((method, path.clone()));
            }
        }
    }
    assert!(operations.len() >= 12, "the walk must meet the whole API, it met {operations:?}");
    operations
}

fn with_parameters(path: &str, document: &str) -> String {
    let mut filled = path.replace("{id}", document).replace("{reader}", "user:eve").replace("{number}", "1");
    filled = filled.replace("{provider}", "openai").replace("{model}", "gpt-4.1");
    if path.ends_with("/search") || path.ends_with("/suggest") {
        filled.push_str("?q=xylophone");
    }
    assert!(!filled.contains('{'), "a parameter of {path} is not known to this test");
    filled
}

/// Refused before anything is looked up: whoever asks has no role.
fn needs_role(operation: &str) -> bool {
    operation.ends_with("/transcript")
}

/// Whether an operation's callers are the SDKs of AI providers.
fn speaks_ai(operation: &str) -> bool {
    ["/v1/chat/", "/v1/responses", "/v1/messages", "/v1/embeddings", "/v1/models"]
        .iter()
        .any(|path| operation.contains(path))
}

async fn try_everything(world: &World, person: &Person, document: &str) -> Vec<(String, u16, String)> {
    let mut answers = Vec::new();
    for (method, path) in operations(world).await {
        let body = if path.ends_with("/search") {
            json!({"text": "xylophone"})
        } else if path.contains("/shares/") {
            json!({"role": "viewer"})
        } else if method == Method::PATCH {
            json!({"title": "taken over"})
        } else if path.ends_with("/content") {
            json!({"content": "taken over", "content_type": "text/plain"})
        } else {
            json!({"title": "taken over", "content": "x", "content_type": "text/plain"})
        };
        let address = with_parameters(&path, document);
        let mut request = person.request(method.clone(), &address).header("if-match", "\"r1\"");
        if matches!(method.as_str(), "POST" | "PUT" | "PATCH") {
            request = request.json(&body);
        }
        let answer = person.send(request).await;
        answers.push((format!("{method} {path}"), answer.status, String::from_utf8_lossy(&answer.bytes).into_owned()));
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_token_reaches_nothing() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    let id = ada.writes(SECRET, &format!("All about the {SECRET}.")).await;
    ada.comes_to_find(SECRET, &[&id]).await;
    let before = ada.get(&format!("/v1/documents/{id}")).await.expect(200);

    // The same user name, in the same group, in another tenant: only the tenant differs.
    for eve in [world.person("evil", "ada"), world.member("evil", "eve", &["legal"])] {
        for (operation, status, body) in try_everything(&world, &eve, &id).await {
            assert!(!body.contains(SECRET), "{operation} shows another tenant's document: {body}");
            if operation.contains("{id}") {
                let expected = if needs_role(&operation) { 403 } else { 404 };
                assert_eq!(status, expected, "{operation} must not even say that there is such a thing: {body}");
            }
        }
    }
    let after = ada.get(&format!("/v1/documents/{id}")).await.expect(200);
    assert_eq!(before.json(), after.json(), "nothing of it was changed");
    assert_eq!(ada.finds(SECRET).await, [id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_there_is_nothing() {
    let world = World::start().await;
    let id = world.person("acme", "ada").writes(SECRET, SECRET).await;
    for (operation, status, body) in try_everything(&world, &world.stranger(), &id).await {
        let problem: Value = serde_json::from_str(&body).unwrap_or_default();
        assert_eq!(status, 401, "{operation}: {body}");
        // HEAD has no body to look at; the AI protocols refuse in their own forms.
        if speaks_ai(&operation) {
            assert_eq!(problem["error"]["type"], "authentication_error", "{operation}: {body}");
        } else if !operation.starts_with("HEAD") {
            assert_eq!(problem["code"], "EDGE_0003", "{operation}: {body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_without_a_share_is_as_far_away() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    let id = ada.writes(SECRET, SECRET).await;
    ada.comes_to_find(SECRET, &[&id]).await;
    for (operation, status, body) in try_everything(&world, &world.person("acme", "mallory"), &id).await {
        assert!(!body.contains(SECRET), "{operation} shows a colleague's document: {body}");
        if operation.contains("{id}") {
            assert_eq!(status, if needs_role(&operation) { 403 } else { 404 }, "{operation}: {body}");
        }
    }
}
