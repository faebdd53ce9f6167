//! Client tokens for whoever asks with the access key: what a function hands out with its redirect.

use super::{Deps, authorise};
use chrono::TimeDelta;
use http::{StatusCode, header};
use octavo_domain_kernel::UserId;
use octavo_wiring_edge::{EdgeFault, Problem, Request, Response};
use serde_json::json;
use std::sync::Arc;

/// How long a client token is good, by default and at most, minutes: Azure's.
const MINUTES: i64 = 60;
const MINUTES_MAX: i64 = 24 * 60;

/// `POST /api/hubs/{hub}/:generateToken?userId=&minutesToExpire=&groups=`: `{token}`, for `/client/?hub={hub}`.
pub(super) async fn generate(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let tenant = authorise::tenant(&deps, &request)?;
    let (hub, _) = deps.clients(&tenant, &request)?;
    let user = request.query.parsed::<UserId>("userId")?;
    let user = user.ok_or_else(|| EdgeFault::malformed("query:userId", "expected the user whom it signs in"))?;
    let minutes = request.query.parsed::<i64>("minutesToExpire")?.unwrap_or(MINUTES);
    if !(1..=MINUTES_MAX).contains(&minutes) {
        return Err(EdgeFault::malformed("query:minutesToExpire", "expected 1 to 1440").into());
    }
    let host = request.header(&header::HOST)?.unwrap_or_default();
    let audience = format!("https://{host}/client/?hub={hub}");
    let token = deps.tokens.sign(&tenant, &audience, deps.clock.now(), TimeDelta::minutes(minutes), |claims| {
        claims.sub = Some(user.to_string());
        claims.groups = request.query.all("group").map(str::to_owned).collect();
    });
    Ok(Response::json(StatusCode::OK, &json!({ "token": token })))
}
