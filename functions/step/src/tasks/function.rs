//! Functions: by their own ARN, and by `lambda:invoke`.

use super::call::function_name;
use super::error::{Failed, refused};
use super::parameters::Parameters;
use super::perform::{Call, Undone};
use super::response::metadata;
use crate::answers::Done;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use octavo_domain_workflow::engine::outside::{FunctionCall, FunctionRefusal, FunctionReply, InvocationType};
use octavo_domain_workflow::machine::Event;
use octavo_domain_workflow::scope::nests_too_deep;
use serde_json::{Map, Value, json};

/// The longest payload of an answer that is looked at, in bytes: what is longer than a state's payload fails there, by name.
const REPLY_BYTES_MAX: usize = 6 * 1024 * 1024;
/// The longest client context, in bytes of Base64: Lambda's own limit.
const CLIENT_CONTEXT_BYTES_MAX: usize = 3_583;

/// A resource that is a function's ARN: its answer is the payload alone.
pub(super) async fn resource(call: &Call<'_>, name: &str, qualifier: Option<&str>) -> Result<Done, Undone> {
    let payload = call.order.parameters.to_string();
    let client_context = client_context(call, None)?;
    let reply = ask(call, name, qualifier, payload, client_context, InvocationType::RequestResponse).await?;
    let output = answered(&reply)?;
    Ok(Done::Told(vec![Event::TaskStarted { worker: None }, Event::TaskSucceeded { output }]))
}

/// `lambda:invoke`: its answer is what the service's client makes of the response.
pub(super) async fn invoke(call: &Call<'_>, waits_for_token: bool) -> Result<Done, Undone> {
    let parameters = Parameters::of(&call.order.parameters)?;
    let function = parameters.needed("FunctionName")?;
    let (name, qualified) = function_name(function);
    let qualifier = parameters.text("Qualifier")?.or(qualified);
    let invocation = match parameters.text("InvocationType")? {
        None | Some("RequestResponse") => InvocationType::RequestResponse,
        Some("Event") => InvocationType::Event,
        Some("DryRun") => InvocationType::DryRun,
        Some(_) => {
            return Err(Failed::parameter("InvocationType", "expected RequestResponse, Event or DryRun").into());
        }
    };
    let payload = parameters.value("Payload").map_or_else(|| "{}".to_owned(), Value::to_string);
    let client_context = client_context(call, parameters.text("ClientContext")?)?;
    let reply = ask(call, name, qualifier, payload, client_context, invocation).await?;
    let payload = answered(&reply)?;
    let date = call.deps.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let output = response(&reply, payload, invocation, &date);
    let started = Event::TaskStarted { worker: None };
    if waits_for_token {
        return Ok(Done::Accepted(vec![started, Event::TaskSubmitted { output }]));
    }
    Ok(Done::Told(vec![started, Event::TaskSucceeded { output }]))
}

async fn ask(
    call: &Call<'_>,
    name: &str,
    qualifier: Option<&str>,
    payload: String,
    client_context: String,
    invocation: InvocationType,
) -> Result<FunctionReply, Failed> {
    let shown = match qualifier {
        Some(qualifier) => format!("{name}:{qualifier}"),
        None => name.to_owned(),
    };
    if !call.deps.allowed.allows(call.tenant, name) {
        let message = format!("Workflows of this tenant may not invoke the function {shown}");
        let cause = refused("AWSLambda", &message, 403, "AccessDeniedException", &call.idempotency_key);
        return Err(Failed::new("Lambda.AWSLambdaException", cause));
    }
    let invoked = call.deps.functions.function_invoke(FunctionCall {
        name: name.to_owned(),
        qualifier: qualifier.map(str::to_owned),
        payload: Bytes::from(payload),
        client_context,
        invocation,
        time: call.time,
    });
    invoked.await.map_err(|refusal| match refusal {
        FunctionRefusal::Refused { code, message, status, request_id } => {
            let request_id = request_id.unwrap_or_else(|| call.idempotency_key.clone());
            let error = match code.as_str() {
                // Errors that the service's client has no name for are its general one.
                "AccessDeniedException" | "ValidationException" | "" => "AWSLambdaException",
                named => named,
            };
            Failed::new(format!("Lambda.{error}"), refused("AWSLambda", &message, status, &code, request_id))
        }
        FunctionRefusal::Unreachable(why) => {
            Failed::new("Lambda.SdkClientException", format!("Unable to execute HTTP request: {why}"))
        }
        FunctionRefusal::NoAnswer(_) => {
            let cause = format!("The function {shown} did not answer in time: {refusal}");
            Failed::new("Lambda.ClientExecutionTimeoutException", cause)
        }
    })
}

/// What the function is told besides its payload: the caller's own context, and the key under `custom`. It cannot be made
/// up by a definition, so that a function may rely on the tenant.
fn client_context(call: &Call<'_>, given: Option<&str>) -> Result<String, Failed> {
    let wrong = || Failed::parameter("ClientContext", "expected Base64 of a JSON object");
    let mut context: Map<String, Value> = match given {
        None => Map::new(),
        Some(text) => {
            let bytes = BASE64_STANDARD.decode(text).map_err(|_| wrong())?;
            serde_json::from_slice(&bytes).map_err(|_| wrong())?
        }
    };
    let custom = context.entry("custom").or_insert_with(|| json!({}));
    let custom = custom.as_object_mut().ok_or_else(wrong)?;
    custom.insert("idempotency_key".to_owned(), json!(call.idempotency_key));
    custom.insert("tenant".to_owned(), json!(call.tenant));
    custom.insert("execution_arn".to_owned(), json!(call.facts.arn));
    let encoded = BASE64_STANDARD.encode(Value::Object(context).to_string());
    if encoded.len() > CLIENT_CONTEXT_BYTES_MAX {
        let problem = format!("with what the platform adds it is longer than {CLIENT_CONTEXT_BYTES_MAX} bytes");
        return Err(Failed::parameter("ClientContext", problem));
    }
    Ok(encoded)
}

/// The payload, or the function's error.
fn answered(reply: &FunctionReply) -> Result<Value, Failed> {
    if reply.payload.len() > REPLY_BYTES_MAX {
        let cause = format!("The function answered more than {REPLY_BYTES_MAX} bytes.");
        return Err(Failed::new("States.DataLimitExceeded", cause));
    }
    let text = String::from_utf8_lossy(&reply.payload);
    let value: Option<Value> = serde_json::from_str(&text).ok().filter(|value| !nests_too_deep(value));
    if reply.function_error.is_some() {
        let kind = value.as_ref().and_then(|told| told.get("errorType")).and_then(Value::as_str);
        return Err(Failed::new(kind.filter(|kind| !kind.is_empty()).unwrap_or("Lambda.Unknown"), text));
    }
    match value {
        Some(value) => Ok(value),
        None if reply.payload.is_empty() => Ok(json!("")),
        None => Err(Failed::new("Lambda.Unknown", "The function's answer is no JSON, or nests too deep.")),
    }
}

/// The response as the service's client shows it.
fn response(reply: &FunctionReply, payload: Value, invocation: InvocationType, date: &str) -> Value {
    let request_id = reply.request_id.clone().unwrap_or_default();
    let version = reply.executed_version.as_deref();
    let mut headers: Vec<(&str, String)> = vec![
        ("Connection", "keep-alive".to_owned()),
        ("Content-Length", reply.payload.len().to_string()),
        ("Content-Type", "application/json".to_owned()),
        ("Date", date.to_owned()),
    ];
    headers.extend(version.map(|version| ("X-Amz-Executed-Version", version.to_owned())));
    headers.push(("x-amzn-Remapped-Content-Length", "0".to_owned()));
    headers.push(("x-amzn-RequestId", request_id.clone()));
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut response = Map::new();
    if invocation == InvocationType::RequestResponse {
        response.insert("ExecutedVersion".to_owned(), json!(version.unwrap_or("$LATEST")));
    }
    response.insert("Payload".to_owned(), payload);
    response.insert("SdkHttpMetadata".to_owned(), metadata(&headers, reply.status));
    response.insert("SdkResponseMetadata".to_owned(), json!({ "RequestId": request_id }));
    response.insert("StatusCode".to_owned(), json!(reply.status));
    Value::Object(response)
}
