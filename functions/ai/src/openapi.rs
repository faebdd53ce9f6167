//! The function's part of the API's description.

use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    paths(
        crate::chat::handle, crate::responses::handle, crate::messages::handle, crate::messages::count_tokens,
        crate::embeddings::handle, crate::models::list, crate::models::one,
        crate::admin::policy::read, crate::admin::policy::write, crate::admin::usage::read, crate::admin::calls::list, crate::admin::call::transcript,
        crate::admin::budgets::list, crate::admin::alerts::list, crate::admin::breakers::list,
        crate::admin::breakers::hold, crate::admin::breakers::reset, crate::admin::providers::list,
        crate::admin::providers::put_key, crate::admin::providers::delete_key,
        crate::api_keys::create, crate::api_keys::list, crate::api_keys::revoke,
    ),
    tags((name = "ai", description = "AI models by the protocols of OpenAI and Anthropic, with the tenant's budgets and ledger"))
)]
struct Description;

/// OpenAPI 3.1 of the routes. The security scheme `token` is declared by whoever puts the parts together.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Description::openapi()
}
