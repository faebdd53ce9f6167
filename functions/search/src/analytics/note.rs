//! A search was answered.

use crate::Deps;
use octavo_domain_kernel::Principal;
use octavo_domain_search::{SearchQuery, SearchSeen, SearchTicket, analytics_text};

/// Counts a search that was answered, and answers its search id. Only first pages are counted: who pages on has not searched
/// again, and clicks on later pages belong to the first one's id.
pub(crate) fn note(
    deps: &Deps,
    principal: &Principal,
    query: &SearchQuery,
    hits: u64,
    tolerant: bool,
    took_ms: u64,
) -> Option<String> {
    if query.after.is_some() {
        return None;
    }
    let (text, at) = (analytics_text(query.text.as_deref()), deps.clock.now());
    let ticket = SearchTicket { id: deps.desk.ids.next(), at: at.timestamp(), text: text.clone() };
    let tenant = principal.tenant.clone();
    deps.recorder.note(&principal.user, SearchSeen { tenant, at, text, hits, tolerant, took_ms });
    Some(ticket.seal(&deps.cursor_key, &principal.tenant, &principal.user))
}
