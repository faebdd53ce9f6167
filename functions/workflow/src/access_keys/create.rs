//! Makes an access key.

use super::secret::draw;
use super::view::AccessKeyView;
use crate::caller::Caller;
use crate::signature::SECRET_PURPOSE;
use crate::{Deps, WorkflowFault};
use http::{HeaderValue, StatusCode, header};
use octavo_domain_kernel::{FieldFault, GroupId, UserId};
use octavo_domain_workflow::catalogue::{AccessKey, AccessKeyInserted};
use octavo_wiring_edge::{EdgeFault, Problem, ProblemDocument, Request, Response};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The longest label, in characters.
const LABEL_CHARS_MAX: usize = 100;
/// Groups, and roles, of a key at most.
const MEMBERSHIPS_MAX: usize = 100;
/// The longest role, in characters.
const ROLE_CHARS_MAX: usize = 64;

/// What a new access key is to be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccessKey {
    /// What it is for; 1 to 100 characters.
    #[schema(example = "deployment of the order workflows")]
    label: String,
    /// In whose name it acts; oneself if not said. Somebody else's key is made by administrators only.
    #[schema(value_type = Option<String>)]
    user: Option<UserId>,
    /// With which roles: of one's own unless one is an administrator. All of one's own if not said, none for somebody else.
    roles: Option<BTreeSet<String>>,
    /// With which groups, by the same rule.
    #[schema(value_type = Option<Vec<String>>)]
    groups: Option<BTreeSet<GroupId>>,
}

/// Makes an access key for the stock clients of AWS. Its secret is shown in this answer and never again.
///
/// It acts with the groups and roles that it is made with, also when its user has others later: delete it then. At most 20
/// for a user.
#[utoipa::path(
    post, path = "/v1/access-keys", tag = "workflows", operation_id = "access_key_create", request_body = NewAccessKey,
    responses(
        (status = 201, body = AccessKeyView),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "For somebody else, by no administrator"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "The user has 20 (WORKFLOW_0007)"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
    ),
    security(("token" = []))
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let caller = Caller::new(request.principal()?.clone(), &deps.region);
    let input: NewAccessKey = request.json()?;
    let other = input.user.as_ref().is_some_and(|user| user != caller.user());
    if other && !caller.is_admin() {
        return Err(WorkflowFault::NotAdministrator.into());
    }
    let key_label = input.label.trim().to_owned();
    let own = &caller.principal;
    let roles = input.roles.unwrap_or_else(|| if other { BTreeSet::new() } else { own.roles.clone() });
    let groups = input.groups.unwrap_or_else(|| if other { BTreeSet::new() } else { own.groups.clone() });
    let mut faults = Vec::new();
    if !(1..=LABEL_CHARS_MAX).contains(&key_label.chars().count()) || key_label.contains(char::is_control) {
        let expected = format!("expected 1 to {LABEL_CHARS_MAX} characters without control characters");
        faults.push(FieldFault::new("label", expected));
    }
    if roles.len() > MEMBERSHIPS_MAX || !roles.iter().all(|role| is_role(role)) {
        let expected = format!("expected at most {MEMBERSHIPS_MAX} roles of 1 to {ROLE_CHARS_MAX} visible characters");
        faults.push(FieldFault::new("roles", expected));
    }
    if groups.len() > MEMBERSHIPS_MAX {
        faults.push(FieldFault::new("groups", format!("expected at most {MEMBERSHIPS_MAX} groups")));
    }
    if !caller.is_admin() {
        let strange = roles.difference(&own.roles).map(|role| FieldFault::new("roles", not_yours("role", role)));
        faults.extend(strange);
        let strange = groups.difference(&own.groups);
        faults.extend(strange.map(|group| FieldFault::new("groups", not_yours("group", group.as_str()))));
    }
    if !faults.is_empty() {
        return Err(EdgeFault::Invalid(faults).into());
    }
    let (id, secret) = draw(&*deps.ids);
    let key = AccessKey {
        id,
        tenant: caller.tenant().clone(),
        user: input.user.unwrap_or_else(|| caller.user().clone()),
        label: key_label,
        groups,
        roles,
        sealed: deps.sealer.seal(caller.tenant(), SECRET_PURPOSE, secret.as_bytes()),
        created_at: deps.clock.now(),
        created_by: caller.user().clone(),
        used_at: None,
    };
    match deps.access_keys.access_key_insert(&key).await? {
        AccessKeyInserted::Done => {
            let response = Response::json(StatusCode::CREATED, &AccessKeyView::of(key, Some(secret)));
            Ok(response.with(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        }
        AccessKeyInserted::TooMany => Err(WorkflowFault::TooManyAccessKeys.into()),
    }
}

fn is_role(role: &str) -> bool {
    (1..=ROLE_CHARS_MAX).contains(&role.len()) && role.bytes().all(|byte| byte.is_ascii_graphic())
}

fn not_yours(what: &str, name: &str) -> String {
    format!("you do not have the {what} {name}")
}
