//! The routes.

use crate::protocol::{endpoint, refusal};
use crate::{Deps, access_keys, connections, files, machines, search};
use octavo_wiring_edge::Router;

/// Every route. The one of the stock clients finds out itself who calls; the others need a token.
pub fn router() -> Router<Deps> {
    Router::new()
        .refusals(refusal)
        .open_route("POST", "/v1/states", endpoint)
        .open_route("POST", "/v1/states/", endpoint)
        .route("GET", "/v1/executions", search::list::handle)
        .route("POST", "/v1/executions/actions", search::actions::handle)
        .route("GET", "/v1/executions/dead", search::dead::list)
        .route("POST", "/v1/executions/dead/{id}/retry", search::dead::retry)
        .route("POST", "/v1/access-keys", access_keys::create::handle)
        .route("GET", "/v1/access-keys", access_keys::list::handle)
        .route("DELETE", "/v1/access-keys/{id}", access_keys::delete::handle)
        .route("POST", "/v1/workflow-checks", machines::check::handle)
        .route("GET", "/v1/workflow-connections", connections::list::handle)
        .route("PUT", "/v1/workflow-connections/{name}", connections::put::handle)
        .route("GET", "/v1/workflow-connections/{name}", connections::get::handle)
        .route("DELETE", "/v1/workflow-connections/{name}", connections::delete::handle)
        .route("PUT", "/v1/workflow-files/{bucket}", files::put::handle)
        .route("GET", "/v1/workflow-files/{bucket}", files::get::handle)
        .route("DELETE", "/v1/workflow-files/{bucket}", files::delete::handle)
}
