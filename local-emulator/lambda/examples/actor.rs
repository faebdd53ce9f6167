//! A function that does as it is told, for the tests of the service: `{"do": "echo"}`, `{"do": "hang"}` and so on. Over
//! HTTP the request's header `x-act` holds the same JSON.

use bytes::Bytes;
use lambda_runtime::{Error, FunctionResponse, LambdaEvent, MetadataPrelude, StreamResponse, service_fn};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_stream::wrappers::ReceiverStream;

type Pieces = ReceiverStream<Result<Bytes, Error>>;
type Answer = FunctionResponse<Value, Pieces>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    #[expect(clippy::disallowed_methods, reason = "how the process is to begin is said before there is an event")]
    let beginning = std::env::var("BEGINNING").unwrap_or_default();
    println!("this is {}", std::process::id());
    match beginning.split_once(' ').unwrap_or((&beginning, "")) {
        ("crash", why) => {
            eprintln!("{why}");
            std::process::exit(3);
        }
        ("sleep", ms) => tokio::time::sleep(Duration::from_millis(ms.parse()?)).await,
        _ => {}
    }
    lambda_runtime::run(service_fn(act)).await
}

async fn act(event: LambdaEvent<Value>) -> Result<Answer, Error> {
    let (event, context) = event.into_parts();
    let over_http = event["version"] == "2.0";
    let order: Value = match event["headers"]["x-act"].as_str() {
        Some(order) => serde_json::from_str(order)?,
        None if over_http => json!({ "do": "echo" }),
        None => event.clone(),
    };
    let number = |name: &str| order[name].as_u64().unwrap_or(0);
    let answer = match order["do"].as_str().unwrap_or("echo") {
        "echo" => event,
        "respond" => order["with"].clone(),
        "context" => json!({
            "request_id": context.request_id,
            "deadline": context.deadline,
            "arn": context.invoked_function_arn,
            "trace": context.xray_trace_id,
            "client": context.client_context.map(|client| client.custom),
            "memory": context.env_config.memory,
            "name": context.env_config.function_name,
            "environment": environment(),
        }),
        "process" => {
            tokio::time::sleep(Duration::from_millis(number("ms"))).await;
            let size = std::fs::metadata("/proc/self/exe")?.len();
            json!({ "pid": std::process::id(), "size": size })
        }
        "log" => {
            for line in 0..number("lines") {
                println!("line {line}");
            }
            Value::Null
        }
        "fail" => return Err("it was told to fail".into()),
        "panic" => panic!("it was told to panic"),
        "exit" => {
            eprintln!("the last words");
            std::process::exit(7)
        }
        "hang" => std::future::pending().await,
        "allocate" => {
            let memory = vec![1_u8; usize::try_from(number("mb"))? << 20];
            tokio::time::sleep(Duration::from_secs(20)).await;
            json!(memory.iter().map(|byte| u64::from(*byte)).sum::<u64>())
        }
        "fill" => json!("x".repeat(usize::try_from(number("bytes"))?)),
        "stream" => return stream(&order),
        other => return Err(format!("cannot do {other}").into()),
    };
    Ok(FunctionResponse::BufferedResponse(answer))
}

/// `pieces`, `times` over, with `ms` before each; then `end`: nothing, `fail`, `exit` or `hang`.
fn stream(order: &Value) -> Result<Answer, Error> {
    let mut prelude = MetadataPrelude {
        status_code: u16::try_from(order["status"].as_u64().unwrap_or(200))?.try_into()?,
        cookies: vec!["a=1".to_owned()],
        ..MetadataPrelude::default()
    };
    prelude.headers.insert("x-streamed", "yes".parse()?);
    let pieces: Vec<String> = serde_json::from_value(order["pieces"].clone())?;
    let times = usize::try_from(order["times"].as_u64().unwrap_or(1))?;
    let pieces = vec![pieces; times].concat();
    let (pause, end) = (order["ms"].as_u64().unwrap_or(0), order["end"].as_str().unwrap_or_default().to_owned());
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    tokio::spawn(async move {
        for piece in pieces {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            if sender.send(Ok(Bytes::from(piece))).await.is_err() {
                return;
            }
        }
        // What was sent gets its time to leave the process.
        tokio::time::sleep(Duration::from_millis(100)).await;
        match end.as_str() {
            "fail" => drop(sender.send(Err("the stream was told to fail".into())).await),
            "exit" => std::process::exit(7),
            "hang" => std::future::pending().await,
            _ => {}
        }
    });
    let response = StreamResponse { metadata_prelude: prelude, stream: ReceiverStream::new(receiver) };
    Ok(FunctionResponse::StreamingResponse(response))
}

#[expect(clippy::disallowed_methods, reason = "the test asks what the process was given")]
fn environment() -> Value {
    let given =
        ["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_REGION", "OWN", "CARGO_MANIFEST_DIR", "PATH"];
    given.iter().map(|name| ((*name).to_owned(), std::env::var(name).map_or(Value::Null, Value::String))).collect()
}
