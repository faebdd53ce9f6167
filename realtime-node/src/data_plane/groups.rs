//! Users and groups, on all nodes.

use super::{Deps, authorise};
use crate::fault::RealtimeFault;
use crate::nodes::Member;
use http::StatusCode;
use octavo_domain_kernel::{TenantId, UserId};
use octavo_domain_realtime::{Audience, Channel, Command, HubName};
use octavo_wiring_edge::{EdgeFault, Problem, Request, Response};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Connections on one page of a group, at most and by default.
const PAGE_MAX: usize = 200;

fn group(tenant: &TenantId, hub: &HubName, request: &Request) -> Result<String, Problem> {
    let group: String = request.param("group")?;
    let audience = Audience::Group(group.clone());
    Channel::new(tenant, hub, &audience).map_err(|error| EdgeFault::malformed("path:group", error.to_string()))?;
    Ok(group)
}

fn found(is_there: bool) -> Result<Response, Problem> {
    if is_there { Ok(Response::empty(StatusCode::OK)) } else { Err(RealtimeFault::Nobody.into()) }
}

/// `HEAD /api/hubs/{hub}/groups/{group}`.
pub(super) async fn group_exists(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let (hub, _) = deps.clients(&tenant, &request)?;
    let audience = Audience::Group(group(&tenant, &hub, &request)?);
    found(!deps.cluster.members(&deps.server, &tenant, &hub, &audience).await.is_empty())
}

/// `HEAD /api/hubs/{hub}/users/{user}`.
pub(super) async fn user_exists(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let (hub, _) = deps.clients(&tenant, &request)?;
    let audience = Audience::User(request.param("user")?);
    found(!deps.cluster.members(&deps.server, &tenant, &hub, &audience).await.is_empty())
}

/// `GET /api/hubs/{hub}/groups/{group}/connections`: `{value: [{connectionId, userId}], nextLink}`.
pub(super) async fn members(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let (hub, _) = deps.clients(&tenant, &request)?;
    let audience = Audience::Group(group(&tenant, &hub, &request)?);
    let number = |name: &str| request.query.parsed::<usize>(name).map(|found| found.filter(|number| *number > 0));
    let page = number("maxpagesize")?.unwrap_or(PAGE_MAX).min(PAGE_MAX);
    let top = number("top")?;
    let after = request.query.one("continuationToken")?.unwrap_or_default().to_owned();
    let mut all: Vec<Member> = deps.cluster.members(&deps.server, &tenant, &hub, &audience).await;
    all.sort_by(|one, other| one.connection_id.cmp(&other.connection_id));
    all.retain(|member| member.connection_id > after);
    let shown = page.min(top.unwrap_or(page));
    let more = all.len() > shown && top.is_none_or(|top| top > shown);
    all.truncate(shown);
    let mut answer = json!({ "value": all });
    if let (true, Some(last)) = (more, all.last()) {
        let left = top.map(|top| format!("&top={}", top - shown)).unwrap_or_default();
        let link = format!("{}?continuationToken={}&maxpagesize={page}{left}", request.path, last.connection_id);
        answer["nextLink"] = link.into();
    }
    Ok(Response::json(StatusCode::OK, &answer))
}

/// `PUT /api/hubs/{hub}/users/{user}/groups/{group}?ttl=SECONDS`: also for connections that are to come.
pub(super) async fn user_join(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let (hub, _) = deps.clients(&tenant, &request)?;
    let (user, group): (UserId, String) = (request.param("user")?, group(&tenant, &hub, &request)?);
    let ttl = request.query.parsed::<u64>("ttl")?.map(Duration::from_secs);
    if ttl == Some(Duration::ZERO) {
        return Err(EdgeFault::malformed("query:ttl", "expected seconds, at least 1").into());
    }
    deps.directory.user_group_add(&tenant, &hub, &user, &group, ttl).await.map_err(RealtimeFault::Port)?;
    deps.command(&tenant, &hub, &Audience::User(user), Command::Join { group, connection: None }).await?;
    Ok(Response::empty(StatusCode::ACCEPTED))
}

/// `DELETE /api/hubs/{hub}/users/{user}/groups/{group}`.
pub(super) async fn user_leave(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let (hub, _) = deps.clients(&tenant, &request)?;
    let group = group(&tenant, &hub, &request)?;
    user_leaves(&deps, &tenant, &hub, request.param("user")?, Some(group)).await
}

/// `DELETE /api/hubs/{hub}/users/{user}/groups`.
pub(super) async fn user_leave_all(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let (hub, _) = deps.clients(&tenant, &request)?;
    user_leaves(&deps, &tenant, &hub, request.param("user")?, None).await
}

async fn user_leaves(
    deps: &Deps,
    tenant: &TenantId,
    hub: &HubName,
    user: UserId,
    group: Option<String>,
) -> Result<Response, Problem> {
    deps.directory.user_group_remove(tenant, hub, &user, group.as_deref()).await.map_err(RealtimeFault::Port)?;
    deps.command(tenant, hub, &Audience::User(user), Command::Leave { group, connection: None }).await?;
    Ok(Response::empty(StatusCode::ACCEPTED))
}

/// `HEAD /api/hubs/{hub}/users/{user}/groups/{group}`: whether the user was put into it.
pub(super) async fn user_in_group(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let (hub, _) = deps.clients(&tenant, &request)?;
    let (user, group): (UserId, String) = (request.param("user")?, group(&tenant, &hub, &request)?);
    let groups = deps.directory.user_groups(&tenant, &hub, &user).await.map_err(RealtimeFault::Port)?;
    found(groups.contains(&group))
}
