//! A function for tests of workflows: does what its event asks for, and remembers in files of the folder `EFFECTS_FOLDER`
//! what must outlive its process.
//!
//! It is called as any function of a tenant's is, so it knows nothing of workflows but what each call carries: the
//! idempotency key in the client context.

use lambda_runtime::{Diagnostic, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name in the client context's `custom` that the key has.
const KEY: &str = "idempotency_key";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let (wish, context) = event.into_parts();
    let key = context.client_context.and_then(|mut client| client.custom.remove(KEY));
    let text = |name: &str| wish[name].as_str().unwrap_or_default().to_owned();
    let folder = folder();
    match wish["do"].as_str().unwrap_or_default() {
        "answer" => Ok(wish["with"].clone()),
        "fail" => Err(failure(&text("error"), &text("message"))),
        "sleep" => {
            pause(&wish).await;
            Ok(json!({}))
        }
        // Fails the first time that it is asked for this, whoever asks.
        "flaky" => match made(&folder.join(format!("flaky-{}", text("what"))), b"") {
            true => Err(failure(&text("error"), "not yet")),
            false => Ok(json!({ "what": wish["what"] })),
        },
        // Takes a task token; whoever is to answer asks for it by name.
        "keep" => {
            pause(&wish).await;
            let token = folder.join(format!("token-{}", text("what")));
            // Complete before it is seen.
            let beside = token.with_extension(std::process::id().to_string());
            std::fs::write(&beside, text("token"))
                .and_then(|()| std::fs::rename(&beside, &token))
                .map_err(|error| failure("Disk", &error.to_string()))?;
            Ok(json!({}))
        }
        "kept" => {
            let token = std::fs::read_to_string(folder.join(format!("token-{}", text("what"))));
            Ok(token.map_or(Value::Null, Value::from))
        }
        // Has an effect: a line is added. An idempotent service would look up its key first; here the test does.
        "record" => {
            pause(&wish).await;
            let line = format!("{}\n", json!({ "what": wish["what"], "key": key }));
            let mut file = OpenOptions::new().create(true).append(true).open(folder.join("effects.jsonl"));
            file.as_mut()
                .map_err(|error| error.to_string())
                // One write: lines of several processes do not mix.
                .and_then(|file| file.write_all(line.as_bytes()).map_err(|error| error.to_string()))
                .map_err(|error| failure("Disk", &error))?;
            Ok(json!({ "done": wish["what"] }))
        }
        other => Err(failure("Unknown", &format!("unknown: {other:?}"))),
    }
}

async fn pause(wish: &Value) {
    tokio::time::sleep(Duration::from_millis(wish["ms"].as_u64().unwrap_or_default())).await;
}

fn failure(error: &str, message: &str) -> Diagnostic {
    Diagnostic { error_type: error.to_owned(), error_message: message.to_owned() }
}

/// Whether the file is new.
fn made(path: &Path, content: &[u8]) -> bool {
    let file = OpenOptions::new().create_new(true).write(true).open(path);
    file.and_then(|mut file| file.write_all(content)).is_ok()
}

fn folder() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the test says by it where it looks")]
    let folder = std::env::var_os("EFFECTS_FOLDER");
    folder.map(PathBuf::from).unwrap_or_default()
}
