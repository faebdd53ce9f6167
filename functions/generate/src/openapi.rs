//! The function's part of the API's description.

use crate::{cancel, create, list, read, retry, templates};
use octavo_wiring_edge::describe_refusals;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "Octavo generations", description = "Long documents, written section by section from sources."),
    paths(create::handle, list::handle, templates::handle, read::handle, cancel::handle, retry::handle),
    tags((name = "generations", description = "Long documents, written section by section from what one may read"))
)]
struct Description;

/// OpenAPI 3.1 of the routes. The security scheme `token` is declared by whoever puts the parts together.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut description = Description::openapi();
    describe_refusals(&mut description, |_| true);
    description
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        let description = serde_json::to_value(openapi()).unwrap();
        assert_eq!(description["paths"].as_object().unwrap().len(), 5);
        let text = description.to_string();
        let references: Vec<&str> =
            text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(references.len() > 10);
        for name in references {
            assert!(description["components"]["schemas"][name].is_object(), "{name}");
        }
    }
}
