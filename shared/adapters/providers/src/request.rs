//! Where a request goes, and its headers.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use octavo_domain_ai::models::ProviderKind;
use octavo_domain_ai::ports::UpstreamRequest;
use octavo_domain_ai::{FaultClass, ProviderFault};
use url::Url;

/// The version of Anthropic's API that is spoken where the request says no other.
const ANTHROPIC_VERSION: &str = "2023-06-01";
const ANTHROPIC_VERSION_HEADER: HeaderName = HeaderName::from_static("anthropic-version");

/// The URL of a request.
pub(crate) fn url(request: &UpstreamRequest) -> Result<Url, ProviderFault> {
    let mut url = request.endpoint.base_url.clone();
    {
        let mut segments = url.path_segments_mut().map_err(|()| {
            let message = format!("the base URL of {} cannot have a path", request.endpoint.name);
            ProviderFault::new(FaultClass::NotFound, message)
        })?;
        segments.pop_if_empty();
        match &request.endpoint.kind {
            // The deployment is a name that people choose: put in as one segment, whatever is in it.
            ProviderKind::Azure { api_version: Some(_) } => segments.extend(["deployments", request.model.as_str()]),
            ProviderKind::Azure { api_version: None } => segments.push("v1"),
            ProviderKind::OpenAi | ProviderKind::Anthropic => &mut segments,
        }
        .extend(request.path.split('/').filter(|segment| !segment.is_empty()));
    }
    if let ProviderKind::Azure { api_version: Some(version) } = &request.endpoint.kind {
        url.query_pairs_mut().append_pair("api-version", version);
    }
    Ok(url)
}

/// The headers of a request, the key among them.
pub(crate) fn headers(request: &UpstreamRequest) -> Result<HeaderMap, ProviderFault> {
    let mut headers = HeaderMap::with_capacity(6 + request.headers.len());
    let accept = if request.stream { "text/event-stream" } else { "application/json" };
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    // Nothing here unpacks; a packed answer is refused.
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in &request.headers {
        let value = HeaderValue::from_str(value).map_err(|_| {
            ProviderFault::new(FaultClass::InvalidRequest, format!("the header {name} cannot have this value"))
        })?;
        headers.insert(HeaderName::from_static(name), value);
    }
    let (name, prefix) = match &request.endpoint.kind {
        ProviderKind::OpenAi => (header::AUTHORIZATION, "Bearer "),
        ProviderKind::Anthropic => {
            let version = HeaderValue::from_static(ANTHROPIC_VERSION);
            headers.entry(ANTHROPIC_VERSION_HEADER).or_insert(version);
            (HeaderName::from_static("x-api-key"), "")
        }
        ProviderKind::Azure { .. } => (HeaderName::from_static("api-key"), ""),
    };
    let mut key = HeaderValue::try_from(format!("{prefix}{}", request.key)).map_err(|_| {
        let message = format!("the key for {} has characters that no header can have", request.endpoint.name);
        ProviderFault::new(FaultClass::Authentication, message)
    })?;
    key.set_sensitive(true);
    headers.insert(name, key);
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use octavo_domain_ai::models::Endpoint;
    use octavo_domain_ai::ports::Timeouts;
    use std::sync::Arc;
    use std::time::Duration;

    fn request(kind: ProviderKind, base: &str, model: &str) -> UpstreamRequest {
        let second = Duration::from_secs(1);
        UpstreamRequest {
            endpoint: Arc::new(Endpoint {
                name: "p".to_owned(),
                kind,
                base_url: Url::parse(base).unwrap(),
                region: None,
            }),
            key: Arc::from("secret"),
            path: "chat/completions".to_owned(),
            model: model.to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
            stream: false,
            timeouts: Timeouts { connect: second, first_token: second, idle: second, total: second },
        }
    }

    fn azure(version: Option<&str>) -> ProviderKind {
        ProviderKind::Azure { api_version: version.map(str::to_owned) }
    }

    #[test]
    fn each_kind_has_its_url() {
        let url = |kind, base, model| url(&request(kind, base, model)).unwrap().to_string();
        assert_eq!(
            url(ProviderKind::OpenAi, "https://api.openai.com/v1/", "m"),
            "https://api.openai.com/v1/chat/completions"
        );
        assert_eq!(url(ProviderKind::Anthropic, "http://[::1]:1/x/v1/", "m"), "http://[::1]:1/x/v1/chat/completions");
        assert_eq!(
            url(azure(Some("2024-10-21")), "https://r.openai.azure.com/openai/", "my gpt/4?"),
            "https://r.openai.azure.com/openai/deployments/my%20gpt%2F4%3F/chat/completions?api-version=2024-10-21"
        );
        assert_eq!(
            url(azure(None), "https://r.openai.azure.com/openai/", "m"),
            "https://r.openai.azure.com/openai/v1/chat/completions"
        );
        assert_eq!(
            url(ProviderKind::OpenAi, "https://h/v1?tenant=a", "m"),
            "https://h/v1/chat/completions?tenant=a",
            "a forgotten slash costs no part of the path"
        );
    }

    #[test]
    fn each_kind_says_who_one_is_in_its_way() {
        let of = |kind| headers(&request(kind, "https://h/", "m")).unwrap();
        let headers_openai = of(ProviderKind::OpenAi);
        assert_eq!(headers_openai["authorization"], "Bearer secret");
        assert!(headers_openai["authorization"].is_sensitive());
        let headers_anthropic = of(ProviderKind::Anthropic);
        assert_eq!(headers_anthropic["x-api-key"], "secret");
        assert_eq!(headers_anthropic["anthropic-version"], "2023-06-01");
        assert!(!headers_anthropic.contains_key("authorization"));
        assert_eq!(of(azure(None))["api-key"], "secret");
    }

    #[test]
    fn a_version_that_the_request_names_is_kept() {
        let mut request = request(ProviderKind::Anthropic, "https://h/", "m");
        request.headers = vec![("anthropic-version", "2026-10-21".to_owned()), ("anthropic-beta", "b".to_owned())];
        let headers = headers(&request).unwrap();
        assert_eq!(headers["anthropic-version"], "2026-10-21");
        assert_eq!(headers["anthropic-beta"], "b");
    }

    #[test]
    fn a_key_that_is_no_header_is_refused_without_being_told() {
        let mut request = request(ProviderKind::OpenAi, "https://h/", "m");
        request.key = Arc::from("se\ncret");
        let fault = headers(&request).unwrap_err();
        assert_eq!(fault.class, FaultClass::Authentication);
        assert!(!fault.message.contains("cret"), "{fault}");
    }
}
