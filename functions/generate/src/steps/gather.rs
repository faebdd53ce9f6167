//! Finds what is to be read.

use crate::Deps;
use crate::fault::no_sources;
use crate::sources::{readable, text};
use octavo_domain_ai::safety::suspicion;
use octavo_domain_generate::{Generation, Outcome, Source};
use octavo_domain_kernel::{DocumentId, PortError, PortErrorKind};
use octavo_domain_search::{FilterRequest, PAGE_HITS_MAX, Scope, SearchRequest};

/// The documents that were named, then those that a search finds within what the requester may read now.
pub(super) async fn gather(deps: &Deps, generation: &Generation) -> Result<Outcome, PortError> {
    let wanted = &generation.order.sources;
    let mut ids = wanted.documents.clone();
    if wanted.searches() && ids.len() < wanted.max {
        ids.extend(found(deps, generation).await?);
    }
    let mut sources = Vec::new();
    for document in readable(deps, generation, &ids).await?.into_iter().take(wanted.max) {
        let text = text(deps, &generation.tenant, &document.content.hash).await?.unwrap_or_default();
        sources.push(Source {
            number: u32::try_from(sources.len() + 1).unwrap_or(u32::MAX),
            document: document.id,
            version: document.version,
            title: document.title,
            hash: document.content.hash,
            chars: document.content.text_chars,
            suspicious: suspicion(&text).into_iter().map(str::to_owned).collect(),
        });
    }
    if sources.is_empty() && wanted.any() {
        return Ok(Outcome::Failed(no_sources()));
    }
    Ok(Outcome::Gathered(sources))
}

async fn found(deps: &Deps, generation: &Generation) -> Result<Vec<DocumentId>, PortError> {
    let wanted = &generation.order.sources;
    let filters: Option<FilterRequest> = serde_json::from_value(wanted.filters.clone()).map_err(PortError::corrupt)?;
    // More than are wanted: some may be named already, have no text, or not be readable any more.
    let size = u16::try_from(2 * wanted.max + wanted.documents.len()).unwrap_or(PAGE_HITS_MAX).min(PAGE_HITS_MAX);
    let request = SearchRequest {
        text: wanted.query.clone(),
        filters: filters.unwrap_or_default(),
        size: Some(size),
        ..SearchRequest::default()
    };
    let query = request.validate().map_err(|faults| PortError::corrupt(format!("checked when it came: {faults:?}")))?;
    let principal = generation.requester.principal(&generation.tenant);
    let state = deps.state.search_state(&generation.tenant, &principal.readers()).await?;
    let scope = Scope::new(&principal, &state).map_err(|error| PortError::new(PortErrorKind::Unavailable, error))?;
    let found = deps.index.search(&scope, &query).await?;
    Ok(found.hits.into_iter().map(|hit| hit.id).collect())
}
