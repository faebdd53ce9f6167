//! Does what its event asks for, well or badly: the service's tests run it.

use bytes::Bytes;
use lambda_runtime::{Error, FunctionResponse, LambdaEvent, MetadataPrelude, StreamResponse, run, service_fn};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_stream::wrappers::ReceiverStream;

type Pieces = ReceiverStream<Result<Bytes, std::io::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    #[expect(clippy::disallowed_methods, reason = "the tests say by these how the start is to fail")]
    let wish = |name: &str| std::env::var(name).ok();
    if let Some(milliseconds) = wish("PROBE_INIT_MS") {
        tokio::time::sleep(Duration::from_millis(milliseconds.parse()?)).await;
    }
    if wish("PROBE_INIT_CRASH").is_some() {
        eprintln!("cannot find what it needs");
        std::process::exit(7);
    }
    run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<FunctionResponse<Value, Pieces>, Error> {
    let (event, context) = event.into_parts();
    // An HTTP event carries the wish in its body.
    let body = event["body"].as_str().and_then(|body| serde_json::from_str::<Value>(body).ok());
    let wish = body.filter(|body| body["do"].is_string()).unwrap_or_else(|| event.clone());
    match wish["do"].as_str().unwrap_or("context") {
        "context" => Ok(FunctionResponse::BufferedResponse(json!({
            "event": event,
            "pid": std::process::id(),
            "request_id": context.request_id,
            "deadline": context.deadline,
            "arn": context.invoked_function_arn,
            "trace": context.xray_trace_id,
            "client": context.client_context.map(|client| client.custom),
        }))),
        "answer" => Ok(FunctionResponse::BufferedResponse(wish["with"].clone())),
        "sleep" => {
            eprintln!("sleeping");
            tokio::time::sleep(Duration::from_millis(wish["ms"].as_u64().unwrap_or(0))).await;
            Ok(FunctionResponse::BufferedResponse(json!({"slept": true, "pid": std::process::id()})))
        }
        "fail" => Err("it did not work".into()),
        "panic" => panic!("all is lost"),
        "exit" => {
            eprintln!("last words");
            std::process::exit(3)
        }
        "grow" => {
            let mut held = Vec::new();
            loop {
                held.push(vec![1u8; 8 << 20]);
                tokio::time::sleep(Duration::from_millis(5)).await;
                std::hint::black_box(&held);
            }
        }
        "large" => Ok(FunctionResponse::BufferedResponse(json!("x".repeat(7 << 20)))),
        "stream" => {
            let (sender, receiver) = tokio::sync::mpsc::channel(1);
            tokio::spawn(async move {
                for number in 0..3 {
                    let _ = sender.send(Ok(Bytes::from(format!("piece {number}\n")))).await;
                    tokio::time::sleep(Duration::from_millis(wish["pause_ms"].as_u64().unwrap_or(0))).await;
                }
                match wish["end"].as_str() {
                    Some("fail") => {
                        let _ = sender.send(Err(std::io::Error::other("broke off"))).await;
                    }
                    Some("exit") => std::process::exit(4),
                    _ => {}
                }
            });
            let mut prelude = MetadataPrelude {
                status_code: hyper::StatusCode::CREATED,
                cookies: vec!["a=b".to_owned()],
                ..MetadataPrelude::default()
            };
            prelude.headers.insert("content-type", "text/plain".parse()?);
            Ok(FunctionResponse::StreamingResponse(StreamResponse {
                metadata_prelude: prelude,
                stream: ReceiverStream::new(receiver),
            }))
        }
        other => Err(format!("unknown: {other}").into()),
    }
}
