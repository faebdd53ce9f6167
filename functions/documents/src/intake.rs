//! Takes a body in: recognises it, extracts its text, stores both under its hash.

use crate::{Deps, DocumentsFault};
use bytes::Bytes;
use octavo_domain_documents::{BODY_BYTES_MAX, Content, MediaType, TITLE_CHARS_MAX};
use octavo_domain_extraction::{Limits, detect, extract};
use octavo_domain_kernel::{BlobKey, ContentHash, PortError, PortErrorKind, TenantId};

/// A body as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    /// Where it stood in the request, for faults.
    pub(crate) field: &'static str,
    pub(crate) bytes: Bytes,
    /// The name of the file, checked.
    pub(crate) file_name: Option<String>,
    /// What the client says it is.
    pub(crate) declared: Option<String>,
    /// What it is without asking the bytes, where the client must be taken by its word.
    pub(crate) media_type: Option<MediaType>,
}

/// A body that was understood.
#[derive(Debug, Clone)]
pub(crate) struct Intake {
    pub(crate) content: Content,
    /// The title that the body itself gives, or its file name does.
    pub(crate) title: Option<String>,
    bytes: Bytes,
    text: String,
}

/// Understands a body.
pub(crate) fn understand(upload: Upload) -> Result<Intake, DocumentsFault> {
    let Upload { field, bytes, file_name, declared, media_type } = upload;
    if bytes.len() > BODY_BYTES_MAX {
        return Err(DocumentsFault::BodyTooLarge { field, limit: BODY_BYTES_MAX });
    }
    let fault = |source| DocumentsFault::Body { field, source };
    let media_type = match media_type {
        Some(media_type) => media_type,
        None => detect(file_name.as_deref(), declared.as_deref(), &bytes).map_err(fault)?,
    };
    let limits = Limits { title_chars_max: TITLE_CHARS_MAX, ..Limits::default() };
    let found = extract(media_type, &bytes, &limits).map_err(fault)?;
    let content = Content {
        hash: hash(&bytes),
        size: bytes.len() as u64,
        media_type,
        text_chars: found.text.chars().count() as u64,
        text_truncated: found.truncated,
        file_name,
    };
    let title = found.title.or_else(|| content.file_name.as_deref().map(stem).map(str::to_owned));
    Ok(Intake { content, title, bytes, text: found.text })
}

/// Stores body and text. Harmless to do twice, and needed before any row names them.
pub(crate) async fn store(deps: &Deps, tenant: &TenantId, intake: &Intake) -> Result<(), PortError> {
    let Content { hash, media_type, .. } = &intake.content;
    let (body_key, text_key) = (BlobKey::content(tenant, hash), BlobKey::text(tenant, hash));
    let body = deps.blobs.put(&body_key, intake.bytes.clone(), media_type.as_str());
    let text = deps.blobs.put(&text_key, Bytes::from(intake.text.clone()), "text/plain; charset=utf-8");
    // No row names them, so that it is all the same whether an object that took too long is there: nothing has happened.
    futures::future::try_join(body, text).await.map_err(|error| match error.kind {
        PortErrorKind::Timeout => PortError::unavailable(error),
        _ => error,
    })?;
    Ok(())
}

fn hash(bytes: &[u8]) -> ContentHash {
    let digits = blake3::hash(bytes).to_hex().to_string();
    digits.parse().expect("BLAKE3 prints 64 lower-case hexadecimal digits")
}

fn stem(file_name: &str) -> &str {
    match file_name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => file_name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(name: &str, bytes: &'static [u8]) -> Upload {
        Upload {
            field: "file",
            bytes: Bytes::from_static(bytes),
            file_name: Some(name.to_owned()),
            declared: None,
            media_type: None,
        }
    }

    #[test]
    fn a_body_gives_its_title_or_its_file_name_does() {
        let intake = understand(upload("plan.md", b"# The plan\n\nText")).unwrap();
        assert_eq!((intake.title.as_deref(), intake.text.as_str()), (Some("The plan"), "The plan\nText"));
        assert_eq!((intake.content.media_type, intake.content.size), (MediaType::Markdown, 16));
        assert_eq!(understand(upload("notes.txt", b"x")).unwrap().title.as_deref(), Some("notes"));
        assert_eq!(understand(upload(".profile", b"x")).unwrap().title.as_deref(), Some(".profile"));
    }

    #[test]
    fn what_is_not_understood_is_refused_by_its_field() {
        use octavo_domain_kernel::{Fault, FaultKind};
        let kind = |name, bytes| understand(upload(name, bytes)).unwrap_err().kind();
        assert_eq!(kind("a.png", b"\x89PNG\r\n\x1a\n"), FaultKind::UnsupportedMediaType);
        assert_eq!(kind("a.pdf", b"hello"), FaultKind::Invalid);
        let fault = understand(upload("a.txt", b"a\0")).unwrap_err();
        assert_eq!(fault.fields()[0].field, "file");
        let large = Upload { bytes: Bytes::from(vec![b'a'; BODY_BYTES_MAX + 1]), ..upload("a.txt", b"") };
        assert_eq!(understand(large).unwrap_err().kind(), FaultKind::TooLarge);
    }
}
