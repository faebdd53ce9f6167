//! Makes the document.

use crate::Deps;
use crate::commit::{now, publish};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use octavo_domain_documents::{
    Commit, CommitError, Content, Document, Grant, INDEX_QUEUE, MediaType, Metadata, Role, TITLE_CHARS_MAX, Version,
    change_message,
};
use octavo_domain_extraction::{Limits, extract};
use octavo_domain_generate::{Generation, Outcome, ShareRole, text};
use octavo_domain_kernel::{BlobKey, ContentHash, DocumentId, OutboxEntry, PortError};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};

/// As `POST /v1/documents` does it: bodies first, then everything else in one transaction. Its id was drawn when the
/// generation was asked for, so that whoever does this again finds it made.
pub(super) async fn assemble(deps: &Deps, generation: &Generation) -> Result<Outcome, PortError> {
    let assembled = text::assemble(generation);
    let body = Bytes::from(assembled.markdown);
    let limits = Limits { title_chars_max: TITLE_CHARS_MAX, ..Limits::default() };
    let extracted = extract(MediaType::Markdown, &body, &limits).map_err(PortError::corrupt)?;
    let hash: ContentHash =
        blake3::hash(&body).to_hex().to_string().parse().expect("BLAKE3 prints 64 lower-case hexadecimal digits");
    let content = Content {
        hash: hash.clone(),
        size: body.len() as u64,
        media_type: MediaType::Markdown,
        file_name: None,
        text_chars: extracted.text.chars().count() as u64,
        text_truncated: extracted.truncated,
    };
    let tenant = &generation.tenant;
    let (body_key, text_key) = (BlobKey::content(tenant, &hash), BlobKey::text(tenant, &hash));
    let body = deps.blobs.put(&body_key, body, MediaType::Markdown.as_str());
    let text = deps.blobs.put(&text_key, Bytes::from(extracted.text), "text/plain; charset=utf-8");
    futures::future::try_join(body, text).await?;

    let document = document(generation, assembled.title, content, &assembled.cited, now(deps));
    let version = Version {
        number: document.version,
        content: document.content.clone(),
        title: document.title.clone(),
        created_by: document.owner.clone(),
        created_at: document.created_at,
    };
    let message = change_message(deps.ids.next(), document.updated_at, &document, generation.traceparent.clone());
    let queue = INDEX_QUEUE.parse().expect("the constant is a queue name");
    let commit = Commit {
        expected_revision: None,
        document,
        version: Some(version),
        hidden_from: Vec::new(),
        outbox: vec![OutboxEntry { queue, message }],
        idempotency: None,
    };
    match deps.documents.document_commit(&commit).await {
        Ok(()) => publish(deps, tenant, commit.outbox).await,
        // Made already, by a process that did not live to say so; its own message is in the outbox.
        Err(CommitError::Stale { current: Some(_) }) => {}
        Err(CommitError::Port(error)) => return Err(error),
        Err(error @ (CommitError::Stale { current: None } | CommitError::IdempotencyKeyTaken)) => {
            return Err(PortError::corrupt(error));
        }
    }
    Ok(Outcome::Assembled)
}

fn document(
    generation: &Generation,
    title: String,
    content: Content,
    cited: &BTreeSet<u32>,
    at: DateTime<Utc>,
) -> Document {
    let owner = generation.requester.user.clone();
    let grants = generation.order.shares.iter().map(|share| Grant {
        reader: share.reader.clone(),
        role: role(share.role),
        granted_by: owner.clone(),
        granted_at: at,
    });
    let mut grants: Vec<Grant> = grants.collect();
    grants.sort_by(|left, right| left.reader.cmp(&right.reader));
    Document {
        id: generation.document,
        tenant: generation.tenant.clone(),
        revision: 1,
        version: 1,
        content,
        title,
        tags: generation.order.tags.clone(),
        metadata: metadata(generation, cited),
        owner: owner.clone(),
        grants,
        created_at: at,
        updated_at: at,
        updated_by: owner,
        deleted_at: None,
    }
}

/// Where it comes from: the generation, the models that wrote it, the documents that it cites.
fn metadata(generation: &Generation, cited: &BTreeSet<u32>) -> Metadata {
    let models: BTreeSet<String> = generation.paid().map(|paid| format!("{}/{}", paid.provider, paid.model)).collect();
    let numbers: HashMap<u32, DocumentId> =
        generation.sources.iter().flatten().map(|source| (source.number, source.document)).collect();
    let sources: Vec<DocumentId> = cited.iter().filter_map(|number| numbers.get(number).copied()).collect();
    let members = [
        ("generation", json!(generation.id)),
        ("models", json!(models)),
        ("sources", json!(sources)),
        ("template", json!(generation.order.template)),
    ];
    members.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// As the documents' domain says it.
pub(crate) fn role(role: ShareRole) -> Role {
    match role {
        ShareRole::Viewer => Role::Viewer,
        ShareRole::Editor => Role::Editor,
    }
}
