//! Lists the documents that somebody may read.

use crate::Deps;
use crate::view::DocumentView;
use chrono::Datelike;
use http::StatusCode;
use octavo_domain_documents::{
    Document, ListOrder, ListPosition, ListQuery, PAGE_DOCUMENTS_MAX, TITLE_CHARS_MAX, check_tags,
};
use octavo_domain_kernel::Principal;
use octavo_wiring_edge::{EdgeFault, Problem, Query, Request, Response, decode_cursor, encode_cursor};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Documents on a page, unless the client says how many.
const PAGE_DOCUMENTS: u16 = 20;

/// A page of documents.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DocumentPage {
    /// In the order that was asked for.
    documents: Vec<DocumentView>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// A cursor goes with the query that it was made for.
#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    query: String,
    position: ListPosition,
}

/// Lists the documents that you may read.
///
/// Paging by cursor neither repeats nor skips what does not change meanwhile.
#[utoipa::path(
    get, path = "/v1/documents", tag = "documents", operation_id = "document_list",
    params(
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 100, description = "1 to 100; 20 if not given"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before; all other parameters as there"),
        ("order" = Option<String>, Query, description = "updated (last changed first; so if not given), created or title", example = "updated"),
        ("owner" = Option<String>, Query, description = "Only this user's", example = "ada"),
        ("tag" = Option<Vec<String>>, Query, description = "Only with this tag; may stand several times: with all of them"),
        ("media_type" = Option<String>, Query, description = "Only of this format", example = "text/markdown"),
        ("title_prefix" = Option<String>, Query, description = "Only titles that begin so, letters' case aside"),
        ("deleted" = Option<bool>, Query, description = "true: your deleted documents instead"),
    ),
    responses(
        (status = 200, body = DocumentPage),
        (status = 422, body = octavo_wiring_edge::ProblemDocument, content_type = "application/problem+json", description = "A parameter is not acceptable"),
    )
)]
pub(crate) async fn handle(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let query = read(&request.query, principal)?;
    let page = deps.store.document_list(&principal.tenant, &query).await?;
    let next_cursor = match page.documents.last() {
        Some(last) if page.more => {
            let cursor = Cursor { query: fingerprint(&query), position: position(last, query.order) };
            Some(encode_cursor(&cursor))
        }
        _ => None,
    };
    let documents = page.documents.iter().map(|document| DocumentView::of(document, principal)).collect();
    Ok(Response::json(StatusCode::OK, &DocumentPage { documents, next_cursor }))
}

fn read(parameters: &Query, principal: &Principal) -> Result<ListQuery, EdgeFault> {
    parameters.only(&["limit", "cursor", "order", "owner", "tag", "media_type", "title_prefix", "deleted"])?;
    let order = match parameters.one("order")? {
        None | Some("updated") => ListOrder::UpdatedDescending,
        Some("created") => ListOrder::CreatedDescending,
        Some("title") => ListOrder::TitleAscending,
        Some(_) => return Err(EdgeFault::malformed("query:order", "expected updated, created or title")),
    };
    let tags: Vec<String> = parameters.all("tag").map(str::to_owned).collect();
    let title_prefix = parameters.one("title_prefix")?.filter(|prefix| !prefix.is_empty());
    if let Some(prefix) = title_prefix
        && (prefix.chars().count() > TITLE_CHARS_MAX || prefix.contains('\0'))
    {
        let message = format!("expected at most {TITLE_CHARS_MAX} characters without U+0000");
        return Err(EdgeFault::malformed("query:title_prefix", message));
    }
    let deleted = parameters.one("deleted")?.map(|text| match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(EdgeFault::malformed("query:deleted", "expected true or false")),
    });
    let mut query = ListQuery {
        readers: principal.readers(),
        owner: parameters.parsed("owner")?,
        tags: check_tags("query:tag", &tags)?,
        media_type: parameters.parsed("media_type")?,
        title_prefix: title_prefix.map(str::to_owned),
        deleted: deleted.transpose()?.unwrap_or(false),
        order,
        after: None,
        limit: limit(parameters)?,
    };
    if let Some(text) = parameters.one("cursor")? {
        let cursor: Cursor = decode_cursor("query:cursor", text)?;
        let fits = match order {
            ListOrder::TitleAscending => cursor.position.title.is_some(),
            ListOrder::UpdatedDescending | ListOrder::CreatedDescending => cursor.position.at.is_some(),
        };
        if !fits || !is_storable(&cursor.position) || cursor.query != fingerprint(&query) {
            let message = "expected the cursor of an earlier page of the same query";
            return Err(EdgeFault::malformed("query:cursor", message));
        }
        query.after = Some(cursor.position);
    }
    Ok(query)
}

/// How many to put on a page.
pub(crate) fn limit(parameters: &Query) -> Result<u16, EdgeFault> {
    let range = || EdgeFault::malformed("query:limit", format!("expected 1 to {PAGE_DOCUMENTS_MAX}"));
    match parameters.one("limit")? {
        None => Ok(PAGE_DOCUMENTS),
        Some(text) => text.parse().ok().filter(|limit| (1..=PAGE_DOCUMENTS_MAX).contains(limit)).ok_or_else(range),
    }
}

fn position(last: &Document, order: ListOrder) -> ListPosition {
    let (at, title) = match order {
        ListOrder::UpdatedDescending => (Some(last.updated_at), None),
        ListOrder::CreatedDescending => (Some(last.created_at), None),
        ListOrder::TitleAscending => (None, Some(last.title.to_lowercase())),
    };
    ListPosition { at, title, id: last.id }
}

/// Whether a position can have come from a row: what cannot, the store could not even compare.
fn is_storable(position: &ListPosition) -> bool {
    position.at.is_none_or(|at| (1970..10_000).contains(&at.year()))
        && position.title.as_ref().is_none_or(|title| !title.contains('\0'))
}

/// Tells queries apart; how many are on a page may change from one to the next, and so may the groups of who asks.
fn fingerprint(query: &ListQuery) -> String {
    let parts =
        serde_json::json!([query.owner, query.tags, query.media_type, query.title_prefix, query.deleted, query.order]);
    blake3::hash(parts.to_string().as_bytes()).to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorise::tests::{document, principal};

    fn of(raw: &str) -> Result<ListQuery, EdgeFault> {
        read(&Query::parse(raw).unwrap(), &principal("ada", &["legal"]))
    }

    #[test]
    fn every_wrong_parameter_is_named() {
        use octavo_domain_kernel::Fault;
        let cases = [
            ("limit=0", "query:limit"),
            ("limit=101", "query:limit"),
            ("limit=ten", "query:limit"),
            ("order=size", "query:order"),
            ("owner=a+b", "query:owner"),
            ("media_type=image/png", "query:media_type"),
            ("tag=", "query:tag[0]"),
            ("deleted=yes", "query:deleted"),
            ("cursor=xyz", "query:cursor"),
            ("colour=red", "query:colour"),
            ("title_prefix=%00", "query:title_prefix"),
        ];
        for (raw, field) in cases {
            assert_eq!(of(raw).unwrap_err().fields()[0].field, field, "{raw}");
        }
    }

    #[test]
    fn a_cursor_goes_with_its_query() {
        for (raw, order) in [("tag=a", ListOrder::UpdatedDescending), ("tag=a&order=title", ListOrder::TitleAscending)]
        {
            let query = of(raw).unwrap();
            let position = position(&document(), order);
            let text = encode_cursor(&Cursor { query: fingerprint(&query), position: position.clone() });
            assert_eq!(of(&format!("{raw}&limit=7&cursor={text}")).unwrap().after, Some(position.clone()));
            assert!(of(&format!("tag=b&cursor={text}")).is_err());
            let forged = [("at", "+262000-01-01T00:00:00Z"), ("title", "\0")].map(|(name, value)| {
                let mut cursor = serde_json::json!({ "query": fingerprint(&query), "position": position });
                cursor["position"][name] = value.into();
                encode_cursor(&cursor)
            });
            assert!(forged.iter().all(|text| of(&format!("{raw}&cursor={text}")).is_err()));
        }
    }

    #[test]
    fn only_what_the_principal_may_read() {
        assert_eq!(of("").unwrap().readers, principal("ada", &["legal"]).readers());
        assert_eq!(of("").unwrap().limit, PAGE_DOCUMENTS);
    }
}
