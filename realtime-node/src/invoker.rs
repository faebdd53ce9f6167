//! Functions on AWS Lambda.

use async_trait::async_trait;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::config::{Credentials, Region};
use aws_sdk_lambda::error::{DisplayErrorContext, SdkError};
use aws_sdk_lambda::operation::invoke::InvokeError as AwsError;
use aws_sdk_lambda::primitives::Blob;
use bytes::Bytes;
use octavo_wiring_triggers::{Cause, InvokeError, Invoker};
use serde::Deserialize;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Beyond the function's own deadline, before its answer is given up.
const MARGIN: Duration = Duration::from_secs(3);

/// Invokes deployed functions; finds its credentials when it is first used.
pub struct LambdaInvoker {
    prefix: String,
    endpoint: Option<String>,
    signing: bool,
    function_timeout: Duration,
    client: OnceCell<Client>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reported {
    error_type: String,
    error_message: String,
}

impl LambdaInvoker {
    /// Functions named `prefix` and their queue's name, at `endpoint` or at Amazon's own; without `signing`, without
    /// credentials.
    pub fn new(prefix: impl Into<String>, endpoint: Option<String>, signing: bool, function_timeout: Duration) -> Self {
        Self { prefix: prefix.into(), endpoint, signing, function_timeout, client: OnceCell::new() }
    }

    async fn client(&self) -> &Client {
        let make = || async {
            // The poller retries, counts and backs off: a retry hidden in the client would run a batch twice.
            let mut loader = aws_config::from_env().retry_config(RetryConfig::disabled());
            let timeout = TimeoutConfig::builder().operation_timeout(self.function_timeout + MARGIN);
            loader = loader.timeout_config(timeout.connect_timeout(MARGIN).build());
            if let Some(endpoint) = &self.endpoint {
                loader = loader.endpoint_url(endpoint);
            }
            if !self.signing {
                // The client does not send without a signature; a Lambda that knows no credentials passes it over.
                let nobody = Credentials::new("nobody", "nothing", None, None, "octavo");
                loader = loader.credentials_provider(nobody).region(Region::from_static("us-east-1"));
            }
            Client::new(&loader.load().await)
        };
        self.client.get_or_init(make).await
    }
}

#[async_trait]
impl Invoker for LambdaInvoker {
    async fn invoke(&self, function: &str, payload: Bytes, causes: &[Cause]) -> Result<Bytes, InvokeError> {
        let name = format!("{}{function}", self.prefix);
        let mut call = self.client().await.invoke().function_name(name).payload(Blob::new(payload)).customize();
        if let Some(trace) = Cause::common(causes) {
            call = call.mutate_request(move |request| {
                request.headers_mut().insert("x-amzn-trace-id", trace.to_xray());
            });
        }
        let answer = call.send().await.map_err(|error| refused(&error))?;
        let payload = Bytes::from(answer.payload.map(Blob::into_inner).unwrap_or_default());
        if answer.function_error.is_none() {
            return Ok(payload);
        }
        let reported: Reported = serde_json::from_slice(&payload).unwrap_or_default();
        if reported.error_type == "Sandbox.Timedout" || reported.error_message.contains("Task timed out") {
            return Err(InvokeError::Timeout);
        }
        Err(InvokeError::FunctionError { kind: reported.error_type, message: reported.error_message, payload })
    }
}

fn refused(error: &SdkError<AwsError>) -> InvokeError {
    match error {
        SdkError::TimeoutError(_) => InvokeError::Timeout,
        SdkError::ServiceError(refusal) => match refusal.err() {
            AwsError::TooManyRequestsException(_) => InvokeError::Throttled,
            AwsError::RequestTooLargeException(too_large) => InvokeError::TooLarge(too_large.to_string()),
            other => InvokeError::Unavailable(other.to_string()),
        },
        other => InvokeError::Unavailable(DisplayErrorContext(other).to_string()),
    }
}
