//! Documents from the old index into the new one.

use super::entry::{Between, Over};
use super::error::ReindexError;
use super::read::{Place, Read, What, Which, read};
use super::settings::Step;
use super::state::Held;
use super::steps::Work;
use crate::write::{Sent, send_all};
use octavo_domain_kernel::PortError;
use std::time::Duration;
use tokio::time::Instant;

/// Documents of the first page: how large they are is not known yet.
const FIRST_PAGE: usize = 50;
/// The old index is refreshed so often: what is read of it is no older than this and the time that a page takes.
const REFRESHED_EVERY: Duration = Duration::from_secs(60);
/// A page that was read longer ago is read anew. With [`REFRESHED_EVERY`] and all attempts to send it, it is written long
/// before the new index forgets what was deleted meanwhile (`gc_deletes`, an hour).
pub(super) const PAGE_AGE_MAX: Duration = Duration::from_secs(10 * 60);

struct Page {
    documents: Vec<Read>,
    bytes: usize,
    read_at: Instant,
}

async fn page(work: &Work<'_>, between: Between, after: Option<&Place>, size: usize) -> Result<Page, PortError> {
    let read_at = Instant::now();
    let what = What::Whole { apart: between.apart };
    let (documents, bytes) = read(work.caller, &work.source, Which::After(after, size), what).await?;
    Ok(Page { documents, bytes, read_at })
}

/// Documents of the next page: as many as are likely to have the bytes that are wanted, and at most twice as many as before,
/// because the next ones may be larger.
fn next_size(size: usize, page: &Page, bytes: usize, most: usize) -> usize {
    let each = page.bytes / page.documents.len().max(1);
    (bytes / each.max(1)).clamp(1, (size * 2).min(most))
}

/// Copies what comes after the place that is written down.
pub(super) async fn copy(work: &Work<'_>, held: &mut Held<'_>) -> Result<(), ReindexError> {
    let between = work.between().await?;
    let (bytes, most) = (work.settings.page_bytes, work.settings.page_documents);
    let mut size = FIRST_PAGE.min(most);
    // Whoever goes on may do so long after the last one stopped.
    work.caller.refresh(&work.source).await?;
    let mut refreshed = Instant::now();
    let mut now = page(work, between, held.state.position.as_ref(), size).await?;
    while let Some(last) = now.documents.last() {
        if refreshed.elapsed() >= REFRESHED_EVERY {
            work.caller.refresh(&work.source).await?;
            refreshed = Instant::now();
        }
        if now.read_at.elapsed() >= PAGE_AGE_MAX {
            now = page(work, between, held.state.position.as_ref(), size).await?;
            continue;
        }
        let last = last.place.clone();
        size = next_size(size, &now, bytes, most);
        let (written, next) =
            tokio::join!(write(work, between, &now.documents, Over::Older), page(work, between, Some(&last), size));
        written?;
        held.state.copied += now.documents.len() as u64;
        work.reached(Step::PageCopied, held.state.copied)?;
        held.state.position = Some(last);
        held.save().await?;
        work.reached(Step::PageKept, held.state.copied)?;
        now = next?;
    }
    Ok(())
}

/// Writes documents of the old index into the new one.
pub(super) async fn write(
    work: &Work<'_>,
    between: Between,
    documents: &[Read],
    over: Over,
) -> Result<(), ReindexError> {
    let refused =
        |position: usize, reason: String| ReindexError::Refused { id: documents[position].id.clone(), reason };
    let mut lines = Vec::with_capacity(documents.len());
    for (position, document) in documents.iter().enumerate() {
        lines.push(between.line(position, document, over).map_err(|reason| refused(position, reason))?);
    }
    for (position, sent) in send_all(work.sender, &work.options.new_alias(), lines).await {
        match sent {
            Sent::Done(_) => {}
            Sent::Failed(error) if error.is_retryable() => return Err(error.into()),
            Sent::Failed(error) => return Err(refused(position, error.to_string())),
            // Somebody ended it.
            Sent::Stale(_) => return Err(ReindexError::Lost),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_grows_slowly_and_shrinks_at_once() {
        let read = || -> Read {
            serde_json::from_str(r#"{"_id": "t:1", "_version": 1, "sort": ["t", "1"], "_source": {}}"#).unwrap()
        };
        let page = |count: usize, each: usize| Page {
            documents: (0..count).map(|_| read()).collect(),
            bytes: count * each,
            read_at: Instant::now(),
        };
        assert_eq!(next_size(50, &page(50, 100), 1_000_000, 500), 100);
        assert_eq!(next_size(400, &page(400, 100), 1_000_000, 500), 500);
        assert_eq!(next_size(400, &page(400, 100_000), 1_000_000, 500), 10);
        assert_eq!(next_size(400, &page(1, 9_000_000), 1_000_000, 500), 1);
    }
}
