//! Nothing crosses a tenant, on any endpoint: the OpenAPI document is walked, so that a new endpoint is covered when it is
//! declared.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking")]

use chrono::TimeDelta;
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::Clock;
use octavo_tests::{Person, World, eventually};
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

/// What a tenant has, and another one must not reach.
struct Things {
    document: String,
    approval: String,
    substitution: String,
    event: String,
    message: String,
    saved: String,
}

impl Things {
    /// A document of ada's, an approval that asks bob for it, somebody who substitutes her, a notification to her, and a
    /// saved search of hers: the secret is in all of them.
    async fn of(world: &World) -> Self {
        let (ada, root) = (world.person("acme", "ada"), world.with_roles("acme", "root", &["admin"]));
        let document = ada.writes(SECRET, &format!("All about the {SECRET}.")).await;
        let request = json!({ "Title": SECRET, "Document": { "Id": document }, "Approvers": ["user:bob"] });
        let ask = json!({ "Type": "Task", "Resource": "arn:aws:states:::approvals:request.waitForTaskToken",
            "Parameters": request, "End": true });
        let definition = json!({ "StartAt": "Ask", "States": { "Ask": ask } }).to_string();
        let machine =
            json!({ "name": "ask", "roleArn": "arn:aws:iam::123456789012:role/any", "definition": definition });
        let machine = call(&root, "CreateStateMachine", &machine).await;
        call(&ada, "StartExecution", &json!({ "stateMachineArn": machine["stateMachineArn"] })).await;
        root.put("/v1/people/ada", json!({ "name": SECRET, "email": "ada@acme.example" })).await.expect(200);
        let body = json!({ "substitute": "bob", "categories": [SECRET] });
        let body = dated(body);
        let substitution = ada.post("/v1/substitutions", body).await.expect(201).json();
        let told =
            json!({ "category": "note", "recipients": [{ "to": "user", "user": "ada" }], "data": { "title": SECRET } });
        let event = root.post("/v1/notifications", told).await.expect(202).json();
        let event = event["id"].as_str().unwrap().to_owned();
        let first = async |path: &str, list: &str| {
            eventually(path, || async {
                let page = root.get(path).await.expect(200).json();
                page[list].as_array()?.first()?["id"].as_str().map(str::to_owned)
            })
            .await
        };
        let approval = first("/v1/approvals?box=all", "approvals").await;
        let message = first(&format!("/v1/notification-messages?event={event}&status=sent"), "messages").await;
        let substitution = substitution["id"].as_str().unwrap().to_owned();
        let saved = json!({ "name": SECRET, "search": { "text": SECRET }, "notify": "weekly" });
        let saved = ada.post("/v1/search/saved", saved).await.expect(201).json();
        let saved = saved["id"].as_str().unwrap().to_owned();
        Self { document, approval, substitution, event, message, saved }
    }

    /// All of it as an administrator of its own tenant sees it.
    async fn seen(&self, world: &World) -> Vec<Value> {
        let (ada, root) = (world.person("acme", "ada"), world.with_roles("acme", "root", &["admin"]));
        let mut seen = Vec::new();
        for path in [format!("/v1/documents/{}", self.document), format!("/v1/search/saved/{}", self.saved)] {
            seen.push(ada.get(&path).await.expect(200).json());
        }
        for path in [
            format!("/v1/approvals/{}", self.approval),
            format!("/v1/approvals/{}/history", self.approval),
            format!("/v1/notifications/{}", self.event),
            format!("/v1/notification-messages/{}", self.message),
            "/v1/people/ada".to_owned(),
            "/v1/substitutions?user=ada".to_owned(),
            "/v1/notification-settings".to_owned(),
        ] {
            seen.push(root.get(&path).await.expect(200).json());
        }
        seen
    }

    fn id(&self, path: &str) -> &str {
        let of = |prefix: &str| path.starts_with(prefix);
        match () {
            () if of("/v1/approvals/") => &self.approval,
            () if of("/v1/substitutions/") => &self.substitution,
            () if of("/v1/notifications/") => &self.event,
            () if of("/v1/notification-messages/") => &self.message,
            () if of("/v1/search/saved/") => &self.saved,
            () => &self.document,
        }
    }
}

/// From yesterday on, wherever the test runs.
fn dated(mut substitution: Value) -> Value {
    let today = SystemClock.now().date_naive();
    substitution["from"] = json!(today - TimeDelta::days(1));
    substitution["to"] = json!(today + TimeDelta::days(2));
    substitution
}

async fn call(person: &Person, operation: &str, body: &Value) -> Value {
    let request = person
        .request(Method::POST, "/v1/states")
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("AWSStepFunctions.{operation}"))
        .body(body.to_string());
    person.send(request).await.expect(200).json()
}

fn with_parameters(path: &str, things: &Things) -> String {
    let name = match () {
        () if path.starts_with("/v1/notification-templates/") => "approval.requested",
        () if path.starts_with("/v1/approval-templates/") => "single-approval",
        () => "crm",
    };
    let provider = if path.starts_with("/v1/notification-callbacks/") { "sendgrid" } else { "openai" };
    let mut filled = path
        .replace("{id}", things.id(path))
        .replace("{reader}", "user:eve")
        .replace("{number}", "1")
        .replace("{hub}", "notifications")
        .replace("{name}", name)
        .replace("{bucket}", "files")
        .replace("{user}", "ada")
        .replace("{language}", "en")
        .replace("{channel}", "email")
        .replace("{address}", "ada@acme.example")
        .replace("{token}", "bm90aGluZw.bm90aGluZw")
        .replace("{reference}", &format!("acme.{}", things.message));
    filled = filled.replace("{provider}", provider).replace("{model}", "gpt-4.1");
    if path.ends_with("/search") || path.ends_with("/suggest") {
        filled.push_str("?q=xylophone");
    }
    if path.contains("/workflow-files/") {
        filled.push_str("?key=a.json");
    }
    assert!(!filled.contains('{'), "a parameter of {path} is not known to this test");
    filled
}

/// Refused before anything is looked up: whoever asks has no role.
fn needs_role(operation: &str) -> bool {
    operation.ends_with("/transcript")
        || operation.ends_with("/dead/{id}/retry")
        || operation.contains("/v1/notifications/{id}")
        || operation.contains("/v1/notification-messages/{id}")
}

/// What open routes answer to whoever has nothing that proves anything: links in mails, and what providers call.
fn open(operation: &str) -> Option<&'static [u16]> {
    match () {
        // No form, or no link of ours.
        () if operation.contains("/v1/approval-links/") => Some(&[404, 415]),
        () if operation.contains("/v1/unsubscribe/") => Some(&[404]),
        () if operation.contains("/v1/notification-callbacks/") => Some(&[401]),
        () => None,
    }
}

/// A body that an operation could take, so that it is not for its form that it is refused.
fn body(method: &Method, path: &str, document: &str) -> Value {
    let ending = |end: &str| path.ends_with(end);
    match () {
        () if ending("/search") => json!({"text": "xylophone"}),
        () if path.contains("/shares/") => json!({"role": "viewer"}),
        () if *method == Method::PATCH => json!({"title": "taken over"}),
        () if ending("/content") => json!({"content": "taken over", "content_type": "text/plain"}),
        () if ending("/decision") => json!({"verdict": "approve", "document_version": 1}),
        () if ending("/delegate") => json!({"to": "mallory"}),
        () if ending("/comments") => json!({"text": "taken over", "attachments": []}),
        () if ending("/claim") || ending("/release") => json!({"seat": 0}),
        () if ending("/withdraw") => json!({"comment": "taken over"}),
        () if ending("/decisions") => json!({"decisions": [{"approval": document, "verdict": "approve"}]}),
        () if path.starts_with("/v1/people/") => json!({"name": "taken over", "email": "taken@over.example"}),
        () => json!({"title": "taken over", "content": "x", "content_type": "text/plain"}),
    }
}

/// Whether an operation's callers are the SDKs of AI providers.
fn speaks_ai(operation: &str) -> bool {
    ["/v1/chat/", "/v1/responses", "/v1/messages", "/v1/embeddings", "/v1/models"]
        .iter()
        .any(|path| operation.contains(path))
}

async fn try_everything(world: &World, person: &Person, things: &Things) -> Vec<(String, u16, String)> {
    let mut answers = Vec::new();
    for (method, path) in operations(world).await {
        let address = with_parameters(&path, things);
        let mut request = person.request(method.clone(), &address).header("if-match", "\"r1\"");
        if matches!(method.as_str(), "POST" | "PUT" | "PATCH") {
            request = request.json(&body(&method, &path, &things.approval));
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
    let things = Things::of(&world).await;
    ada.comes_to_find(SECRET, &[&things.document]).await;
    let before = things.seen(&world).await;

    // The same user name, in the same group, an administrator, in another tenant: only the tenant differs.
    let (same, member) = (world.person("evil", "ada"), world.member("evil", "eve", &["legal"]));
    let root = world.with_roles("evil", "root", &["admin"]);
    for (eve, role) in [(same, false), (member, false), (root, true)] {
        for (operation, status, body) in try_everything(&world, &eve, &things).await {
            assert!(!body.contains(SECRET), "{operation} shows what is another tenant's: {body}");
            if operation.contains("{id}") {
                let expected = if needs_role(&operation) && !role { 403 } else { 404 };
                assert_eq!(status, expected, "{operation} must not even say that there is such a thing: {body}");
            }
            if let Some(expected) = open(&operation) {
                assert!(expected.contains(&status), "{operation}: {status} {body}");
            }
        }
    }
    assert_eq!(before, things.seen(&world).await, "nothing of it was changed");
    assert_eq!(ada.finds(SECRET).await, [things.document]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_there_is_nothing() {
    let world = World::start().await;
    let things = Things::of(&world).await;
    let before = things.seen(&world).await;
    for (operation, status, body) in try_everything(&world, &world.stranger(), &things).await {
        let problem: Value = serde_json::from_str(&body).unwrap_or_default();
        assert!(!body.contains(SECRET), "{operation}: {body}");
        if let Some(expected) = open(&operation) {
            assert!(expected.contains(&status), "{operation}: {status} {body}");
            continue;
        }
        assert_eq!(status, 401, "{operation}: {body}");
        // HEAD has no body to look at; the AI protocols refuse in their own forms.
        if speaks_ai(&operation) {
            assert_eq!(problem["error"]["type"], "authentication_error", "{operation}: {body}");
        } else if !operation.starts_with("HEAD") {
            assert_eq!(problem["code"], "EDGE_0003", "{operation}: {body}");
        }
    }
    assert_eq!(before, things.seen(&world).await, "nothing of it was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_without_a_share_is_as_far_away() {
    let world = World::start().await;
    let ada = world.person("acme", "ada");
    let things = Things::of(&world).await;
    ada.comes_to_find(SECRET, &[&things.document]).await;
    let before = things.seen(&world).await;
    for (operation, status, body) in try_everything(&world, &world.person("acme", "mallory"), &things).await {
        assert!(!body.contains(SECRET), "{operation} shows what is a colleague's: {body}");
        if operation.contains("{id}") {
            assert_eq!(status, if needs_role(&operation) { 403 } else { 404 }, "{operation}: {body}");
        }
    }
    assert_eq!(before, things.seen(&world).await, "nothing of it was changed");
}
