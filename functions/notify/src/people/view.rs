//! A person as clients see and set them.

use crate::NotifyFault;
use crate::caller::only_admin;
use chrono::{DateTime, Utc};
use octavo_domain_calendar::Zone;
use octavo_domain_kernel::{GroupId, Principal, UserId};
use octavo_domain_notify::Person;
use octavo_wiring_edge::{Problem, Request};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a person calls themselves in a path.
const ME: &str = "me";

/// A person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PersonView {
    /// Who: as in their token's `sub`.
    #[schema(value_type = String, example = "ada")]
    user: UserId,
    /// What they are called.
    #[schema(example = "Ada Lovelace")]
    name: Option<String>,
    /// Their mail address.
    #[schema(example = "ada@acme.example")]
    email: Option<String>,
    /// Their telephone number, for text messages.
    #[schema(example = "+4366012345678")]
    phone: Option<String>,
    /// Their language, BCP 47.
    #[schema(example = "de-AT")]
    language: Option<String>,
    /// Their time zone, of the IANA database.
    #[schema(value_type = Option<String>, example = "Europe/Vienna")]
    zone: Option<Zone>,
    /// The groups by which they are told.
    #[schema(value_type = Vec<String>, example = json!(["legal"]))]
    groups: BTreeSet<GroupId>,
    /// When this was set; null for who is not known yet.
    updated_at: Option<DateTime<Utc>>,
}

/// What is known of a person. What is left out is not known then: it is set as a whole.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonInput {
    /// What they are called: at most 200 characters.
    #[schema(max_length = 200)]
    pub(super) name: Option<String>,
    /// Their mail address. Only administrators may change it.
    pub(super) email: Option<String>,
    /// Their telephone number, E.164. Only administrators may change it.
    pub(super) phone: Option<String>,
    /// Their language, BCP 47.
    pub(super) language: Option<String>,
    /// Their time zone, of the IANA database.
    #[schema(value_type = Option<String>)]
    pub(super) zone: Option<Zone>,
    /// The groups by which they are told: at most 200. Only administrators may change them; left out, they stay.
    #[schema(value_type = Option<Vec<String>>)]
    pub(super) groups: Option<BTreeSet<GroupId>>,
}

impl PersonView {
    pub(super) fn of(person: Person) -> Self {
        let Person { user, name, email, phone, language, zone, groups, updated_at } = person;
        Self { user, name, email, phone, language, zone, groups, updated_at: Some(updated_at) }
    }

    /// Who signed in and is not known otherwise.
    pub(super) fn unknown(principal: &Principal) -> Self {
        Self {
            user: principal.user.clone(),
            name: principal.name.clone(),
            email: None,
            phone: None,
            language: None,
            zone: None,
            groups: BTreeSet::new(),
            updated_at: None,
        }
    }
}

/// Whom the path names. Others than oneself are for administrators.
pub(super) fn whom(request: &Request) -> Result<UserId, Problem> {
    let principal = request.principal()?;
    let named: String = request.param("user")?;
    if named == ME || named == principal.user.as_str() {
        return Ok(principal.user.clone());
    }
    only_admin(principal)?;
    Ok(request.param("user")?)
}

pub(super) const NOT_FOUND: NotifyFault = NotifyFault::NotFound { what: "person" };
