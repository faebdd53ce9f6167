//! HTTP through the gateway into a real function and back.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod world;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use world::{World, probe};

async fn event_of(request: reqwest::RequestBuilder) -> Value {
    // Without a wish of its own the probe answers its context, which is no HTTP answer, so it is the body.
    request.send().await.unwrap().json::<Value>().await.unwrap()["event"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_becomes_an_event() {
    let world = World::with(probe()).await;
    let url = format!("http://{}", world.gateway().await.address());
    let client = Client::new();
    let request = client
        .request(Method::PATCH, format!("{url}/echo/a%20b?x=1&x=2&y=%C3%A4+"))
        .header("Cookie", "a=1; b=2")
        .header("X-Two", "one")
        .header("X-Two", "two")
        .header("content-type", "application/json")
        .body("{\"k\":1}");
    let event = event_of(request).await;
    assert_eq!((&event["version"], &event["routeKey"]), (&json!("2.0"), &json!("PATCH /echo/{name}")));
    assert_eq!((&event["rawPath"], &event["rawQueryString"]), (&json!("/echo/a%20b"), &json!("x=1&x=2&y=%C3%A4+")));
    assert_eq!(event["queryStringParameters"], json!({"x": "1,2", "y": "ä "}));
    assert_eq!((&event["cookies"], &event["headers"]["x-two"]), (&json!(["a=1", "b=2"]), &json!("one,two")));
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("{\"k\":1}"), &json!(false)));
    assert_eq!(event["pathParameters"], json!({"name": "a b"}));
    assert_eq!(event["requestContext"]["http"]["method"], "PATCH");

    let binary =
        client.post(format!("{url}/echo/x")).header("content-type", "application/octet-stream").body(vec![0u8, 255]);
    let event = event_of(binary).await;
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("AP8="), &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_becomes_http() {
    let world = World::with(probe()).await;
    let gateway = world.gateway().await;
    let answers = [
        (
            json!({"statusCode": 201, "headers": {"x-a": "b", "x-n": 5}, "cookies": ["c=1", "d=2"], "body": "hi"}),
            201,
            b"hi".to_vec(),
        ),
        (json!({"statusCode": 200, "body": "AP8=", "isBase64Encoded": true}), 200, vec![0, 255]),
        (json!({"statusCode": 204}), 204, vec![]),
        (json!({"plain": true}), 200, b"{\"plain\":true}".to_vec()),
        (json!("text"), 200, b"text".to_vec()),
        (json!({"statusCode": 99, "body": "x"}), 502, vec![]),
        (json!({"statusCode": 200, "headers": {"bad name": "x"}}), 502, vec![]),
    ];
    let (client, url) = (Client::new(), format!("http://{}/echo/x", gateway.address()));
    for (answer, status, body) in answers {
        let got = client.post(&url).json(&json!({"do": "answer", "with": answer})).send().await.unwrap();
        assert_eq!(got.status().as_u16(), status, "{answer}");
        if status == 201 {
            assert_eq!((&got.headers()["x-a"], &got.headers()["x-n"]), (&"b".parse().unwrap(), &"5".parse().unwrap()));
            let cookies: Vec<_> = got.headers().get_all("set-cookie").iter().collect();
            assert_eq!(cookies, ["c=1", "d=2"]);
        }
        if status == 502 {
            assert_eq!(got.json::<Value>().await.unwrap()["code"], "GATEWAY_0008", "{answer}");
        } else {
            assert_eq!(got.bytes().await.unwrap(), body, "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_passed_on_as_it_comes_and_breaks_when_the_function_does() {
    let world = World::with(probe()).await;
    let (client, url) = (Client::new(), format!("http://{}/only", world.gateway().await.address()));
    let ask = |end: &str, pause_ms: u64| {
        client.post(&url).json(&json!({"do": "stream", "end": end, "pause_ms": pause_ms})).send()
    };
    // Three pauses come after the first piece; a busy machine may be late with it, and not by more than two of them.
    let pause = Duration::from_secs(1);
    let mut answer = ask("well", 1_000).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["set-cookie"]), (201, &"a=b".parse().unwrap()));
    let first = answer.chunk().await.unwrap().unwrap();
    assert_eq!(&first[..], b"piece 0\n");
    let first_at = Instant::now();
    assert!(answer.text().await.unwrap().ends_with("piece 2\n"));
    assert!(first_at.elapsed() >= pause, "the first piece does not wait for the last: {:?}", first_at.elapsed());
    for end in ["fail", "exit"] {
        assert!(ask(end, 150).await.unwrap().bytes().await.is_err(), "{end}: a part must not pass for the whole");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_function_does_wrong_is_a_5xx_that_says_so() {
    let world = World::with(world::Config { timeout: Duration::from_secs(3), ..probe() }).await;
    let (client, url) = (Client::new(), format!("http://{}/only", world.gateway().await.address()));
    for (wish, status, code) in
        [("fail", 502, "GATEWAY_0004"), ("exit", 502, "GATEWAY_0004"), ("sleep", 504, "GATEWAY_0005")]
    {
        let answer = client.post(&url).json(&json!({"do": wish, "ms": 60_000})).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{wish}");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], code, "{wish}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_problem_documents() {
    let world = World::with(probe()).await;
    let url = format!("http://{}", world.gateway().await.address());
    let client = Client::new();
    let nowhere = client.get(format!("{url}/nowhere")).send().await.unwrap();
    assert_eq!((nowhere.status().as_u16(), nowhere.text().await.unwrap().as_str()), (404, "fallback"));
    let wrong = client.get(format!("{url}/only")).send().await.unwrap();
    assert_eq!((wrong.status().as_u16(), &wrong.headers()["allow"]), (405, &"POST".parse().unwrap()));
    assert_eq!(wrong.headers()["content-type"], "application/problem+json");
    assert_eq!(wrong.json::<Value>().await.unwrap()["code"], "GATEWAY_0003");
    let large = client.post(format!("{url}/only")).body(vec![b'x'; 12 << 20]).send().await.unwrap();
    assert_eq!(
        (large.status().as_u16(), large.json::<Value>().await.unwrap()["code"].as_str()),
        (413, Some("GATEWAY_0001"))
    );
    // Base64 makes it too large for an event, though it is not too large itself.
    let inflated = client
        .post(format!("{url}/only"))
        .header("content-type", "application/pdf")
        .body(vec![0; 5 << 20])
        .send()
        .await
        .unwrap();
    assert_eq!(inflated.status().as_u16(), 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_may_call() {
    let world = World::with(probe()).await;
    let url = format!("http://{}/only", world.gateway().await.address());
    let client = Client::new();
    let preflight = client
        .request(Method::OPTIONS, &url)
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (preflight.status().as_u16(), &preflight.headers()["access-control-allow-origin"]),
        (204, &"*".parse().unwrap())
    );
    assert!(preflight.headers()["access-control-allow-headers"].to_str().unwrap().contains("authorization"));
    let call = client.post(&url).header("origin", "https://app.example").json(&json!({})).send().await.unwrap();
    assert_eq!(call.headers()["access-control-allow-origin"], "*");
    assert!(call.headers()["x-amzn-trace-id"].to_str().unwrap().starts_with("Root=1-"));
    assert!(!call.headers()["x-request-id"].is_empty());
    let plain = client.post(&url).json(&json!({})).send().await.unwrap();
    assert!(!plain.headers().contains_key("access-control-allow-origin"));
}
