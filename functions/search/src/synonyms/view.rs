//! Synonyms as they are shown.

use chrono::{DateTime, Utc};
use http::{StatusCode, header};
use octavo_domain_search::{OneWay, StoredSynonyms};
use octavo_wiring_edge::{EntityTag, Response};
use serde::Serialize;

/// A tenant's synonyms.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SynonymsView {
    /// How often they were set; 0 where they never were.
    revision: i64,
    /// Lists of terms: whoever looks for one of them finds the others, too.
    equivalents: Vec<Vec<String>>,
    /// Whoever looks for `from` finds `to`, too, and not the other way round.
    one_way: Vec<OneWay>,
    /// When they were set last.
    updated_at: Option<DateTime<Utc>>,
    /// By whom.
    #[schema(example = "ada")]
    updated_by: Option<String>,
}

/// The answer that shows them, with their entity tag.
pub(super) fn shown(stored: Option<StoredSynonyms>) -> Response {
    let view = match stored {
        None => SynonymsView {
            revision: 0,
            equivalents: Vec::new(),
            one_way: Vec::new(),
            updated_at: None,
            updated_by: None,
        },
        Some(stored) => SynonymsView {
            revision: stored.revision,
            equivalents: stored.rules.equivalents,
            one_way: stored.rules.one_way,
            updated_at: Some(stored.updated_at),
            updated_by: Some(stored.updated_by.to_string()),
        },
    };
    Response::json(StatusCode::OK, &view).with(header::ETAG, EntityTag(view.revision).header())
}
