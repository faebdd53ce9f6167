//! Sets a target.

use super::get::find;
use super::input::TargetInput;
use super::seal::{open, seal};
use super::view::TargetView;
use crate::caller::only_admin;
use crate::page::now;
use crate::{Deps, NotifyFault};
use http::StatusCode;
use octavo_domain_notify::{Address, SealedTarget};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response};
use std::sync::Arc;

/// Targets of a tenant.
const TARGETS_MAX: usize = 100;
const NAME_CHARS_MAX: usize = 64;

/// Sets a target
///
/// For administrators. The answer shows a secret only where it was drawn by this.
#[utoipa::path(
    put, path = "/v1/notification-targets/{name}", tag = "notifications", operation_id = "notification_target_put",
    params(("name" = String, Path, description = "1 to 64 of a-z, 0-9 and -", example = "crm")),
    request_body = TargetInput,
    responses(
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "You are no administrator"),
        (status = 200, body = TargetView),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "There are 100 already"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    only_admin(principal)?;
    let tenant = &principal.tenant;
    let name: String = request.param("name")?;
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=NAME_CHARS_MAX).contains(&name.len()) || !name.bytes().all(good) {
        let message = "expected 1 to 64 of a-z, 0-9 and -".to_owned();
        return Err(NotifyFault::Invalid { field: "path:name".to_owned(), message }.into());
    }
    let input: TargetInput = request.json()?;
    let present = find(&deps, tenant, &name).await?;
    if present.is_none() && deps.store.targets(tenant, None).await?.len() >= TARGETS_MAX {
        return Err(NotifyFault::TooMany { limit: TARGETS_MAX }.into());
    }
    let opened = present.as_ref().map(|target| open(&*deps.sealer, tenant, target)).transpose()?;
    let wanted = input.wanted(opened, [deps.ids.next(), deps.ids.next(), deps.ids.next()])?;
    let channel = wanted.kind.channel();
    let target = SealedTarget {
        channel,
        sealed: seal(&*deps.sealer, tenant, &wanted.kind),
        active: wanted.active,
        updated_at: now(&deps),
        name,
    };
    deps.store.target_put(tenant, &target).await?;
    // It said that it is gone for good, and is somewhere else now.
    deps.store.suppression_delete(tenant, channel, &Address(target.name.clone())).await?;
    let mut view = TargetView::opened(&target, wanted.kind);
    view.secret = wanted.drawn;
    Ok(Response::json(StatusCode::OK, &view))
}
