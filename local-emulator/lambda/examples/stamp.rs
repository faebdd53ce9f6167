//! Answers when it was called: microseconds since 1970. How long an invocation was on its way is measured with it.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use std::time::SystemTime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(|_: LambdaEvent<Value>| async {
        let since = SystemTime::UNIX_EPOCH.elapsed()?;
        Ok::<_, Error>(json!({ "called_us": u64::try_from(since.as_micros())? }))
    }))
    .await
}
