//! Finds what is to be read.

use crate::Deps;
use crate::fault::no_sources;
use crate::sources::{readable, text};
use octavo_domain_ai::safety::suspicion;
use octavo_domain_generate::{Generation, Outcome, Source};
use octavo_domain_kernel::{DocumentId, PortError, PortErrorKind};
use octavo_domain_search::{FilterRequest, PAGE_HITS_MAX, Scope, SearchRequest};
use std::cmp::Reverse;

/// Letters of a word that is worth a search of its own.
const TELLING_CHARS_MIN: usize = 4;
/// Searches for single words, where a search for all of them found nothing.
const TELLING_WORDS_MAX: usize = 6;

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

/// What the search finds; where nothing has the words together, what has most of them.
async fn found(deps: &Deps, generation: &Generation) -> Result<Vec<DocumentId>, PortError> {
    let principal = generation.requester.principal(&generation.tenant);
    let state = deps.state.search_state(&generation.tenant, &principal.readers()).await?;
    let scope = Scope::new(&principal, &state).map_err(|error| PortError::new(PortErrorKind::Unavailable, error))?;
    let query = generation.order.sources.query.as_deref();
    let together = search(deps, &scope, generation, query).await?;
    let words = query.map(telling_words).unwrap_or_default();
    if !together.is_empty() || words.len() < 2 {
        return Ok(together);
    }
    // A person who types into a search box takes a word back; here nobody is there to do it.
    let mut ranked: Vec<(DocumentId, usize)> = Vec::new();
    for word in words {
        for id in search(deps, &scope, generation, Some(word)).await? {
            match ranked.iter_mut().find(|(known, _)| *known == id) {
                Some((_, count)) => *count += 1,
                None => ranked.push((id, 1)),
            }
        }
    }
    // Stable: among equals what was found first, by the longest word and as the engine ranked it.
    ranked.sort_by_key(|(_, count)| Reverse(*count));
    Ok(ranked.into_iter().map(|(id, _)| id).collect())
}

/// The words of a query that say most, longest first.
fn telling_words(query: &str) -> Vec<&str> {
    let mut words: Vec<&str> =
        query.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= TELLING_CHARS_MIN).collect();
    words.sort_by_key(|word| Reverse(word.chars().count()));
    words.dedup();
    words.truncate(TELLING_WORDS_MAX);
    words
}

async fn search(
    deps: &Deps,
    scope: &Scope,
    generation: &Generation,
    text: Option<&str>,
) -> Result<Vec<DocumentId>, PortError> {
    let wanted = &generation.order.sources;
    let filters: Option<FilterRequest> = serde_json::from_value(wanted.filters.clone()).map_err(PortError::corrupt)?;
    // More than are wanted: some may be named already, have no text, or not be readable any more.
    let size = u16::try_from(2 * wanted.max + wanted.documents.len()).unwrap_or(PAGE_HITS_MAX).min(PAGE_HITS_MAX);
    let request = SearchRequest {
        text: text.map(str::to_owned),
        filters: filters.unwrap_or_default(),
        size: Some(size),
        ..SearchRequest::default()
    };
    let query = request.validate().map_err(|faults| PortError::corrupt(format!("checked when it came: {faults:?}")))?;
    let found = deps.index.search(scope, &query).await?;
    Ok(found.hits.into_iter().map(|hit| hit.id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_say_little_are_not_searched_for() {
        assert_eq!(telling_words("the Persimmon merger of the 2026"), ["Persimmon", "merger", "2026"]);
        let many: Vec<String> = (0..20).map(|number| format!("word{number}")).collect();
        assert_eq!(telling_words(&many.join(" ")).len(), TELLING_WORDS_MAX);
    }
}
