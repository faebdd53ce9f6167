//! The function's part of the API's description.

use crate::acts::{bulk, claim, comment, decide, delegate, release, withdraw};
use crate::link::{post, show};
use crate::substitutions::{create as substitute, delete as unsubstitute, list as substitutes};
use crate::{calendars, counts, document, history, list, read, templates, workflow};
use octavo_wiring_edge::describe_refusals;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "Octavo approvals", description = "What waits for people's decisions, and what they decide."),
    paths(
        list::handle,
        counts::handle,
        read::handle,
        history::handle,
        document::show::handle,
        workflow::handle,
        claim::handle,
        release::handle,
        delegate::handle,
        decide::handle,
        withdraw::handle,
        comment::handle,
        bulk::handle,
        show::handle,
        post::handle,
        templates::list,
        templates::read,
        substitutes::handle,
        substitute::handle,
        unsubstitute::handle,
        calendars::list::handle,
        calendars::get::handle,
        calendars::put::handle,
        calendars::delete::handle,
    ),
    tags((name = "approvals", description = "Approvals by people, asked for by workflows; substitutions and calendars"))
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
        assert_eq!(description["paths"].as_object().unwrap().len(), 20);
        let text = description.to_string();
        let references: Vec<&str> =
            text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(references.len() > 10);
        for name in references {
            assert!(description["components"]["schemas"][name].is_object(), "{name}");
        }
    }
}
