//! A function's answer as an HTTP answer: payload format 2.0, explicit or inferred.

use crate::{Body, full};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, TRANSFER_ENCODING};
use hyper::{Method, Response, StatusCode};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

/// The explicit form; also the prelude of a streamed answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer<'a> {
    #[serde(default)]
    status_code: Option<u16>,
    #[serde(default)]
    headers: Headers,
    #[serde(default)]
    multi_value_headers: Headers,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(borrow, default)]
    body: Option<Text<'a>>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// What stands before the body.
pub(super) struct Head {
    pub(super) status: StatusCode,
    /// Without those that frame the body.
    pub(super) headers: HeaderMap,
    /// The body's length, if the function says it.
    pub(super) length: Option<u64>,
}

/// Text that is taken from where it lies, if nothing in it is escaped.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The HTTP answer that a buffered response to a request of `method` stands for, or why it stands for none.
pub(super) fn buffered(method: &Method, payload: &Bytes) -> Result<Response<Body>, String> {
    let mut answer = match serde_json::from_slice::<Answer<'_>>(payload) {
        Ok(answer) if answer.status_code.is_some() => answer,
        Ok(_) => return Ok(inferred(payload.clone())),
        Err(error) => return unreadable(payload, &error),
    };
    let body = match answer.body.take() {
        None => Bytes::new(),
        Some(Text(body)) if answer.is_base64_encoded => {
            BASE64_STANDARD.decode(&*body).map_err(|error| format!("its body is no Base64: {error}"))?.into()
        }
        Some(Text(Cow::Borrowed(body))) => payload.slice_ref(body.as_bytes()),
        Some(Text(Cow::Owned(body))) => body.into(),
    };
    let head = answer.head()?;
    let (is_empty, mut response) = (body.is_empty(), Response::new(full(body)));
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
    // To HEAD a function may tell the length of a body that it did not read.
    if method == Method::HEAD
        && is_empty
        && let Some(length) = head.length
    {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    Ok(response)
}

/// The inferred form: the whole response is the body.
fn inferred(body: Bytes) -> Response<Body> {
    let mut response = Response::new(full(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// What is not read as the explicit form may be the inferred one: any JSON that has no status.
fn unreadable(payload: &Bytes, error: &serde_json::Error) -> Result<Response<Body>, String> {
    let is_explicit = serde_json::from_slice::<HashMap<Cow<'_, str>, &RawValue>>(payload)
        .is_ok_and(|members| members.contains_key("statusCode"));
    if is_explicit {
        return Err(error.to_string());
    }
    match serde_json::from_slice::<serde_json::Value>(payload) {
        Ok(serde_json::Value::String(text)) => Ok(inferred(text.into())),
        Ok(_) => Ok(inferred(payload.clone())),
        Err(error) => Err(format!("it is no JSON: {error}")),
    }
}

impl Answer<'_> {
    /// Status and headers.
    pub(super) fn head(self) -> Result<Head, String> {
        let status = self.status_code.ok_or("it has no statusCode")?;
        let status = StatusCode::from_u16(status).map_err(|_| format!("its status {status} is none"))?;
        let Headers(mut headers) = self.headers;
        // A name in both stands for the several values of the second.
        for name in self.multi_value_headers.0.keys() {
            headers.remove(name);
            for value in self.multi_value_headers.0.get_all(name) {
                headers.append(name, value.clone());
            }
        }
        // How the body is framed is the gateway's business.
        headers.remove(TRANSFER_ENCODING);
        let length = headers.remove(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        for cookie in self.cookies.into_iter().flatten() {
            let value =
                HeaderValue::try_from(cookie).map_err(|_| "a cookie of it holds what a header cannot".to_owned())?;
            headers.append(SET_COOKIE, value);
        }
        Ok(Head { status, headers, length })
    }
}

/// Names with a value or several. Functions write numbers and booleans as values too.
#[derive(Default)]
struct Headers(HeaderMap);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of headers")
    }

    fn visit_unit<E>(self) -> Result<Headers, E> {
        Ok(Headers::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
        let mut headers = HeaderMap::with_capacity(16);
        while let Some(Text(name)) = map.next_key()? {
            let name: HeaderName =
                name.parse().map_err(|_| A::Error::custom(format_args!("its header name {name:?} is none")))?;
            headers.remove(&name);
            map.next_value_seed(Values { headers: &mut headers, name })?;
        }
        Ok(Headers(headers))
    }
}

/// The value or values of one header.
struct Values<'a> {
    headers: &'a mut HeaderMap,
    name: HeaderName,
}

impl Values<'_> {
    fn add<E: Error>(&mut self, text: &str) -> Result<(), E> {
        let value = HeaderValue::from_str(text)
            .map_err(|_| E::custom(format_args!("its header {} holds what a header cannot", self.name)))?;
        self.headers.append(self.name.clone(), value);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Values<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Values<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, a boolean or a list of these")
    }

    fn visit_str<E: Error>(mut self, text: &str) -> Result<(), E> {
        self.add(text)
    }

    fn visit_bool<E: Error>(mut self, value: bool) -> Result<(), E> {
        self.add(if value { "true" } else { "false" })
    }

    fn visit_u64<E: Error>(mut self, value: u64) -> Result<(), E> {
        self.add(&value.to_string())
    }

    fn visit_i64<E: Error>(mut self, value: i64) -> Result<(), E> {
        self.add(&value.to_string())
    }

    fn visit_f64<E: Error>(mut self, value: f64) -> Result<(), E> {
        self.add(&value.to_string())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        let Values { headers, name } = self;
        while values.next_element_seed(Values { headers: &mut *headers, name: name.clone() })?.is_some() {}
        Ok(())
    }
}
