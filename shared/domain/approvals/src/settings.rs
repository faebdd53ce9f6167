//! What a tenant and its people set.

use chrono::{DateTime, NaiveDate, Utc};
use octavo_domain_calendar::{Calendar, Zone};
use octavo_domain_kernel::UserId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Which substitution.
pub type SubstitutionId = Uuid;

/// Somebody decides for somebody else who is away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Substitution {
    /// Which.
    pub id: SubstitutionId,
    /// Who is away.
    pub user: UserId,
    /// Who decides for them.
    pub substitute: UserId,
    /// The first day, in `zone`.
    pub from: NaiveDate,
    /// The last day, in `zone`.
    pub to: NaiveDate,
    /// Whose days.
    pub zone: Zone,
    /// Only for approvals of these categories; for all, if none are named.
    pub categories: Vec<String>,
    /// Who said so.
    pub created_by: UserId,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A calendar of the tenant's.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedCalendar {
    /// 1 to 64 characters of `a-z`, `0-9`, `-`. The one that is meant where none is named is `default`.
    pub name: String,
    /// Zone, business hours, holidays.
    pub calendar: Calendar,
    /// When it was set.
    pub updated_at: DateTime<Utc>,
}
