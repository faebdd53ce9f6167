//! The routes.

use crate::acts::{bulk, claim, comment, decide, delegate, release, withdraw};
use crate::{Deps, calendars, counts, document, history, link, list, read, substitutions, templates, workflow};
use octavo_wiring_edge::Router;

/// Every operation under its method and path. All need a token but those of links in mails, which are their own proof; `HEAD`
/// goes wherever `GET` goes.
pub fn router() -> Router<Deps> {
    Router::new()
        .route("GET", "/v1/approvals", list::handle)
        .route("GET", "/v1/approvals/counts", counts::handle)
        .route("POST", "/v1/approvals/decisions", bulk::handle)
        .route("GET", "/v1/approvals/{id}", read::handle)
        .route("GET", "/v1/approvals/{id}/history", history::handle)
        .route("GET", "/v1/approvals/{id}/document", document::show::handle)
        .route("GET", "/v1/approvals/{id}/workflow", workflow::handle)
        .route("POST", "/v1/approvals/{id}/claim", claim::handle)
        .route("POST", "/v1/approvals/{id}/release", release::handle)
        .route("POST", "/v1/approvals/{id}/delegate", delegate::handle)
        .route("POST", "/v1/approvals/{id}/decision", decide::handle)
        .route("POST", "/v1/approvals/{id}/withdraw", withdraw::handle)
        .route("POST", "/v1/approvals/{id}/comments", comment::handle)
        .open_route("GET", "/v1/approval-links/{token}", link::show::handle)
        .open_route("POST", "/v1/approval-links/{token}", link::post::handle)
        .route("GET", "/v1/approval-templates", templates::list)
        .route("GET", "/v1/approval-templates/{name}", templates::read)
        .route("GET", "/v1/substitutions", substitutions::list::handle)
        .route("POST", "/v1/substitutions", substitutions::create::handle)
        .route("DELETE", "/v1/substitutions/{id}", substitutions::delete::handle)
        .route("GET", "/v1/calendars", calendars::list::handle)
        .route("GET", "/v1/calendars/{name}", calendars::get::handle)
        .route("PUT", "/v1/calendars/{name}", calendars::put::handle)
        .route("DELETE", "/v1/calendars/{name}", calendars::delete::handle)
}
