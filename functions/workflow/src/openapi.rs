//! The function's part of the API's description. The route of the stock clients is described by AWS's own model.

use crate::{access_keys, connections, files, machines, search};
use octavo_wiring_edge::describe_refusals;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "Octavo workflows", description = "Workflows in Amazon States Language, beside the Step Functions API."),
    paths(
        access_keys::create::handle,
        access_keys::list::handle,
        access_keys::delete::handle,
        connections::put::handle,
        connections::list::handle,
        connections::get::handle,
        connections::delete::handle,
        files::put::handle,
        files::get::handle,
        files::delete::handle,
        machines::check::handle,
        search::list::handle,
        search::actions::handle,
        search::dead::list,
        search::dead::retry,
    ),
    tags((name = "workflows", description = "Workflows in Amazon States Language: executions, their files and keys"))
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
        assert_eq!(description["paths"].as_object().unwrap().len(), 10);
        let text = description.to_string();
        let references: Vec<&str> =
            text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(references.len() > 10);
        for name in references {
            assert!(description["components"]["schemas"][name].is_object(), "{name}");
        }
    }
}
