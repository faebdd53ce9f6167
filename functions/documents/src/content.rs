//! Gives a document's body, whole or in part.

use crate::{Deps, authorise, versions};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use octavo_domain_documents::{Access, Content};
use octavo_domain_kernel::{BlobKey, PortError, PortErrorKind, TenantId};
use octavo_wiring_edge::{Problem, ProblemDocument, Request, Response, byte_range, if_none_match};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::Arc;

/// What stands unescaped in an extended header value (RFC 8187, section 3.2.1).
const EXTENDED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Gives the newest body, as it was uploaded.
///
/// Takes a byte range, `If-None-Match` and `If-Range`; the entity tag is the body's hash.
#[utoipa::path(
    get, path = "/v1/documents/{id}/content", tag = "documents", operation_id = "document_content",
    params(
        ("id" = String, Path, format = Uuid, description = "The document", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081"),
        ("Range" = Option<String>, Header, description = "One range of bytes", example = "bytes=0-1023"),
        ("If-Range" = Option<String>, Header, description = "The entity tag that the range is of; otherwise all is sent"),
        ("If-None-Match" = Option<String>, Header, description = "An entity tag; 304 if it is still the present one"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "*/*", description = "All of it, with its own media type"),
        (status = 206, body = Vec<u8>, content_type = "*/*", description = "The range"),
        (status = 304, description = "Unchanged"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may read"),
        (status = 410, body = ProblemDocument, content_type = "application/problem+json", description = "Yours, and deleted"),
        (status = 416, body = ProblemDocument, content_type = "application/problem+json", description = "The range lies outside"),
    )
)]
pub(crate) async fn newest(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let document = authorise::living(&deps, principal, request.param("id")?, Access::Viewer).await?;
    send(&deps, &principal.tenant, &request, &document.content, &document.title).await
}

/// Gives the body of one version, as it was uploaded.
#[utoipa::path(
    get, path = "/v1/documents/{id}/versions/{number}/content", tag = "documents", operation_id = "document_version_content",
    params(
        ("id" = String, Path, format = Uuid, description = "The document", example = "01934d2e-7b1c-7def-8a2b-3c4d5e6f7081"),
        ("number" = u32, Path, description = "1 for the first", example = 1),
        ("Range" = Option<String>, Header, description = "One range of bytes", example = "bytes=0-1023"),
        ("If-Range" = Option<String>, Header, description = "The entity tag that the range is of; otherwise all is sent"),
        ("If-None-Match" = Option<String>, Header, description = "An entity tag; 304 if it is still the present one"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "*/*", description = "All of it, with its own media type"),
        (status = 206, body = Vec<u8>, content_type = "*/*", description = "The range"),
        (status = 304, description = "Unchanged"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "None that you may read"),
        (status = 410, body = ProblemDocument, content_type = "application/problem+json", description = "Yours, and deleted"),
        (status = 416, body = ProblemDocument, content_type = "application/problem+json", description = "The range lies outside"),
    )
)]
pub(crate) async fn of_version(deps: Arc<Deps>, request: Request) -> Result<Response, Problem> {
    let principal = request.principal()?;
    let (_, version) = versions::find(&deps, principal, &request).await?;
    send(&deps, &principal.tenant, &request, &version.content, &version.title).await
}

async fn send(
    deps: &Deps,
    tenant: &TenantId,
    request: &Request,
    content: &Content,
    title: &str,
) -> Result<Response, Problem> {
    let tag = format!("\"{}\"", content.hash);
    if if_none_match(request, &tag)? {
        return Ok(dressed(Response::empty(StatusCode::NOT_MODIFIED), content, title, &tag));
    }
    let same = request.header(&header::IF_RANGE)?.is_none_or(|wanted| wanted.trim() == tag);
    let range = if same { byte_range(request, content.size)? } else { None };
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let length = range.map_or(content.size, |range| range.end - range.start);
    let media_type = HeaderValue::from_static(content.media_type.as_str());
    let key = BlobKey::content(tenant, &content.hash);
    let bytes = match range {
        // The length is known from the row: nothing is fetched to be thrown away.
        _ if request.method == http::Method::HEAD => Some(Bytes::new()),
        Some(range) => deps.blobs.get_range(&key, range.start..range.end).await?,
        None => deps.blobs.get(&key).await?,
    };
    let missing = || PortError::new(PortErrorKind::Corrupt, format!("no object {key}, which a version names"));
    let response = Response::bytes(status, media_type, bytes.ok_or_else(missing)?);
    let response = dressed(response, content, title, &tag).with(header::CONTENT_LENGTH, length.into());
    Ok(match range {
        Some(range) => response.with_text(header::CONTENT_RANGE, &range.content_range(content.size)),
        None => response,
    })
}

fn dressed(response: Response, content: &Content, title: &str, tag: &str) -> Response {
    response
        .with_text(header::ETAG, tag)
        .with(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"))
        // Readable by this caller only, and to be asked for anew: it may be unshared at any time.
        .with(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"))
        .with_text(header::CONTENT_DISPOSITION, &disposition(content, title))
        // A page that somebody uploaded must not run in this API's origin.
        .with(HeaderName::from_static("content-security-policy"), HeaderValue::from_static("sandbox"))
}

fn disposition(content: &Content, title: &str) -> String {
    let name = content.file_name.as_deref().unwrap_or(title);
    format!("attachment; filename*=UTF-8''{}", utf8_percent_encode(name, EXTENDED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorise::tests::document;

    #[test]
    fn any_name_can_stand_in_the_header() {
        let mut content = document().content;
        assert_eq!(disposition(&content, "A \"plan\""), "attachment; filename*=UTF-8''A%20%22plan%22");
        content.file_name = Some("pl\u{e4}n.md".to_owned());
        assert_eq!(disposition(&content, "x"), "attachment; filename*=UTF-8''pl%C3%A4n.md");
    }
}
