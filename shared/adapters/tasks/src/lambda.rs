//! Functions on AWS Lambda, or on what speaks its Invoke API.

use async_trait::async_trait;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::config::{Credentials, Region, StalledStreamProtectionConfig};
use aws_sdk_lambda::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::RequestId;
use aws_sdk_lambda::operation::invoke::{InvokeError, InvokeOutput};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types;
use bytes::Bytes;
use octavo_domain_kernel::trace;
use octavo_domain_workflow::engine::outside::{
    FunctionCall, FunctionCaller, FunctionRefusal, FunctionReply, InvocationType,
};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::timeout;

/// How long a connection may take.
const CONNECT_TIME: Duration = Duration::from_secs(3);

/// Invokes functions by their names; finds its credentials when it is first used.
#[derive(Debug)]
pub struct LambdaFunctions {
    endpoint: Option<String>,
    signing: bool,
    client: OnceCell<Client>,
}

impl LambdaFunctions {
    /// Functions at `endpoint` or at Amazon's own; without `signing`, without credentials.
    pub fn new(endpoint: Option<String>, signing: bool) -> Self {
        Self { endpoint, signing, client: OnceCell::new() }
    }

    async fn client(&self) -> &Client {
        let make = || async {
            let mut loader = aws_config::from_env()
                .retry_config(RetryConfig::disabled())
                .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT_TIME).build())
                // A function that thinks for minutes before it answers is no stalled stream.
                .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
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
impl FunctionCaller for LambdaFunctions {
    async fn function_invoke(&self, call: FunctionCall) -> Result<FunctionReply, FunctionRefusal> {
        let invocation = match call.invocation {
            InvocationType::RequestResponse => types::InvocationType::RequestResponse,
            InvocationType::Event => types::InvocationType::Event,
            InvocationType::DryRun => types::InvocationType::DryRun,
        };
        let request = self.client().await.invoke().function_name(call.name).set_qualifier(call.qualifier);
        let request = request.invocation_type(invocation).client_context(call.client_context);
        let mut request = request.payload(Blob::new(call.payload)).customize();
        if let Some(trace) = trace::current() {
            request = request.mutate_request(move |request| {
                request.headers_mut().insert("x-amzn-trace-id", trace.to_xray());
            });
        }
        let sent = timeout(call.time, request.send()).await;
        match sent {
            Ok(Ok(output)) => Ok(reply(output)),
            Ok(Err(error)) => Err(refusal(&error, call.time)),
            Err(_) => Err(FunctionRefusal::NoAnswer(call.time)),
        }
    }
}

fn reply(output: InvokeOutput) -> FunctionReply {
    FunctionReply {
        status: u16::try_from(output.status_code).unwrap_or_default(),
        request_id: output.request_id().map(str::to_owned),
        executed_version: output.executed_version,
        function_error: output.function_error,
        payload: Bytes::from(output.payload.map(Blob::into_inner).unwrap_or_default()),
    }
}

fn refusal(error: &SdkError<InvokeError>, time: Duration) -> FunctionRefusal {
    match error {
        SdkError::TimeoutError(_) => FunctionRefusal::NoAnswer(time),
        SdkError::ServiceError(refused) => FunctionRefusal::Refused {
            code: refused.err().code().unwrap_or_default().to_owned(),
            message: refused.err().message().unwrap_or_default().to_owned(),
            status: refused.raw().status().as_u16(),
            request_id: refused.err().meta().request_id().map(str::to_owned),
        },
        other => FunctionRefusal::Unreachable(DisplayErrorContext(other).to_string()),
    }
}
