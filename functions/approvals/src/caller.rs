//! Who asks, as the rules of approvals see them.

use crate::Deps;
use crate::commit::now;
use chrono::{DateTime, Utc};
use http::header;
use octavo_domain_approvals::{Actor, Approval, Place, Substitution, Via, acting_for};
use octavo_domain_kernel::{GroupId, PortError, Reader, TenantId, UserId};
use octavo_wiring_edge::{Problem, Request};
use std::collections::BTreeSet;

/// The role of a tenant's administrators.
pub(crate) const ADMIN: &str = "admin";
/// Characters that are kept of what a request says it is made by.
const USER_AGENT_CHARS_MAX: usize = 256;

/// Somebody, with those whom they may be a substitute of.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) tenant: TenantId,
    pub(crate) user: UserId,
    pub(crate) groups: BTreeSet<GroupId>,
    pub(crate) admin: bool,
    pub(crate) now: DateTime<Utc>,
    substitutions: Vec<Substitution>,
    place: Place,
}

impl Caller {
    /// Whoever sent a request with a token.
    pub(crate) async fn of(deps: &Deps, request: &Request, via: Via) -> Result<Self, Problem> {
        let principal = request.principal()?;
        let now = now(deps);
        let me = std::slice::from_ref(&principal.user);
        let substitutions = deps.approvals.substitutions_by(&principal.tenant, me, now).await?;
        Ok(Self {
            tenant: principal.tenant.clone(),
            user: principal.user.clone(),
            groups: principal.groups.clone(),
            admin: principal.has_role(ADMIN),
            now,
            substitutions,
            place: place(request, via),
        })
    }

    /// Whoever holds a link. They have shown no token, so that their groups are those that the tenant says they are in, by now;
    /// and they administer nothing.
    pub(crate) async fn of_link(
        deps: &Deps,
        request: &Request,
        tenant: &TenantId,
        user: &UserId,
    ) -> Result<Self, PortError> {
        let now = now(deps);
        let substitutions = deps.approvals.substitutions_by(tenant, std::slice::from_ref(user), now).await?;
        let person = deps.people.person_get(tenant, user).await?;
        Ok(Self {
            tenant: tenant.clone(),
            user: user.clone(),
            groups: person.map(|person| person.groups).unwrap_or_default(),
            admin: false,
            now,
            substitutions,
            place: place(request, Via::Link),
        })
    }

    /// As the rules see them at this approval.
    pub(crate) fn actor(&self, approval: &Approval) -> Actor {
        let category = approval.request.category.as_deref();
        Actor {
            user: self.user.clone(),
            groups: self.groups.clone(),
            substitute_of: acting_for(&self.substitutions, &self.user, category, self.now),
            admin: self.admin,
            place: self.place.clone(),
        }
    }

    /// As whom they may decide besides themselves, whatever the category: groups first.
    pub(crate) fn other_readers(&self) -> Vec<Reader> {
        let substituted: BTreeSet<UserId> = self
            .substitutions
            .iter()
            .flat_map(|substitution| {
                let category = substitution.categories.first().map(String::as_str);
                acting_for(std::slice::from_ref(substitution), &self.user, category, self.now)
            })
            .collect();
        self.groups.iter().cloned().map(Reader::Group).chain(substituted.into_iter().map(Reader::User)).collect()
    }

    /// Whether they are a substitute now for some categories alone: then what may be theirs is known from each approval only.
    pub(crate) fn is_limited(&self) -> bool {
        self.substitutions.iter().any(|substitution| {
            let category = substitution.categories.first().map(String::as_str);
            let now = acting_for(std::slice::from_ref(substitution), &self.user, category, self.now);
            category.is_some() && !now.is_empty()
        })
    }

    /// Themselves, then everybody as whom they may decide.
    pub(crate) fn readers(&self) -> Vec<Reader> {
        std::iter::once(Reader::User(self.user.clone())).chain(self.other_readers()).collect()
    }
}

fn place(request: &Request, via: Via) -> Place {
    let user_agent = request.headers.get(header::USER_AGENT);
    let user_agent = user_agent.map(|value| String::from_utf8_lossy(value.as_bytes()));
    // A database keeps no NUL; a header cannot hold one.
    let user_agent = user_agent.map(|text| text.chars().take(USER_AGENT_CHARS_MAX).collect());
    Place { via, address: request.source_ip.clone(), user_agent }
}
