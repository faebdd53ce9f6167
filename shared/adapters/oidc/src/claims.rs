//! From claims to a principal.

use octavo_domain_kernel::{AuthenticateError, GroupId, Principal, UserId};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Groups and roles beyond this are refused: they become terms of every search.
const GROUPS_MAX: usize = 256;

/// The principal that verified `claims` speak of: `sub`, the tenant claim, and if they are there `name`, `groups`, `roles`.
pub(crate) fn principal(claims: &Map<String, Value>, tenant_claim: &str) -> Result<Principal, AuthenticateError> {
    let text = |name: &str| {
        claims
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| invalid(format!("its claim {name} is missing or no text")))
    };
    let tenant = text(tenant_claim)?.parse().map_err(|error| invalid(format!("its claim {tenant_claim}: {error}")))?;
    let user: UserId = text("sub")?.parse().map_err(|error| invalid(format!("its claim sub: {error}")))?;
    let groups = texts(claims, "groups")?
        .into_iter()
        .map(|group| group.parse::<GroupId>().map_err(|error| invalid(format!("its claim groups: {error}"))))
        .collect::<Result<_, _>>()?;
    let roles = texts(claims, "roles")?.into_iter().collect();
    let name = claims.get("name").and_then(Value::as_str).map(str::to_owned);
    Ok(Principal { tenant, user, name, groups, roles, api_key: None })
}

fn texts(claims: &Map<String, Value>, name: &str) -> Result<BTreeSet<String>, AuthenticateError> {
    let values = match claims.get(name) {
        None | Some(Value::Null) => return Ok(BTreeSet::new()),
        Some(Value::Array(values)) if values.len() <= GROUPS_MAX => values,
        Some(_) => return Err(invalid(format!("its claim {name} is no list of at most {GROUPS_MAX} texts"))),
    };
    values
        .iter()
        .map(|value| {
            value.as_str().map(str::to_owned).ok_or_else(|| invalid(format!("its claim {name} holds no text")))
        })
        .collect()
}

fn invalid(reason: String) -> AuthenticateError {
    AuthenticateError::Invalid(reason)
}
