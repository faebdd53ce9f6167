//! The request that a task's parameters describe.

use super::form::{self, Lists};
use crate::tasks::error::Failed;
use crate::tasks::parameters::Parameters;
use bytes::Bytes;
use serde_json::Value;
use url::Url;

/// Headers at most.
const HEADERS_MAX: usize = 100;
/// The longest URL with its query, in bytes.
const URL_BYTES_MAX: usize = 8_192;

const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"];

/// Headers that a definition may not set: they are the connection's, the transport's, or would pretend to be a proxy.
const REFUSED: &[&str] = &[
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "proxy-authorization",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "www-authenticate",
];
const REFUSED_PREFIXES: &[&str] = &["x-forwarded", "x-amz", "x-amzn"];

/// A request, without what a connection adds.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) url: Url,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Bytes>,
    pub(super) connection_arn: Option<String>,
}

pub(super) fn read(parameters: &Value) -> Result<Asked, Failed> {
    let parameters = Parameters::of(parameters)?;
    let method = parameters.needed("Method")?;
    if !METHODS.contains(&method) {
        return Err(Failed::parameter("Method", format!("expected one of {}", METHODS.join(", "))));
    }
    let endpoint = parameters.needed("ApiEndpoint")?;
    let mut url = Url::parse(endpoint).map_err(|error| Failed::parameter("ApiEndpoint", error))?;
    url.set_fragment(None);
    query(&mut url, parameters.object("QueryParameters")?)?;
    if url.as_str().len() > URL_BYTES_MAX {
        return Err(Failed::parameter("QueryParameters", format!("the URL is longer than {URL_BYTES_MAX} bytes")));
    }
    let mut headers = headers(parameters.object("Headers")?)?;
    let transform = parameters.object("Transform")?;
    let options = transform.object("Transform.RequestEncodingOptions")?;
    let lists = Lists::parse(options.text("ArrayFormat")?)?;
    let encoded = match transform.text("RequestBodyEncoding")? {
        None | Some("NONE") => false,
        Some("URL_ENCODED") => true,
        Some(_) => return Err(transform.wrong("RequestBodyEncoding", "expected NONE or URL_ENCODED")),
    };
    let given = headers.iter().position(|(name, _)| name == "content-type");
    let given = given.map(|at| headers[at].1.clone());
    let (body, media_type) = match parameters.value("RequestBody") {
        None => (None, None),
        Some(Value::Object(members)) if encoded => {
            (Some(form::encode(members, lists)), Some("application/x-www-form-urlencoded"))
        }
        Some(_) if encoded => {
            return Err(Failed::parameter("RequestBody", "expected an object, for it to be URL encoded"));
        }
        // A text of another type than JSON is sent as it is.
        Some(Value::String(text)) if given.as_ref().is_some_and(|kind| !is_json(kind)) => (Some(text.clone()), None),
        Some(value) => (Some(value.to_string()), Some("application/json")),
    };
    if let (None, Some(media_type)) = (given, media_type) {
        headers.push(("content-type".to_owned(), media_type.to_owned()));
    }
    let authentication = parameters.object("Authentication")?.text("ConnectionArn")?;
    let invocation = parameters.object("InvocationConfig")?.text("ConnectionArn")?;
    Ok(Asked {
        method: method.to_owned(),
        url,
        headers,
        body: body.map(Bytes::from),
        connection_arn: authentication.or(invocation).map(str::to_owned),
    })
}

/// Whether a media type is one of JSON.
pub(super) fn is_json(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

fn query(url: &mut Url, given: Parameters<'_>) -> Result<(), Failed> {
    if given.iter().next().is_none() {
        return Ok(());
    }
    let mut pairs = url.query_pairs_mut();
    for (name, value) in given.iter() {
        match value {
            Value::Array(items) if items.iter().all(is_scalar) => {
                for item in items {
                    pairs.append_pair(name, &form::plain(item));
                }
            }
            value if is_scalar(value) => {
                pairs.append_pair(name, &form::plain(value));
            }
            _ => return Err(given.wrong(name, "expected a string, or a list of strings")),
        }
    }
    Ok(())
}

fn headers(given: Parameters<'_>) -> Result<Vec<(String, String)>, Failed> {
    let mut headers = Vec::new();
    for (name, value) in given.iter() {
        let lower = name.to_ascii_lowercase();
        if REFUSED.contains(&lower.as_str()) || REFUSED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) {
            return Err(given.wrong(name, "this header cannot be set by a task"));
        }
        match value {
            Value::Array(items) if items.iter().all(is_scalar) => {
                headers.extend(items.iter().map(|item| (lower.clone(), form::plain(item))));
            }
            value if is_scalar(value) => headers.push((lower, form::plain(value))),
            _ => return Err(given.wrong(name, "expected a string, or a list of strings")),
        }
    }
    if headers.len() > HEADERS_MAX {
        return Err(Failed::parameter("Headers", format!("more than {HEADERS_MAX}")));
    }
    Ok(headers)
}

fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(parameters: &Value) -> Result<Asked, String> {
        read(parameters).map_err(|failed| failed.cause)
    }

    #[test]
    fn a_request_is_all_that_its_parameters_say() {
        let asked = asked(&json!({
            "ApiEndpoint": "https://api.example.com/orders?a=1#x",
            "Method": "POST",
            "Headers": {"X-One": "1", "X-List": ["a", "b"]},
            "QueryParameters": {"b": [1, true], "c": "ü"},
            "RequestBody": {"total": 7},
            "Authentication": {"ConnectionArn": "arn:x"},
        }))
        .unwrap();
        assert_eq!(asked.url.as_str(), "https://api.example.com/orders?a=1&b=1&b=true&c=%C3%BC");
        let headers: Vec<_> = asked.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(headers, ["x-one: 1", "x-list: a", "x-list: b", "content-type: application/json"]);
        assert_eq!(asked.body.as_deref(), Some(br#"{"total":7}"#.as_slice()));
        assert_eq!(asked.connection_arn.as_deref(), Some("arn:x"));
    }

    #[test]
    fn a_body_is_encoded_by_its_type() {
        let body = |body: Value, kind: Option<&str>, encoding: &str| {
            let headers = kind.map_or(json!({}), |kind| json!({"Content-Type": kind}));
            let parameters = json!({"ApiEndpoint": "https://h/", "Method": "PUT", "RequestBody": body,
                "Headers": headers, "Transform": {"RequestBodyEncoding": encoding}});
            let asked = asked(&parameters).unwrap();
            let kind = asked.headers.iter().find(|(name, _)| name == "content-type").unwrap().1.clone();
            (String::from_utf8(asked.body.unwrap().to_vec()).unwrap(), kind)
        };
        let told = |body: &str, kind: &str| (body.to_owned(), kind.to_owned());
        assert_eq!(body(json!("x"), None, "NONE"), told("\"x\"", "application/json"));
        assert_eq!(body(json!("x"), Some("text/plain"), "NONE"), told("x", "text/plain"));
        assert_eq!(body(json!({"a": 1}), Some("text/plain"), "NONE"), told("{\"a\":1}", "text/plain"));
        let form = "application/x-www-form-urlencoded";
        assert_eq!(body(json!({"a": [1]}), None, "URL_ENCODED"), told("a%5B0%5D=1", form));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let with = |name: &str, value: Value| {
            let mut parameters = json!({"ApiEndpoint": "https://h/", "Method": "GET"});
            parameters[name] = value;
            asked(&parameters).unwrap_err()
        };
        for (name, value, named) in [
            ("ApiEndpoint", json!("h/x"), "ApiEndpoint"),
            ("ApiEndpoint", json!(null), "ApiEndpoint"),
            ("Method", json!("get"), "Method"),
            ("Headers", json!({"Host": "evil"}), "Headers.Host"),
            ("Headers", json!({"X-Forwarded-For": "1"}), "Headers.X-Forwarded-For"),
            ("Headers", json!({"X-One": {}}), "Headers.X-One"),
            ("Headers", json!([]), "Headers"),
            ("QueryParameters", json!({"a": null}), "QueryParameters.a"),
            ("QueryParameters", json!({"a": "x".repeat(9_000)}), "QueryParameters"),
            ("Transform", json!({"RequestBodyEncoding": "ZIP"}), "Transform.RequestBodyEncoding"),
            ("Transform", json!({"RequestEncodingOptions": {"ArrayFormat": "X"}}), "ArrayFormat"),
        ] {
            let told = with(name, value);
            assert!(told.contains(named), "{told}");
        }
    }
}
