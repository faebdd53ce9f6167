//! Realtime reads by id, and figures.

use std::sync::Arc;

use tantivy::collector::TopDocs;
use tantivy::query::TermQuery;
use tantivy::schema::{IndexRecordOption, Value as _};
use tantivy::{DocAddress, Searcher, TantivyDocument, Term};

use super::{Index, SEQ_NO, Schema, VERSION};
use crate::error::Result;

/// A document as it was stored.
pub(crate) struct Stored {
    pub(crate) version: u64,
    pub(crate) seq_no: u64,
    pub(crate) source: Arc<[u8]>,
}

/// The id and the source of a document of a segment.
pub(crate) fn fetch(searcher: &Searcher, schema: &Schema, address: DocAddress) -> Result<(String, Arc<[u8]>)> {
    let document: TantivyDocument = searcher.doc(address)?;
    let id = document.get_first(schema.id).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    let source = document.get_first(schema.source).and_then(|value| value.as_bytes().map(Arc::from));
    Ok((id, source.unwrap_or_else(|| Arc::from(&b"{}"[..]))))
}

impl Index {
    /// The newest document of this id, refreshed or not.
    pub(crate) fn get(&self, id: &str) -> Result<Option<Stored>> {
        let entry = {
            let state = self.state.lock();
            let Some(entry) = state.versions.get(id).copied().filter(|entry| entry.live) else { return Ok(None) };
            if let Some(pending) = state.pending.get(id) {
                return Ok(pending.clone().map(|source| Stored {
                    version: entry.version,
                    seq_no: entry.seq_no,
                    source,
                }));
            }
            entry
        };
        // None: deleted and refreshed between the two looks.
        let found = self.get_refreshed(id)?;
        Ok(found.map(|stored| Stored { version: entry.version, seq_no: entry.seq_no, ..stored }))
    }

    /// The document of this id that searches see.
    pub(crate) fn get_refreshed(&self, id: &str) -> Result<Option<Stored>> {
        let searcher = self.reader.searcher();
        let query = TermQuery::new(Term::from_field_text(self.schema.id, id), IndexRecordOption::Basic);
        let found = searcher.search(&query, &TopDocs::with_limit(1).order_by_score())?;
        let Some((_, address)) = found.first() else { return Ok(None) };
        let (_, source) = fetch(&searcher, &self.schema, *address)?;
        let columns = searcher.segment_reader(address.segment_ord).fast_fields();
        let version = columns.u64(VERSION)?.first(address.doc_id).unwrap_or(1);
        let seq_no = columns.u64(SEQ_NO)?.first(address.doc_id).unwrap_or(0);
        Ok(Some(Stored { version, seq_no, source }))
    }

    /// Searchable documents.
    pub(crate) fn document_count(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    /// Documents deleted but not merged away.
    pub(crate) fn deleted_count(&self) -> u64 {
        self.reader.searcher().segment_readers().iter().map(|segment| u64::from(segment.num_deleted_docs())).sum()
    }

    pub(crate) fn segment_count(&self) -> usize {
        self.reader.searcher().segment_readers().len()
    }

    /// The size of the index's files, in bytes.
    pub(crate) fn store_bytes(&self) -> u64 {
        folder_bytes(&self.folder).unwrap_or(0)
    }
}

fn folder_bytes(folder: &std::path::Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { folder_bytes(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}
