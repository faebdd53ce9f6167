//! The OpenAPI document of the whole platform.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, Info, OpenApi, SecurityRequirement};

/// The documents of all functions, merged, with the one way to authenticate.
pub fn whole() -> OpenApi {
    let mut whole = OpenApi::default();
    for part in parts() {
        whole.merge(part);
    }
    octavo_wiring_edge::describe_bytes(&mut whole);
    whole.info = Info::new("Octavo", env!("CARGO_PKG_VERSION"));
    whole.info.description =
        Some("Documents, search, AI, generated documents, workflows, approvals and notifications. Every answer of 400 and above is a problem document (RFC 9457), but those of the AI protocols, which are in OpenAI's or Anthropic's form.".to_owned());
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = whole.components.get_or_insert_with(Components::new);
    components.security_schemes.insert("token".to_owned(), bearer.into());
    whole.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
    whole
}

fn parts() -> [OpenApi; 8] {
    [
        octavo_documents::openapi(),
        octavo_search::openapi(),
        octavo_ai::openapi(),
        octavo_generate::openapi(),
        octavo_connect::openapi(),
        octavo_workflow::openapi(),
        octavo_approvals::openapi(),
        octavo_notify::openapi(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn no_two_functions_call_different_things_by_one_name() {
        let whole = serde_json::to_value(whole()).unwrap();
        for part in parts() {
            let part = serde_json::to_value(part).unwrap();
            let title = part["info"]["title"].clone();
            for kind in ["schemas", "securitySchemes"] {
                let Some(named) = part["components"][kind].as_object() else { continue };
                for (name, meant) in named {
                    if (kind, name.as_str()) == ("securitySchemes", "token") {
                        continue;
                    }
                    assert_eq!(
                        &whole["components"][kind][name], meant,
                        "{name} of {title} means something else elsewhere"
                    );
                }
            }
        }
    }

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let whole = serde_json::to_value(whole()).unwrap();
        let mut names: Vec<&Value> = Vec::new();
        for item in whole["paths"].as_object().unwrap().values() {
            names.extend(item.as_object().unwrap().values().filter_map(|operation| operation.get("operationId")));
        }
        let all = names.len();
        names.sort_by_key(|name| name.to_string());
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(all > 100, "{all}");
    }
}
