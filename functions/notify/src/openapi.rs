//! The function's part of the API's description.

use crate::{
    callbacks, events, inbox, messages, people, preferences, settings, suppressions, targets, templates, unsubscribe,
};
use octavo_wiring_edge::describe_refusals;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "Octavo notifications", description = "Who is told of what, by which channel, when and in which words."),
    paths(
        events::create, events::list, events::get,
        messages::list, messages::get, messages::retry,
        preferences::get, preferences::put, settings::get, settings::put,
        templates::list, templates::get, templates::put, templates::delete, templates::preview, templates::test,
        suppressions::list, suppressions::post, suppressions::delete,
        targets::list, targets::get, targets::put, targets::delete,
        people::list, people::get, people::put, people::delete,
        inbox::list, inbox::marks,
        unsubscribe::show, unsubscribe::post, callbacks::handle, callbacks::handle_of_message,
    ),
    tags((name = "notifications", description = "Events, messages, preferences, templates, and what providers say"))
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
        assert_eq!(description["paths"].as_object().unwrap().len(), 22);
        let text = description.to_string();
        let references: Vec<&str> =
            text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(references.len() > 20);
        for name in references {
            assert!(description["components"]["schemas"][name].is_object(), "{name}");
        }
    }
}
