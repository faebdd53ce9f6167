//! Says who decides for somebody who is away.

use super::view::SubstitutionView;
use crate::acts::input::key;
use crate::caller::ADMIN;
use crate::commit::now;
use crate::{ApprovalsFault, Deps};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use http::{StatusCode, header};
use octavo_domain_approvals::{Substitution, derived_id};
use octavo_domain_calendar::Zone;
use octavo_domain_kernel::{PortErrorKind, Principal, UserId};
use octavo_wiring_edge::{EdgeFault, Problem, ProblemDocument, Request, Response};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// How far ahead a substitution may begin.
const AHEAD_DAYS_MAX: i64 = 731;
/// Substitutions of a person that are not over: the store's own limit.
const SUBSTITUTIONS_MAX: u32 = 100;

/// Somebody decides for somebody else.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubstitutionInput {
    /// Who is away: you, if nobody is said. Administrators may say somebody else.
    #[schema(value_type = Option<String>, example = "ada")]
    user: Option<UserId>,
    /// Who decides for them.
    #[schema(value_type = String, example = "bob")]
    substitute: UserId,
    /// The first day.
    from: NaiveDate,
    /// The last day: not before the first, not over already, at most two years later.
    to: NaiveDate,
    /// Whose days; UTC's, if none is said.
    #[schema(value_type = Option<String>, example = "Europe/Vienna")]
    zone: Option<Zone>,
    /// Only for approvals of these categories, at most 50; for all, if none are named.
    #[serde(default)]
    #[schema(max_items = 50, example = json!(["contract"]))]
    categories: Vec<String>,
}

impl SubstitutionInput {
    fn substitution(self, principal: &Principal, id: Uuid, at: DateTime<Utc>) -> Result<Substitution, EdgeFault> {
        let user = self.user.unwrap_or_else(|| principal.user.clone());
        let mut categories = self.categories;
        categories.sort();
        categories.dedup();
        let substitution = Substitution {
            id,
            user,
            substitute: self.substitute,
            from: self.from,
            to: self.to,
            zone: self.zone.unwrap_or_else(Zone::utc),
            categories,
            created_by: principal.user.clone(),
            created_at: at,
        };
        substitution.check().map_err(|wrong| EdgeFault::invalid(wrong.field, wrong.message))?;
        // A day that is not over somewhere may be one behind of UTC's.
        if substitution.to < at.date_naive() - TimeDelta::days(1) {
            return Err(EdgeFault::invalid("to", "expected a day that is not over"));
        }
        if substitution.from > at.date_naive() + TimeDelta::days(AHEAD_DAYS_MAX) {
            return Err(EdgeFault::invalid("from", format!("expected a day at most {AHEAD_DAYS_MAX} days ahead")));
        }
        Ok(substitution)
    }
}

/// Says who decides for you while you are away. They decide in your name only what you could have decided yourself, and
/// nothing that they asked for or wrote. It does not chain: whoever substitutes them does not decide for you.
///
/// With an `Idempotency-Key` the request can be sent again and makes one.
#[utoipa::path(
    post, path = "/v1/substitutions", tag = "approvals", operation_id = "substitution_create",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this request; 1 to 255 characters")),
    request_body = SubstitutionInput,
    responses(
        (status = 201, body = SubstitutionView, headers(("Location" = String))),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "For somebody else"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "100 that are not over"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "A field is not acceptable"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let input: SubstitutionInput = request.json()?;
    if input.user.as_ref().is_some_and(|user| *user != principal.user) && !principal.has_role(ADMIN) {
        return Err(ApprovalsFault::AdminOnly.into());
    }
    // The same request is the same row, however often it comes.
    let id = match key(&request)? {
        Some(key) => derived_id(&["substitution", principal.tenant.as_str(), principal.user.as_str(), &key]),
        None => deps.ids.next(),
    };
    let mut substitution = input.substitution(principal, id, now(&deps))?;
    if let Some(before) = deps.approvals.substitution_get(&principal.tenant, id).await? {
        substitution.created_at = before.created_at;
    }
    match deps.approvals.substitution_put(&principal.tenant, &substitution).await {
        Ok(()) => {}
        Err(error) if error.kind == PortErrorKind::Conflict => {
            return Err(ApprovalsFault::TooMany(SUBSTITUTIONS_MAX).into());
        }
        Err(error) => return Err(error.into()),
    }
    let response = Response::json(StatusCode::CREATED, &SubstitutionView::of(&substitution));
    Ok(response.with_text(header::LOCATION, &format!("/v1/substitutions/{id}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_domain_kernel::Fault;
    use serde_json::{Value, json};

    fn made(input: Value) -> Result<Substitution, Vec<String>> {
        let principal = Principal {
            tenant: "acme".parse().unwrap(),
            user: "ada".parse().unwrap(),
            name: None,
            groups: Default::default(),
            roles: Default::default(),
            api_key: None,
        };
        let input: SubstitutionInput = serde_json::from_value(input).unwrap();
        let at = "2026-11-27T12:00:00Z".parse().unwrap();
        let fields = |fault: EdgeFault| fault.fields().into_iter().map(|field| field.field).collect();
        input.substitution(&principal, Uuid::nil(), at).map_err(fields)
    }

    #[test]
    fn what_cannot_be_is_named() {
        let good =
            made(json!({"substitute": "bob", "from": "2026-11-26", "to": "2026-11-26", "categories": ["b", "a", "b"]}));
        let good = good.unwrap();
        assert_eq!(
            (good.user.as_str(), good.zone.as_str(), good.categories),
            ("ada", "UTC", vec!["a".to_owned(), "b".to_owned()])
        );
        for (input, wrong) in [
            (json!({"substitute": "ada", "from": "2026-12-01", "to": "2026-12-02"}), vec!["substitute"]),
            (json!({"substitute": "bob", "from": "2026-12-02", "to": "2026-12-01"}), vec!["to"]),
            (json!({"substitute": "bob", "from": "2026-11-01", "to": "2026-11-25"}), vec!["to"]),
            (json!({"substitute": "bob", "from": "2026-12-01", "to": "2029-12-01"}), vec!["to"]),
            (json!({"substitute": "bob", "from": "2036-12-01", "to": "2036-12-01"}), vec!["from"]),
            (
                json!({"substitute": "bob", "from": "2026-12-01", "to": "2026-12-01", "categories": ["A"]}),
                vec!["categories"],
            ),
        ] {
            assert_eq!(made(input.clone()).unwrap_err(), wrong, "{input}");
        }
    }
}
