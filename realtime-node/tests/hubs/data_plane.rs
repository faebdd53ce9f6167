//! What functions ask of the nodes: any node answers for all.

use crate::place::Place;
use chrono::TimeDelta;
use octavo_adapters_signalr::{AccessKeys, Tokens};
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::Clock;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

/// A function of a tenant's, with the access key.
struct Function {
    client: Client,
    base: String,
    tenant: &'static str,
    tokens: Tokens,
}

impl Function {
    fn of(place: &Place, node: usize, tenant: &'static str) -> Self {
        let digits: Vec<u8> = "0123456789abcdef".repeat(4).into_bytes();
        let digit = |byte: u8| u8::try_from((byte as char).to_digit(16).unwrap()).unwrap();
        let master: Vec<u8> = digits.chunks(2).map(|two| digit(two[0]) << 4 | digit(two[1])).collect();
        let base = format!("http://{}", place.nodes[node].address());
        let tokens = Tokens::new(AccessKeys::new(vec![master]).unwrap());
        Self { client: Client::new(), base, tenant, tokens }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let url = format!("{}{path}", self.base);
        let audience = url.split('?').next().unwrap();
        let tenant = self.tenant.parse().unwrap();
        let token = self.tokens.sign(&tenant, audience, SystemClock.now(), TimeDelta::minutes(1), |_| {});
        let mut request = self.client.request(method, &url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    #[track_caller]
    fn status(&self, method: Method, path: &str, body: Option<Value>) -> impl Future<Output = u16> {
        let path = path.to_owned();
        async move { self.ask(method, &path, body).await.status().as_u16() }
    }
}

fn call(target: &str, argument: &str) -> Option<Value> {
    Some(json!({ "target": target, "arguments": [argument] }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_pushes_at_any_node_to_all_of_its_tenant_and_nobody_else() {
    let place = Place::of(2).await;
    let mut ada = place.connect(0, "conformance", "ada@acme").await;
    let mut bob = place.connect(1, "conformance", "bob@acme").await;
    let mut eve = place.connect(1, "conformance", "ada@evil").await;
    ada.call("JoinGroup", json!(["board"])).await;
    eve.call("JoinGroup", json!(["board"])).await;
    let function = Function::of(&place, 1, "acme");
    let id = ada.call("WhoAmI", json!([])).await["connection_id"].as_str().unwrap().to_owned();
    let hub = "/api/hubs/Conformance";
    for path in [
        format!("{hub}/users/ada/:send"),
        format!("{hub}/groups/board/:send"),
        format!("{hub}/connections/{id}/:send"),
        format!("{hub}/:send"),
    ] {
        assert_eq!(function.status(Method::POST, &path, call("told", &path)).await, 202, "{path}");
        assert_eq!(ada.pushed("told").await, [json!(path)]);
    }
    assert_eq!(bob.pushed("told").await, [json!(format!("{hub}/:send"))], "only what was for everyone");
    let excluding = format!("{hub}/:send?excluded={id}");
    assert_eq!(function.status(Method::POST, &excluding, call("told", "not ada")).await, 202);
    assert_eq!(bob.pushed("told").await, [json!("not ada")]);
    ada.nothing_of(&["told"], ("Void", json!([]))).await;
    eve.nothing_of(&["told"], ("Void", json!([]))).await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_another_node_is_invoked_closed_and_found() {
    let place = Place::of(2).await;
    let mut ada = place.connect(0, "conformance", "ada@acme").await;
    let id = ada.call("WhoAmI", json!([])).await["connection_id"].as_str().unwrap().to_owned();
    let function = Function::of(&place, 1, "acme");
    let at = format!("/api/hubs/conformance/connections/{id}");
    // Nodes hear of each other every two seconds; what was started together knows at once only what was there before.
    let found = eventually(async || function.status(Method::HEAD, &at, None).await == 200).await;
    assert!(found, "the other node answers for its connection");

    let invoked = tokio::spawn({
        let path = format!("{at}/:invoke");
        let function = Function::of(&place, 1, "acme");
        async move { function.ask(Method::POST, &path, call("confirm", "sure?")).await }
    });
    let asked = ada.find("an invocation", |record| record["target"] == "confirm").await;
    assert_eq!(asked["arguments"], json!(["sure?"]));
    ada.write(&json!({ "type": 3, "invocationId": asked["invocationId"], "result": "yes" })).await;
    let answer = invoked.await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "result": "yes" }));

    let group = "/api/hubs/conformance/groups/board";
    assert_eq!(function.status(Method::HEAD, group, None).await, 404);
    assert_eq!(function.status(Method::PUT, &format!("{group}/connections/{id}"), None).await, 200);
    assert_eq!(function.status(Method::HEAD, group, None).await, 200);
    let listed = function.ask(Method::GET, &format!("{group}/connections"), None).await.json::<Value>().await.unwrap();
    assert_eq!(listed, json!({ "value": [{ "connectionId": id, "userId": "ada" }] }));
    assert_eq!(function.status(Method::DELETE, &format!("{at}/groups"), None).await, 200);
    assert_eq!(function.status(Method::HEAD, group, None).await, 404);
    assert_eq!(function.status(Method::HEAD, "/api/hubs/conformance/users/ada", None).await, 200);
    assert_eq!(function.status(Method::HEAD, "/api/hubs/conformance/users/bob", None).await, 404);

    let evil = Function::of(&place, 1, "evil");
    assert_eq!(evil.status(Method::HEAD, &at, None).await, 404, "another tenant's connection is none");
    assert_eq!(evil.status(Method::DELETE, &at, None).await, 404);
    assert_eq!(function.status(Method::DELETE, &format!("{at}?reason=enough"), None).await, 204);
    assert_eq!(ada.ended().await.unwrap()["error"], "enough");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_groups_hold_for_connections_that_are_there_and_that_come() {
    let place = Place::of(2).await;
    let function = Function::of(&place, 0, "acme");
    let mut before = place.connect(1, "conformance", "ada@acme").await;
    let at = "/api/hubs/conformance/users/ada/groups/board";
    assert_eq!(function.status(Method::HEAD, at, None).await, 404);
    assert_eq!(function.status(Method::PUT, &format!("{at}?ttl=600"), None).await, 202);
    assert_eq!(function.status(Method::HEAD, at, None).await, 200);
    let mut after = place.connect(0, "conformance", "ada@acme").await;
    let send = "/api/hubs/conformance/groups/board/:send";
    let told = eventually(async || {
        assert_eq!(function.status(Method::POST, send, call("told", "all")).await, 202);
        before.call("Void", json!([])).await;
        // A new connection's groups are asked for after its handshake.
        after.call("Void", json!([])).await;
        before.has("told") && after.has("told")
    })
    .await;
    assert!(told);
    assert_eq!(after.pushed("told").await, [json!("all")]);
    assert_eq!(function.status(Method::DELETE, "/api/hubs/conformance/users/ada/groups", None).await, 202);
    assert_eq!(function.status(Method::HEAD, at, None).await, 404);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_for_this_address_is_refused_and_what_is_wrong_is_named() {
    let place = Place::of(1).await;
    let function = Function::of(&place, 0, "acme");
    let send = "/api/hubs/conformance/:send";
    let url = format!("{}{send}", function.base);
    let tenant = "acme".parse().unwrap();
    let elsewhere = function.tokens.sign(&tenant, &function.base, SystemClock.now(), TimeDelta::minutes(1), |_| {});
    let over = function.tokens.sign(&tenant, &url, SystemClock.now(), -TimeDelta::minutes(5), |_| {});
    for token in ["", "x.y.z", &elsewhere, &over] {
        let answer = function.client.post(&url).bearer_auth(token).json(&call("a", "b")).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{token}");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], "REALTIME_0001");
    }
    let wrong = [
        ("POST", send, json!({ "arguments": [] }), 422, "EDGE_0002"),
        ("POST", send, json!({ "target": "", "arguments": [] }), 422, "EDGE_0002"),
        ("POST", "/api/hubs/nobody/:send", json!({ "target": "x" }), 404, "REALTIME_0002"),
        ("POST", "/api/hubs/conformance/connections/none/:send", json!({ "target": "x" }), 400, "EDGE_0001"),
        ("POST", "/api/users/ada/notifications", json!({ "category": "", "title": "x" }), 422, "REALTIME_0007"),
        ("PUT", "/api/hubs/conformance/users/ada/groups/g?ttl=0", json!({}), 400, "EDGE_0001"),
        ("PATCH", send, json!({}), 405, "EDGE_0007"),
    ];
    for (method, path, body, status, code) in wrong {
        let answer = function.ask(method.parse().unwrap(), path, Some(body)).await;
        assert_eq!(answer.status(), status, "{method} {path}");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], code, "{method} {path}");
    }
    let large = json!({ "target": "x", "arguments": ["x".repeat(1024 * 1024)] });
    assert_eq!(function.status(Method::POST, send, Some(large)).await, 413);
    assert_eq!(function.status(Method::HEAD, "/api/health", None).await, 200);
    place.close().await;
}

/// Asks until it is so, or gives up.
async fn eventually(mut ask: impl AsyncFnMut() -> bool) -> bool {
    for _ in 0..2_400 {
        if ask().await {
            return true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    false
}
