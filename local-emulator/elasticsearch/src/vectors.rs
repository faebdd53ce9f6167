//! The vectors of segments, read once and kept: a segment never changes.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tantivy::index::SegmentId;
use tantivy::{DocId, Searcher, SegmentReader};

use crate::columns::Values;
use crate::error::Result;
use crate::mapping::{Number, Similarity, unpacked};

/// Bytes of vectors that an index keeps in memory: about 240,000 of 256 dimensions. What is beyond is read anew by each
/// search.
const KEPT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// The vectors of one field in one segment, one after another.
pub(crate) struct Matrix {
    /// Documents that have one, in order, deleted ones included.
    pub(crate) docs: Vec<DocId>,
    values: Vec<f32>,
    dimensions: usize,
}

impl Matrix {
    fn read(segment: &SegmentReader, field_id: u32, dimensions: usize, similarity: Similarity) -> Result<Self> {
        let mut matrix = Self { docs: Vec::new(), values: Vec::new(), dimensions };
        let column = Values::open(segment, field_id)?;
        let mut vector: Vec<f32> = Vec::with_capacity(dimensions + 1);
        for doc in 0..segment.max_doc() {
            vector.clear();
            column.numbers(doc, |number| {
                if let Number::Integer(pair) = number {
                    vector.extend(unpacked(pair));
                }
            });
            // An odd number of dimensions leaves half a pair.
            vector.truncate(dimensions);
            if vector.len() == dimensions {
                matrix.docs.push(doc);
                matrix.values.extend(similarity.prepared(std::mem::take(&mut vector))?);
            }
        }
        Ok(matrix)
    }

    /// Each document with its vector.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (DocId, &[f32])> {
        self.docs.iter().copied().zip(self.values.chunks_exact(self.dimensions))
    }

    fn bytes(&self) -> usize {
        self.values.len() * size_of::<f32>() + self.docs.len() * size_of::<DocId>()
    }
}

/// The vectors of an index's segments, by field.
#[derive(Default)]
pub(crate) struct Vectors {
    kept: Mutex<HashMap<(SegmentId, u32), Arc<Matrix>>>,
}

impl Vectors {
    /// The vectors of a field in a segment of `searcher`.
    pub(crate) fn of(
        &self,
        searcher: &Searcher,
        segment: &SegmentReader,
        field_id: u32,
        dimensions: usize,
        similarity: Similarity,
    ) -> Result<Arc<Matrix>> {
        let key = (segment.segment_id(), field_id);
        if let Some(kept) = self.kept.lock().get(&key) {
            return Ok(Arc::clone(kept));
        }
        // Read without the lock: two searches may read the same, and neither waits for a third.
        let matrix = Arc::new(Matrix::read(segment, field_id, dimensions, similarity)?);
        let mut kept = self.kept.lock();
        // What was merged away is not asked for again, but by an old point in time.
        let present = |id: &SegmentId| searcher.segment_readers().iter().any(|segment| segment.segment_id() == *id);
        kept.retain(|(id, _), _| present(id));
        let bytes: usize = kept.values().map(|matrix| matrix.bytes()).sum();
        if bytes + matrix.bytes() <= KEPT_BYTES_MAX {
            kept.insert(key, Arc::clone(&matrix));
        }
        Ok(matrix)
    }
}
