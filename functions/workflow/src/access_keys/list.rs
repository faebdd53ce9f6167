//! Lists access keys.

use super::view::{AccessKeyList, AccessKeyView};
use crate::caller::Caller;
use crate::{Deps, WorkflowFault};
use http::StatusCode;
use octavo_domain_kernel::UserId;
use octavo_wiring_edge::{EdgeFault, Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// For `user`: everybody of the tenant.
const EVERYBODY: &str = "*";

/// Lists one's own access keys, newest first; an administrator may ask for somebody else's, or for all (`*`). At most 1,000
/// are shown.
#[utoipa::path(
    get, path = "/v1/access-keys", tag = "workflows", operation_id = "access_key_list",
    params(("user" = Option<String>, Query, description = "Whose, or `*` for all of the tenant; one's own if not given")),
    responses(
        (status = 200, body = AccessKeyList),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Somebody else's, and no administrator asks"),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let caller = Caller::new(request.principal()?.clone(), &deps.region);
    request.query.only(&["user"])?;
    let user = match request.query.one("user")? {
        None => Some(caller.user().clone()),
        Some(EVERYBODY) => None,
        Some(user) => {
            Some(user.parse::<UserId>().map_err(|error| EdgeFault::malformed("query:user", error.to_string()))?)
        }
    };
    if user.as_ref() != Some(caller.user()) && !caller.is_admin() {
        return Err(WorkflowFault::NotAdministrator.into());
    }
    let keys = deps.access_keys.access_key_list(caller.tenant(), user.as_ref()).await?;
    let access_keys = keys.into_iter().map(|key| AccessKeyView::of(key, None)).collect();
    Ok(Response::json(StatusCode::OK, &AccessKeyList { access_keys }))
}
