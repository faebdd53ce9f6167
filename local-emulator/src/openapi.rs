//! The OpenAPI document of the whole platform.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, Info, OpenApi, SecurityRequirement};

/// The documents of all functions, merged, with the one way to authenticate.
pub fn whole() -> OpenApi {
    let mut whole = octavo_documents::openapi();
    whole.merge(octavo_search::openapi());
    whole.merge(octavo_ai::openapi());
    whole.merge(octavo_generate::openapi());
    whole.merge(octavo_connect::openapi());
    whole.merge(octavo_workflow::openapi());
    whole.merge(octavo_approvals::openapi());
    whole.merge(octavo_notify::openapi());
    whole.info = Info::new("Octavo", env!("CARGO_PKG_VERSION"));
    whole.info.description =
        Some("Documents, search, AI, generated documents, workflows, approvals and notifications. Every answer of 400 and above is a problem document (RFC 9457), but those of the AI protocols, which are in OpenAI's or Anthropic's form.".to_owned());
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = whole.components.get_or_insert_with(Components::new);
    components.security_schemes.insert("token".to_owned(), bearer.into());
    whole.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
    whole
}
