//! A function's answer as an HTTP answer: payload format 2.0, explicit or inferred.

use crate::{Body, full};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, TRANSFER_ENCODING};
use hyper::{Method, Response, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// The explicit form; also the prelude of a streamed answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    pub(super) status_code: u16,
    #[serde(default)]
    headers: Option<HashMap<String, Plain>>,
    #[serde(default)]
    multi_value_headers: Option<HashMap<String, Vec<Plain>>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// Functions write numbers and booleans as header values too.
#[derive(Deserialize)]
#[serde(untagged)]
enum Plain {
    Text(String),
    Number(serde_json::Number),
    Boolean(bool),
}

impl Plain {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Boolean(boolean) => boolean.to_string(),
        }
    }
}

/// The HTTP answer that a buffered response to a request of `method` stands for, or why it stands for none.
pub(super) fn buffered(method: &Method, payload: &Bytes) -> Result<Response<Body>, String> {
    let is_explicit = serde_json::from_slice::<HashMap<&str, &RawValue>>(payload)
        .is_ok_and(|members| members.contains_key("statusCode"));
    if !is_explicit {
        // The inferred form: the whole response is the body.
        let body = match serde_json::from_slice::<serde_json::Value>(payload) {
            Ok(serde_json::Value::String(text)) => Bytes::from(text),
            Ok(_) => payload.clone(),
            Err(error) => return Err(format!("it is no JSON: {error}")),
        };
        let mut response = Response::new(full(body));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return Ok(response);
    }
    let mut answer: Answer = serde_json::from_slice(payload).map_err(|error| error.to_string())?;
    let body = match answer.body.take() {
        None => Bytes::new(),
        Some(body) if answer.is_base64_encoded => {
            BASE64_STANDARD.decode(body).map_err(|error| format!("its body is no Base64: {error}"))?.into()
        }
        Some(body) => body.into(),
    };
    let (status, mut headers) = answer.head()?;
    // To HEAD a function may tell the length of a body that it did not read.
    if method == Method::HEAD
        && body.is_empty()
        && let Some(length) = answer.length()
    {
        headers.insert(CONTENT_LENGTH, length.into());
    }
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

impl Answer {
    fn length(&self) -> Option<u64> {
        let named = self.headers.iter().flatten().find(|(name, _)| name.eq_ignore_ascii_case(CONTENT_LENGTH.as_str()));
        named.and_then(|(_, value)| value.text().parse().ok())
    }

    /// Status and headers.
    pub(super) fn head(&self) -> Result<(StatusCode, HeaderMap), String> {
        let status =
            StatusCode::from_u16(self.status_code).map_err(|_| format!("its status {} is none", self.status_code))?;
        let mut headers = HeaderMap::new();
        let single = self.headers.iter().flatten().map(|(name, value)| (name, std::slice::from_ref(value)));
        let multiple = self.multi_value_headers.iter().flatten().map(|(name, values)| (name, values.as_slice()));
        // A name in both stands for the several values of the second.
        for (name, values) in single.chain(multiple) {
            let name: HeaderName = name.parse().map_err(|_| format!("its header name {name:?} is none"))?;
            // How the body is framed is the gateway's business.
            if name == CONTENT_LENGTH || name == TRANSFER_ENCODING {
                continue;
            }
            headers.remove(&name);
            for value in values {
                let value = HeaderValue::from_str(&value.text())
                    .map_err(|_| format!("its header {name} holds what a header cannot"))?;
                headers.append(name.clone(), value);
            }
        }
        for cookie in self.cookies.iter().flatten() {
            let value =
                HeaderValue::from_str(cookie).map_err(|_| "a cookie of it holds what a header cannot".to_owned())?;
            headers.append(SET_COOKIE, value);
        }
        Ok((status, headers))
    }
}
