//! This function's part of the OpenAPI document (3.1), made of the code.

use crate::{content, create, delete, list, patch, read, replace, restore, share, versions};
use octavo_wiring_edge::{ProblemDocument, describe_refusals};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(title = "Octavo documents", description = "Create, read, version, share and delete documents."),
    paths(
        create::handle, list::handle, read::handle, replace::whole, patch::handle, delete::handle, restore::handle,
        content::newest, replace::content, versions::list, versions::read, content::of_version, share::list,
        share::grant, share::revoke,
    ),
    components(schemas(ProblemDocument)),
    tags(
        (name = "documents", description = "Documents and their versions"),
        (name = "sharing", description = "Who may read and change a document"),
    ),
    security(("token" = [])),
    modifiers(&Token, &Contended),
)]
struct Description;

struct Token;

impl Modify for Token {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

struct Contended;

impl Modify for Contended {
    /// Every operation may meet others who keep changing the document.
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemDocument"))).build();
        let response = ResponseBuilder::new().description("Others kept changing the document");
        let response = response.content("application/problem+json", content).build();
        for item in openapi.paths.paths.values_mut() {
            for operation in operations(item) {
                let responses = &mut operation.responses.responses;
                responses.entry("409".to_owned()).or_insert_with(|| response.clone().into());
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete]
        .into_iter()
        .filter_map(Option::as_mut)
}

/// The description of every operation here, for the platform's OpenAPI document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut description = Description::openapi();
    describe_refusals(&mut description, |_| true);
    description
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_described_with_its_refusals() {
        let description = serde_json::to_value(openapi()).unwrap();
        assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
        let paths = description["paths"].as_object().unwrap();
        let mut seen = Vec::new();
        for (path, item) in paths {
            for (method, operation) in item.as_object().unwrap() {
                seen.push(format!("{} {path} {}", method.to_uppercase(), operation["operationId"].as_str().unwrap()));
                for status in ["400", "401", "503"] {
                    let content = &operation["responses"][status]["content"]["application/problem+json"];
                    assert_eq!(content["schema"]["$ref"], "#/components/schemas/ProblemDocument", "{method} {path}");
                }
            }
        }
        seen.sort();
        insta::assert_snapshot!(seen.join("\n"));
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let description = serde_json::to_value(openapi()).unwrap();
        let text = description.to_string();
        let references: Vec<&str> =
            text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(references.len() > 20);
        for name in references {
            assert!(description["components"]["schemas"][name].is_object(), "{name}");
        }
    }
}
