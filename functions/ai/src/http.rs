//! The routes.

use crate::{Deps, admin, api_keys, chat, embeddings, messages, models, refusals, responses};
use octavo_wiring_edge::Router;

/// Every operation under its method and path. All need a token or an API key.
pub fn router() -> Router<Deps> {
    Router::new()
        .refusals(refusals::write)
        .route("POST", "/v1/chat/completions", chat::handle)
        .route("POST", "/v1/responses", responses::handle)
        .route("POST", "/v1/messages", messages::handle)
        .route("POST", "/v1/messages/count_tokens", messages::count_tokens)
        .route("POST", "/v1/embeddings", embeddings::handle)
        .route("GET", "/v1/models", models::list)
        .route("GET", "/v1/models/{model}", models::one)
        .route("GET", "/v1/ai/policy", admin::read_policy)
        .route("PUT", "/v1/ai/policy", admin::write_policy)
        .route("GET", "/v1/ai/usage", admin::read_usage)
        .route("GET", "/v1/ai/calls", admin::list_calls)
        .route("GET", "/v1/ai/calls/{id}/transcript", admin::read_transcript)
        .route("GET", "/v1/ai/budgets", admin::list_budgets)
        .route("GET", "/v1/ai/alerts", admin::list_alerts)
        .route("GET", "/v1/ai/breakers", admin::list_breakers)
        .route("POST", "/v1/ai/breakers/{provider}/{model}/hold", admin::hold_breaker)
        .route("POST", "/v1/ai/breakers/{provider}/{model}/reset", admin::reset_breaker)
        .route("GET", "/v1/ai/providers", admin::list_providers)
        .route("PUT", "/v1/ai/providers/{provider}/key", admin::put_provider_key)
        .route("DELETE", "/v1/ai/providers/{provider}/key", admin::delete_provider_key)
        .route("POST", "/v1/ai/keys", api_keys::create)
        .route("GET", "/v1/ai/keys", api_keys::list)
        .route("DELETE", "/v1/ai/keys/{id}", api_keys::revoke)
}
