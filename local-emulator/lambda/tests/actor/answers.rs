//! What functions answer, as HTTP; and what the gateway answers for them.

use crate::stage::Stage;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn an_answer_becomes_http() {
    let (_stage, address) = Stage::over_http(|_| {}).await;
    let client = reqwest::Client::new();
    let ask = async |with: Value| {
        let order = json!({"do": "respond", "with": with}).to_string();
        client.get(format!("http://{address}/act")).header("x-act", order).send().await.unwrap()
    };

    let full = ask(json!({
        "statusCode": 201,
        "headers": {"Content-Type": "text/x-own", "X-Number": 5, "Content-Length": "9999"},
        "multiValueHeaders": {"x-two": ["one", "two"]},
        "cookies": ["c=1; Path=/", "d=2"],
        "body": "hi",
    }))
    .await;
    assert_eq!((full.status().as_u16(), &full.headers()["content-type"]), (201, &"text/x-own".parse().unwrap()));
    assert_eq!(full.headers()["x-number"], "5");
    let all = |name: &str| full.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!((all("x-two"), all("set-cookie")), (vec!["one", "two"], vec!["c=1; Path=/", "d=2"]));
    assert_eq!(all("content-length"), ["2"]);
    assert_eq!(full.text().await.unwrap(), "hi");

    let binary = ask(json!({"statusCode": 200, "body": "AP+A", "isBase64Encoded": true})).await;
    assert_eq!(binary.bytes().await.unwrap().as_ref(), [0, 255, 128]);
    assert_eq!(ask(json!({"statusCode": 204})).await.status().as_u16(), 204);

    let inferred = ask(json!({"plain": [true]})).await;
    assert_eq!(
        (inferred.status().as_u16(), &inferred.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    assert_eq!(inferred.text().await.unwrap(), r#"{"plain":[true]}"#);

    for wrong in [
        json!({"statusCode": 99}),
        json!({"statusCode": "many"}),
        json!({"statusCode": 200, "headers": {"bad name": "x"}}),
        json!({"statusCode": 200, "headers": {"x": "a\nb"}}),
        json!({"statusCode": 200, "body": "not base64!", "isBase64Encoded": true}),
    ] {
        let answer = ask(wrong.clone()).await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (502, &"application/problem+json".parse().unwrap())
        );
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], "GATEWAY_0008", "{wrong}");
    }
}

#[tokio::test]
async fn an_answer_to_head_has_the_length_and_not_the_body() {
    let (_stage, address) = Stage::over_http(|_| {}).await;
    let client = reqwest::Client::new();
    let ask = async |with: Value| {
        let order = json!({"do": "respond", "with": with}).to_string();
        client.head(format!("http://{address}/act")).header("x-act", order).send().await.unwrap()
    };
    let with_body = ask(json!({"statusCode": 200, "body": "four"})).await;
    assert_eq!(with_body.headers()["content-length"], "4");
    assert!(with_body.bytes().await.unwrap().is_empty());
    // A function that need not read the body to know its length says it.
    let without = ask(json!({"statusCode": 200, "headers": {"content-length": "12345"}})).await;
    assert_eq!(without.headers()["content-length"], "12345");
}

#[tokio::test]
async fn failures_are_problem_documents_that_name_the_request() {
    let (stage, address) = Stage::over_http(|config| config.timeout = Duration::from_secs(3)).await;
    stage.invoke("{}").await;
    let client = reqwest::Client::new();
    for (order, status, code) in [
        ("fail", 502, "GATEWAY_0004"),
        ("panic", 502, "GATEWAY_0004"),
        ("exit", 502, "GATEWAY_0004"),
        ("hang", 504, "GATEWAY_0005"),
    ] {
        let order = json!({"do": order}).to_string();
        let answer = client.get(format!("http://{address}/act")).header("x-act", &order).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (status, &"application/problem+json".parse().unwrap())
        );
        let request_id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        let problem: Value = answer.json().await.unwrap();
        assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)), "{order}");
        assert_eq!(problem["request_id"], request_id);
    }
    let fine = client.get(format!("http://{address}/act")).send().await.unwrap();
    assert_eq!(fine.status().as_u16(), 200);
}

#[tokio::test]
async fn traces_go_through_and_parameters_are_decoded() {
    let (stage, address) = Stage::over_http(|_| {}).await;
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let answer = reqwest::Client::new()
        .get(format!("http://{address}/act/a%20%C3%A4"))
        .header("x-amzn-trace-id", trace)
        .header("traceparent", traceparent)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["x-amzn-trace-id"], trace);
    let event: Value = answer.json().await.unwrap();
    assert_eq!(
        (&event["headers"]["traceparent"], &event["headers"]["x-amzn-trace-id"]),
        (&json!(traceparent), &json!(trace))
    );
    assert_eq!(event["pathParameters"], json!({"id": "a \u{e4}"}));
    assert_eq!(event["rawPath"], "/act/a%20%C3%A4");
    // Whoever said both is in the trace of W3C's header: request, invocation and what the function is told agree.
    let (record, request) = (stage.lambda.records().remove(0), stage.lambda.requests().remove(0));
    assert_eq!(
        (request.trace_id.as_str(), request.parent_id.as_deref()),
        (&traceparent[3..35], Some(&traceparent[36..52]))
    );
    assert_eq!((&record.trace_id, record.parent_id.as_ref()), (&request.trace_id, Some(&request.span_id)));
    assert_eq!((request.status, request.what.as_str()), (200, "GET /act/a%20%C3%A4"));
    assert!(request.duration_ms >= record.duration_ms);
}
