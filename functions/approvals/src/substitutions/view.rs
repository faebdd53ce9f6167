//! Substitutions as clients see them.

use chrono::{DateTime, NaiveDate, Utc};
use octavo_domain_approvals::Substitution;
use octavo_domain_kernel::UserId;
use serde::Serialize;
use uuid::Uuid;

/// A substitution.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SubstitutionView {
    /// Its identifier.
    id: Uuid,
    /// Who is away.
    #[schema(value_type = String, example = "ada")]
    user: UserId,
    /// Who decides for them.
    #[schema(value_type = String, example = "bob")]
    substitute: UserId,
    /// The first day, in `zone`.
    from: NaiveDate,
    /// The last day, in `zone`.
    to: NaiveDate,
    /// Whose days.
    #[schema(example = "Europe/Vienna")]
    zone: String,
    /// Only for approvals of these categories; for all, if none are named.
    categories: Vec<String>,
    /// Who said so.
    #[schema(value_type = String)]
    created_by: UserId,
    /// When.
    created_at: DateTime<Utc>,
}

impl SubstitutionView {
    pub(crate) fn of(substitution: &Substitution) -> Self {
        Self {
            id: substitution.id,
            user: substitution.user.clone(),
            substitute: substitution.substitute.clone(),
            from: substitution.from,
            to: substitution.to,
            zone: substitution.zone.to_string(),
            categories: substitution.categories.clone(),
            created_by: substitution.created_by.clone(),
            created_at: substitution.created_at,
        }
    }
}
