//! Functions, against a server that answers as the Invoke API does.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use octavo_adapters_tasks::LambdaFunctions;
use octavo_domain_kernel::trace;
use octavo_domain_workflow::engine::outside::{
    FunctionCall, FunctionCaller, FunctionRefusal, FunctionReply, InvocationType,
};
use serde_json::json;
use std::time::Duration;

async fn answer(request: Request) -> Response {
    let uri = request.uri().to_string();
    let headers = request.headers().clone();
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let (context, invocation) = (header("x-amz-client-context"), header("x-amz-invocation-type"));
    let trace = header("x-amzn-trace-id");
    let body = axum::body::to_bytes(request.into_body(), 1_000).await.unwrap();
    let response = Response::builder().header("x-amzn-requestid", "r-1").header("content-type", "application/json");
    match uri.split('/').nth(3) {
        Some("echo") => {
            let context = context.map(|context| String::from_utf8(BASE64_STANDARD.decode(context).unwrap()).unwrap());
            let told = json!({"uri": uri, "body": String::from_utf8_lossy(&body), "context": context, "invocation": invocation, "trace": trace});
            response.header("x-amz-executed-version", "7").body(Body::from(told.to_string())).unwrap()
        }
        Some("failing") => {
            let told = r#"{"errorType":"Oops","errorMessage":"no"}"#;
            response.header("x-amz-function-error", "Unhandled").body(Body::from(told)).unwrap()
        }
        Some("slow") => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            response.body(Body::empty()).unwrap()
        }
        _ => {
            let told = r#"{"Type":"User","Message":"Function not found: none"}"#;
            let response = response.status(404).header("x-amzn-errortype", "ResourceNotFoundException");
            response.body(Body::from(told)).unwrap()
        }
    }
}

async fn invoke(name: &str, time: Duration) -> Result<FunctionReply, FunctionRefusal> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await.unwrap() });
    let functions = LambdaFunctions::new(Some(format!("http://{address}")), false);
    let call = FunctionCall {
        name: name.to_owned(),
        qualifier: Some("live".to_owned()),
        payload: Bytes::from_static(br#"{"n":1}"#),
        client_context: BASE64_STANDARD.encode(r#"{"custom":{}}"#),
        invocation: InvocationType::RequestResponse,
        time,
    };
    functions.function_invoke(call).await
}

#[tokio::test]
async fn a_function_gets_all_of_the_call_and_its_answer_comes_back() {
    let reply = invoke("echo", Duration::from_secs(10)).await.unwrap();
    let told: serde_json::Value = serde_json::from_slice(&reply.payload).unwrap();
    assert_eq!(told["uri"], "/2015-03-31/functions/echo/invocations?Qualifier=live");
    assert_eq!((&told["body"], &told["context"]), (&json!(r#"{"n":1}"#), &json!(r#"{"custom":{}}"#)));
    assert_eq!(told["invocation"], "RequestResponse");
    assert_eq!((reply.status, reply.executed_version.as_deref()), (200, Some("7")));
    assert_eq!((reply.request_id.as_deref(), reply.function_error), (Some("r-1"), None));
}

#[tokio::test]
async fn a_function_is_invoked_in_the_callers_trace() {
    let own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap();
    let reply = trace::within(Some(own), invoke("echo", Duration::from_secs(10))).await.unwrap();
    let told: serde_json::Value = serde_json::from_slice(&reply.payload).unwrap();
    assert_eq!(told["trace"], "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1");
}

#[tokio::test]
async fn a_function_that_fails_is_an_answer() {
    let reply = invoke("failing", Duration::from_secs(10)).await.unwrap();
    assert_eq!((reply.function_error.as_deref(), reply.status), (Some("Unhandled"), 200));
    assert_eq!(&*reply.payload, br#"{"errorType":"Oops","errorMessage":"no"}"#);
}

#[tokio::test]
async fn a_refusal_has_its_code_and_words() {
    let wanted = FunctionRefusal::Refused {
        code: "ResourceNotFoundException".to_owned(),
        message: "Function not found: none".to_owned(),
        status: 404,
        request_id: Some("r-1".to_owned()),
    };
    assert_eq!(invoke("none", Duration::from_secs(10)).await, Err(wanted));
}

#[tokio::test]
async fn nobody_waits_longer_than_was_said() {
    let time = Duration::from_millis(200);
    assert_eq!(invoke("slow", time).await, Err(FunctionRefusal::NoAnswer(time)));
    let functions = LambdaFunctions::new(Some("http://127.0.0.1:1".to_owned()), false);
    let call = FunctionCall {
        name: "echo".to_owned(),
        qualifier: None,
        payload: Bytes::from_static(b"{}"),
        client_context: BASE64_STANDARD.encode("{}"),
        invocation: InvocationType::Event,
        time: Duration::from_secs(10),
    };
    assert!(matches!(functions.function_invoke(call).await, Err(FunctionRefusal::Unreachable(_))));
}
