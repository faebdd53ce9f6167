//! Who does the tasks that are measured. All answer what they are called with.

use async_trait::async_trait;
use bytes::Bytes;
use local_emulator_lambda::{FunctionConfig, Lambda, Options};
use octavo_adapters_tasks::LambdaFunctions;
use octavo_domain_workflow::engine::outside::{FunctionCall, FunctionCaller, FunctionRefusal, FunctionReply};
use parking_lot::Mutex;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// The resource of all tasks.
pub(super) const ECHO: &str = "arn:aws:lambda:us-east-1:000000000000:function:echo";
/// Processes of the function on two cores.
const SANDBOXES: usize = 4;

/// A function of this process: what the steps of the peers are.
#[derive(Default)]
pub(super) struct InProcess;

#[async_trait]
impl FunctionCaller for InProcess {
    async fn function_invoke(&self, call: FunctionCall) -> Result<FunctionReply, FunctionRefusal> {
        Ok(answer(call.payload))
    }
}

fn answer(payload: Bytes) -> FunctionReply {
    FunctionReply {
        status: 200,
        executed_version: Some("$LATEST".to_owned()),
        request_id: None,
        function_error: None,
        payload,
    }
}

/// The Lambda service in this process, with the function's processes, called over its Invoke API.
pub(super) struct Warm {
    lambda: Lambda,
    pub(super) caller: Arc<LambdaFunctions>,
}

impl Warm {
    /// With the release binary of the function that answers what it is sent.
    pub(super) async fn start(binaries: &Path) -> anyhow::Result<Self> {
        let lambda = Lambda::start(Options::default()).await?;
        let mut function = FunctionConfig::new("echo", binaries.join("examples/echo"));
        function.sandboxes_max = SANDBOXES;
        lambda.add_function(function);
        let caller = Arc::new(LambdaFunctions::new(Some(format!("http://{}", lambda.address())), false));
        Ok(Self { lambda, caller })
    }

    pub(super) async fn stop(self) {
        self.lambda.shutdown().await;
    }
}

/// Another caller, with the moments in which it was first called for a number.
pub(super) struct Stamped {
    caller: Arc<dyn FunctionCaller>,
    began: Mutex<HashMap<u64, Instant>>,
}

impl Stamped {
    pub(super) fn new(caller: Arc<dyn FunctionCaller>) -> Arc<Self> {
        Arc::new(Self { caller, began: Mutex::default() })
    }

    /// When the first task of the execution that was started with this number was called.
    pub(super) fn take(&self, number: u64) -> Option<Instant> {
        self.began.lock().remove(&number)
    }
}

#[async_trait]
impl FunctionCaller for Stamped {
    async fn function_invoke(&self, call: FunctionCall) -> Result<FunctionReply, FunctionRefusal> {
        let now = Instant::now();
        let payload: Value = serde_json::from_slice(&call.payload).unwrap_or_default();
        if let Some(number) = payload["first"].as_u64() {
            self.began.lock().entry(number).or_insert(now);
        }
        self.caller.function_invoke(call).await
    }
}
