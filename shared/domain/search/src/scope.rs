//! What one person may find.

use crate::{HIDDEN_MAX, SearchState};
use octavo_domain_kernel::{DocumentId, Principal, Reader, TenantId, UserId};

/// The border of a search. An engine applies all of it inside the query, never to its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Only this tenant's documents.
    pub tenant: TenantId,
    /// Who asks.
    pub user: UserId,
    /// Only documents that one of these may read. Sorted.
    pub readers: Vec<Reader>,
    /// And none of these, which the index may still show. Sorted, at most [`HIDDEN_MAX`].
    pub hidden: Vec<DocumentId>,
}

/// More is hidden than a search can leave out: nothing may be shown until the index has caught up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {HIDDEN_MAX} documents were unshared and are still in the index")]
pub struct TooMuchHidden;

impl Scope {
    /// What `principal` may find, given what the index does not know yet.
    pub fn new(principal: &Principal, state: &SearchState) -> Result<Self, TooMuchHidden> {
        if state.hidden.len() > HIDDEN_MAX {
            return Err(TooMuchHidden);
        }
        let mut readers = principal.readers();
        readers.sort();
        Ok(Self {
            tenant: principal.tenant.clone(),
            user: principal.user.clone(),
            readers,
            hidden: state.hidden.clone(),
        })
    }
}
