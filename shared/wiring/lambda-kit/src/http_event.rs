//! HTTP by API Gateway v2 or function URL (payload format 2.0).

use crate::http_headers;
use base64::Engine;
use base64::display::Base64Display;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures::stream::BoxStream;
use http::{HeaderMap, Method, header};
use lambda_runtime::{FunctionResponse, MetadataPrelude, StreamResponse};
use octavo_wiring_edge::{Body, EdgeFault, Query, Request, Response};
use serde::{Deserialize, Serialize, Serializer};

pub(crate) type Pieces = BoxStream<'static, Result<Bytes, std::io::Error>>;

/// The event, without what is said twice in it.
#[derive(Debug)]
pub(crate) struct HttpEvent {
    pub(crate) path: Option<String>,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) cookies: Vec<String>,
    pub(crate) context: HttpContext,
    pub(crate) request_id: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) is_base64: bool,
}

/// `requestContext.http`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HttpContext {
    method: String,
    #[serde(default)]
    source_ip: Option<String>,
}

/// The request that an event carries.
pub(crate) fn request(event: HttpEvent, invocation_id: &str) -> Result<Request, EdgeFault> {
    let body = match event.body {
        None => Bytes::new(),
        Some(text) if event.is_base64 => {
            BASE64_STANDARD.decode(text).map_err(|_| EdgeFault::malformed("body", "expected Base64"))?.into()
        }
        Some(text) => text.into(),
    };
    let mut headers = event.headers;
    if !event.cookies.is_empty()
        && let Ok(value) = event.cookies.join("; ").try_into()
    {
        headers.insert(header::COOKIE, value);
    }
    let mut request = Request::default();
    request.method = Method::from_bytes(event.context.method.as_bytes())
        .map_err(|_| EdgeFault::malformed("method", "expected a method of HTTP"))?;
    request.path = event.path.unwrap_or_else(|| "/".to_owned());
    request.query = Query::parse(event.query.as_deref().unwrap_or_default())?;
    request.headers = headers;
    request.body = body;
    request.request_id = event.request_id.unwrap_or_else(|| invocation_id.to_owned());
    request.source_ip = event.context.source_ip;
    Ok(request)
}

/// A buffered answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HttpAnswer {
    status_code: u16,
    #[serde(serialize_with = "http_headers::write")]
    headers: HeaderMap,
    cookies: Vec<String>,
    #[serde(skip_serializing_if = "HttpBody::is_empty")]
    body: HttpBody,
    is_base64_encoded: bool,
}

/// A body in JSON, written from where it lies: text as it is, other bytes as Base64.
#[derive(Debug)]
enum HttpBody {
    Text(Bytes),
    Binary(Bytes),
}

impl HttpBody {
    fn is_empty(&self) -> bool {
        matches!(self, Self::Text(bytes) if bytes.is_empty())
    }
}

impl Serialize for HttpBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(bytes) => {
                serializer.serialize_str(std::str::from_utf8(bytes).map_err(serde::ser::Error::custom)?)
            }
            Self::Binary(bytes) => serializer.collect_str(&Base64Display::new(bytes, &BASE64_STANDARD)),
        }
    }
}

/// The event that answers it.
pub(crate) fn answer(response: Response) -> FunctionResponse<HttpAnswer, Pieces> {
    let (status, mut headers, body) = response.into_parts();
    let cookies = take_cookies(&mut headers);
    match body {
        Body::Bytes(bytes) => {
            // What is no text travels as Base64, and says so.
            let is_text = is_text(&headers) && std::str::from_utf8(&bytes).is_ok();
            let body = if is_text { HttpBody::Text(bytes) } else { HttpBody::Binary(bytes) };
            let answer =
                HttpAnswer { status_code: status.as_u16(), headers, cookies, body, is_base64_encoded: !is_text };
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
    use crate::event::{Event, Kind};
    use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
    use http::{HeaderValue, StatusCode};
    use serde_json::{Value, json};

    fn event(extra: &Value) -> HttpEvent {
        let mut event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/v1/documents", "rawQueryString": "tag=a%20b",
            "headers": {"content-type": "text/plain", "X-Two": "one,two"}, "queryStringParameters": {"tag": "a b"},
            "requestContext": {"requestId": "r-1", "http": {"method": "POST", "path": "/v1/documents", "sourceIp": "192.0.2.1"}}
        });
        event.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let text = event.to_string();
        // AWS's own types take the same event.
        serde_json::from_str::<ApiGatewayV2httpRequest>(&text).unwrap();
        match serde_json::from_str::<Event>(&text).unwrap().kind("http").unwrap() {
            Kind::Http(event) => event,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_binary_body_arrives_as_bytes() {
        let request = request(event(&json!({"body": "AP8=", "isBase64Encoded": true})), "i-1").unwrap();
        assert_eq!(&request.body[..], [0, 255]);
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/documents"));
        assert_eq!(request.query.one("tag").unwrap(), Some("a b"));
        assert_eq!((request.request_id.as_str(), request.source_ip.as_deref()), ("r-1", Some("192.0.2.1")));
        assert!(super::request(event(&json!({"body": "not base64!", "isBase64Encoded": true})), "i-1").is_err());
    }

    #[test]
    fn text_headers_and_cookies_arrive_as_they_were() {
        let request =
            request(event(&json!({"body": "{\"a\": \"\u{e4}\\n\"}", "cookies": ["a=1", "b=2"]})), "i-1").unwrap();
        assert_eq!(&request.body[..], "{\"a\": \"\u{e4}\\n\"}".as_bytes());
        for (name, value) in [("x-two", "one,two"), ("cookie", "a=1; b=2"), ("content-type", "text/plain")] {
            assert_eq!(request.headers[name], value);
        }
        let bare = super::request(event(&json!({"headers": null, "body": null, "cookies": null})), "i-1").unwrap();
        assert!(bare.headers.is_empty() && bare.body.is_empty());
    }

    fn answered(response: Response) -> Value {
        match answer(response) {
            FunctionResponse::BufferedResponse(answer) => {
                let value = serde_json::to_value(answer).unwrap();
                // AWS's own type takes the same answer.
                serde_json::from_value::<ApiGatewayV2httpResponse>(value.clone()).unwrap();
                value
            }
            FunctionResponse::StreamingResponse(_) => panic!("not a stream"),
        }
    }

    #[test]
    fn a_binary_answer_leaves_as_base64_and_text_as_text() {
        let answer = |content_type: &'static str, bytes: &'static [u8]| {
            answered(Response::bytes(StatusCode::OK, HeaderValue::from_static(content_type), bytes.into()))
        };
        let binary = answer("application/pdf", &[0, 255]);
        assert_eq!((&binary["body"], &binary["isBase64Encoded"]), (&json!("AP8="), &json!(true)));
        let text = answer("text/plain; charset=utf-8", b"hi");
        assert_eq!((&text["body"], &text["isBase64Encoded"]), (&json!("hi"), &json!(false)));
        let mislabelled = answer("text/plain", &[0xff]);
        assert_eq!(mislabelled["isBase64Encoded"], json!(true));
    }

    #[test]
    fn several_values_of_a_header_are_joined_and_cookies_stand_apart() {
        let mut response = Response::empty(StatusCode::NO_CONTENT);
        for (name, value) in [("vary", "origin"), ("vary", "accept"), ("set-cookie", "a=1"), ("set-cookie", "b=2")] {
            response.headers_mut().append(name, HeaderValue::from_static(value));
        }
        let answer = answered(response);
        assert_eq!((&answer["statusCode"], &answer["headers"]), (&json!(204), &json!({"vary": "origin, accept"})));
        assert_eq!((&answer["cookies"], answer.get("body")), (&json!(["a=1", "b=2"]), None));
    }
}
