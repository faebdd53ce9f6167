//! The routes.

use crate::{
    Deps, callbacks, events, inbox, messages, people, preferences, settings, suppressions, targets, templates,
    unsubscribe,
};
use octavo_wiring_edge::Router;

/// Every operation under its method and path. What providers and mail programs call is open and proves itself otherwise; all
/// else needs a token. `HEAD` goes wherever `GET` goes.
pub fn router() -> Router<Deps> {
    Router::new()
        .route("POST", "/v1/notifications", events::create)
        .route("GET", "/v1/notifications", events::list)
        .route("GET", "/v1/notifications/{id}", events::get)
        .route("GET", "/v1/notification-messages", messages::list)
        .route("GET", "/v1/notification-messages/{id}", messages::get)
        .route("POST", "/v1/notification-messages/{id}/retry", messages::retry)
        .route("GET", "/v1/notification-preferences", preferences::get)
        .route("PUT", "/v1/notification-preferences", preferences::put)
        .route("GET", "/v1/notification-settings", settings::get)
        .route("PUT", "/v1/notification-settings", settings::put)
        .route("GET", "/v1/notification-templates", templates::list)
        .route("GET", "/v1/notification-templates/{name}/{language}", templates::get)
        .route("PUT", "/v1/notification-templates/{name}/{language}", templates::put)
        .route("DELETE", "/v1/notification-templates/{name}/{language}", templates::delete)
        .route("POST", "/v1/notification-templates/{name}/{language}/preview", templates::preview)
        .route("POST", "/v1/notification-templates/{name}/{language}/test", templates::test)
        .route("GET", "/v1/notification-suppressions", suppressions::list)
        .route("POST", "/v1/notification-suppressions", suppressions::post)
        .route("DELETE", "/v1/notification-suppressions/{channel}/{address}", suppressions::delete)
        .route("GET", "/v1/notification-targets", targets::list)
        .route("GET", "/v1/notification-targets/{name}", targets::get)
        .route("PUT", "/v1/notification-targets/{name}", targets::put)
        .route("DELETE", "/v1/notification-targets/{name}", targets::delete)
        .route("GET", "/v1/people", people::list)
        .route("GET", "/v1/people/{user}", people::get)
        .route("PUT", "/v1/people/{user}", people::put)
        .route("DELETE", "/v1/people/{user}", people::delete)
        .route("GET", "/v1/inbox", inbox::list)
        .route("POST", "/v1/inbox/marks", inbox::marks)
        .open_route("GET", "/v1/unsubscribe/{token}", unsubscribe::show)
        .open_route("POST", "/v1/unsubscribe/{token}", unsubscribe::post)
        .open_route("POST", "/v1/notification-callbacks/{provider}", callbacks::handle)
        .open_route("POST", "/v1/notification-callbacks/{provider}/{reference}", callbacks::handle_of_message)
}
