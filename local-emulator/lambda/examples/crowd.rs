//! A function that runs several invocations at a time (`run_concurrent`) and does as it is told, for the tests of slots.
//! Over HTTP the request's header `x-act` holds the order.

use bytes::Bytes;
use lambda_runtime::{
    Error, FunctionResponse, LambdaEvent, MetadataPrelude, StreamResponse, run_concurrent, service_fn,
};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;

type Pieces = ReceiverStream<Result<Bytes, Error>>;
type Answer = FunctionResponse<Value, Pieces>;

/// Streams whose last piece was taken, and streams that nobody read to their end.
static ENDED: AtomicUsize = AtomicUsize::new(0);
static BROKEN: AtomicUsize = AtomicUsize::new(0);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (arrived, _) = watch::channel(0_u64);
    run_concurrent(service_fn(move |event| act(event, arrived.clone()))).await
}

async fn act(event: LambdaEvent<Value>, arrived: watch::Sender<u64>) -> Result<Answer, Error> {
    let event = event.payload;
    let order = match event["headers"]["x-act"].as_str() {
        Some(order) => serde_json::from_str(order)?,
        None => event,
    };
    println!("{}", order["say"].as_str().unwrap_or("nothing to say"));
    match order["do"].as_str().unwrap_or("tell") {
        "tell" => {}
        // Answers only when so many are here at a time.
        "meet" => {
            let of = order["of"].as_u64().unwrap_or(2);
            arrived.send_modify(|arrived| *arrived += 1);
            arrived.subscribe().wait_for(|arrived| *arrived >= of).await?;
        }
        "wait" => exists(order["file"].as_str().unwrap_or_default()).await,
        "hang" => std::future::pending().await,
        "exit" => std::process::exit(3),
        "allocate" => {
            let memory = vec![1_u8; 256 << 20];
            std::future::pending::<()>().await;
            drop(memory);
        }
        "stream" => return stream(&order),
        other => return Err(format!("cannot do {other}").into()),
    }
    #[expect(clippy::disallowed_methods, reason = "the test asks what the process was given")]
    let given = |name: &str| std::env::var(name).map_or(Value::Null, Value::String);
    Ok(FunctionResponse::BufferedResponse(json!({
        "pid": std::process::id(),
        "concurrency": given("AWS_LAMBDA_MAX_CONCURRENCY"),
        "initialization": given("AWS_LAMBDA_INITIALIZATION_TYPE"),
        "ended": ENDED.load(Ordering::SeqCst),
        "broken": BROKEN.load(Ordering::SeqCst),
    })))
}

/// `pieces` of text; for `{"file": "..."}` among them it waits until that file is there. `times` repeats each piece.
fn stream(order: &Value) -> Result<Answer, Error> {
    let mut prelude = MetadataPrelude::default();
    if let Some(length) = order["length"].as_u64() {
        prelude.headers.insert("content-length", length.into());
    }
    let pieces: Vec<Value> = serde_json::from_value(order["pieces"].clone())?;
    let times = order["times"].as_u64().unwrap_or(1);
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        for piece in pieces {
            if let Some(file) = piece["file"].as_str() {
                exists(file).await;
            }
            for _ in 0..times {
                let text = piece.as_str().unwrap_or_default().to_owned();
                if !text.is_empty() && sender.send(Ok(Bytes::from(text))).await.is_err() {
                    BROKEN.fetch_add(1, Ordering::SeqCst);
                    return;
                }
            }
        }
        ENDED.fetch_add(1, Ordering::SeqCst);
    });
    let stream = StreamResponse { metadata_prelude: prelude, stream: ReceiverStream::new(receiver) };
    Ok(FunctionResponse::StreamingResponse(stream))
}

async fn exists(file: &str) {
    while !Path::new(file).exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
