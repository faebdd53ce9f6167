//! HTTP by API Gateway v2 or function URL (payload format 2.0).

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body as EventBody;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures::stream::BoxStream;
use http::{HeaderMap, header};
use lambda_runtime::{Error, FunctionResponse, LambdaEvent, MetadataPrelude, StreamResponse, run, service_fn};
use octavo_domain_kernel::Authenticator;
use octavo_wiring_edge::{Body, EdgeFault, Problem, Query, Request, Response, Router};
use std::sync::Arc;

type Pieces = BoxStream<'static, Result<Bytes, std::io::Error>>;

/// Answers HTTP events with `router` until the process ends.
pub async fn serve_http<D: Send + Sync + 'static>(
    router: Router<D>,
    deps: Arc<D>,
    authenticator: Arc<dyn Authenticator>,
) -> Result<(), Error> {
    let router = Arc::new(router);
    run(service_fn(move |event: LambdaEvent<ApiGatewayV2httpRequest>| {
        let (router, deps, authenticator) = (router.clone(), deps.clone(), authenticator.clone());
        async move {
            let request_id = event.context.request_id;
            let response = match http_request(event.payload, &request_id) {
                Ok(request) => router.handle(deps, &*authenticator, request).await,
                Err(fault) => Problem::from(fault).into_response(&request_id),
            };
            Ok::<_, Error>(http_response(response))
        }
    }))
    .await
}

/// The request that an event carries.
pub fn http_request(event: ApiGatewayV2httpRequest, invocation_id: &str) -> Result<Request, EdgeFault> {
    let body = match event.body {
        None => Bytes::new(),
        Some(text) if event.is_base64_encoded => {
            BASE64_STANDARD.decode(text).map_err(|_| EdgeFault::malformed("body", "expected Base64"))?.into()
        }
        Some(text) => text.into(),
    };
    let mut headers = event.headers;
    if let Some(cookies) = event.cookies.filter(|cookies| !cookies.is_empty())
        && let Ok(value) = cookies.join("; ").parse()
    {
        headers.insert(header::COOKIE, value);
    }
    let context = event.request_context;
    let mut request = Request::default();
    request.method = context.http.method;
    request.path = event.raw_path.unwrap_or_else(|| "/".to_owned());
    request.query = Query::parse(event.raw_query_string.as_deref().unwrap_or_default())?;
    request.headers = headers;
    request.body = body;
    request.request_id = context.request_id.unwrap_or_else(|| invocation_id.to_owned());
    request.source_ip = context.http.source_ip;
    Ok(request)
}

/// The event that answers it.
pub fn http_response(response: Response) -> FunctionResponse<ApiGatewayV2httpResponse, Pieces> {
    let (status, mut headers, body) = response.into_parts();
    let cookies = take_cookies(&mut headers);
    match body {
        Body::Bytes(bytes) => {
            let mut answer = ApiGatewayV2httpResponse::default();
            answer.status_code = status.as_u16().into();
            answer.cookies = cookies;
            // What is no text travels as Base64, and says so.
            match String::from_utf8(bytes.to_vec()).ok().filter(|_| is_text(&headers)) {
                Some(text) => answer.body = (!text.is_empty()).then_some(EventBody::Text(text)),
                None => {
                    answer.is_base64_encoded = true;
                    answer.body = Some(EventBody::Text(BASE64_STANDARD.encode(&bytes)));
                }
            }
            answer.headers = headers;
            FunctionResponse::BufferedResponse(answer)
        }
        Body::Stream(stream) => FunctionResponse::StreamingResponse(StreamResponse {
            metadata_prelude: MetadataPrelude { status_code: status, headers, cookies },
            stream,
        }),
    }
}

fn take_cookies(headers: &mut HeaderMap) -> Vec<String> {
    let cookies =
        headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok().map(str::to_owned)).collect();
    headers.remove(header::SET_COOKIE);
    cookies
}

fn is_text(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return true };
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/")
        || essence == "application/json"
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderValue, StatusCode};
    use serde_json::{Value, json};

    fn event(extra: &Value) -> ApiGatewayV2httpRequest {
        let mut event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/v1/documents", "rawQueryString": "tag=a%20b",
            "headers": {"content-type": "text/plain"},
            "requestContext": {"requestId": "r-1", "http": {"method": "POST", "path": "/v1/documents", "sourceIp": "192.0.2.1"}}
        });
        event.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn a_binary_body_arrives_as_bytes() {
        let request = http_request(event(&json!({"body": "AP8=", "isBase64Encoded": true})), "i-1").unwrap();
        assert_eq!(&request.body[..], [0, 255]);
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/documents"));
        assert_eq!(request.query.one("tag").unwrap(), Some("a b"));
        assert_eq!((request.request_id.as_str(), request.source_ip.as_deref()), ("r-1", Some("192.0.2.1")));
        assert!(http_request(event(&json!({"body": "not base64!", "isBase64Encoded": true})), "i-1").is_err());
    }

    #[test]
    fn a_binary_answer_leaves_as_base64_and_text_as_text() {
        let answer = |content_type: &'static str, bytes: &'static [u8]| {
            let response = Response::bytes(StatusCode::OK, HeaderValue::from_static(content_type), bytes.into());
            match http_response(response) {
                FunctionResponse::BufferedResponse(answer) => serde_json::to_value(answer).unwrap(),
                FunctionResponse::StreamingResponse(_) => panic!("not a stream"),
            }
        };
        let binary = answer("application/pdf", &[0, 255]);
        assert_eq!((&binary["body"], &binary["isBase64Encoded"]), (&json!("AP8="), &json!(true)));
        let text = answer("text/plain; charset=utf-8", b"hi");
        assert_eq!((&text["body"], &text["isBase64Encoded"]), (&json!("hi"), &json!(false)));
        let mislabelled = answer("text/plain", &[0xff]);
        assert_eq!(mislabelled["isBase64Encoded"], json!(true));
    }
}
