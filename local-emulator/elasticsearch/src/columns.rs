//! Doc values of one field in one segment.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;

use tantivy::columnar::{Column, DynamicColumn, StrColumn};
use tantivy::{DocId, SegmentReader};

use crate::error::Result;
use crate::index::VALUES;
use crate::mapping::Number;

/// The column of a field. A segment whose documents all lack the field has none.
#[derive(Clone)]
pub(crate) enum Values {
    None,
    Integer(Column<i64>),
    Float(Column<f64>),
    Text(StrColumn),
}

impl Values {
    pub(crate) fn open(segment: &SegmentReader, field_id: u32) -> Result<Self> {
        let handles = segment.fast_fields().dynamic_column_handles(&format!("{VALUES}.f{field_id}"))?;
        let Some(handle) = handles.first() else { return Ok(Self::None) };
        Ok(match handle.open()? {
            DynamicColumn::I64(column) => Self::Integer(column),
            DynamicColumn::F64(column) => Self::Float(column),
            DynamicColumn::Str(column) => Self::Text(column),
            // Values were all given as integers or floats; the columnar format may choose a type that holds them too.
            other => match other.clone().coerce_numerical(tantivy::columnar::NumericalType::I64) {
                Some(DynamicColumn::I64(column)) => Self::Integer(column),
                _ => match other.coerce_numerical(tantivy::columnar::NumericalType::F64) {
                    Some(DynamicColumn::F64(column)) => Self::Float(column),
                    _ => Self::None,
                },
            },
        })
    }

    /// The numbers of a document; none where the field is text.
    pub(crate) fn numbers(&self, doc: DocId, mut each: impl FnMut(Number)) {
        match self {
            Self::Integer(column) => column.values_for_doc(doc).for_each(|value| each(Number::Integer(value))),
            Self::Float(column) => column.values_for_doc(doc).for_each(|value| each(Number::Float(value))),
            Self::None | Self::Text(_) => {}
        }
    }

    pub(crate) fn has(&self, doc: DocId) -> bool {
        match self {
            Self::None => false,
            Self::Integer(column) => column.values_for_doc(doc).next().is_some(),
            Self::Float(column) => column.values_for_doc(doc).next().is_some(),
            Self::Text(column) => column.term_ords(doc).next().is_some(),
        }
    }
}

/// The strings of a segment's column by ordinal, each decoded once.
pub(crate) struct Strings {
    column: StrColumn,
    decoded: RefCell<HashMap<u64, Arc<str>>>,
    /// The string that documents were compared with last, and the ordinal of the first string that is not before it.
    compared: RefCell<Option<(Arc<str>, u64)>>,
}

impl Strings {
    pub(crate) fn new(column: StrColumn) -> Self {
        Self { column, decoded: RefCell::new(HashMap::new()), compared: RefCell::new(None) }
    }

    pub(crate) fn each(&self, doc: DocId, mut each: impl FnMut(Arc<str>)) {
        // In the order of the strings; a document counts once for a value that it holds twice.
        let mut ords: Vec<u64> = self.column.term_ords(doc).collect();
        ords.sort_unstable();
        ords.dedup();
        for ord in ords {
            each(self.text(ord));
        }
    }

    pub(crate) fn has(&self, doc: DocId) -> bool {
        self.column.term_ords(doc).next().is_some()
    }

    /// The document's string by `with`, told by its ordinal: reading the string itself costs a hundred times as much. None if
    /// the document has not exactly one.
    pub(crate) fn compare_single(&self, doc: DocId, with: &Arc<str>) -> Option<Ordering> {
        let mut ords = self.column.term_ords(doc);
        let ord = ords.next()?;
        if ords.next().is_some() {
            return None;
        }
        let first = self.first_not_before(with)?;
        Some(match ord.cmp(&first) {
            Ordering::Equal => (*self.text(ord)).cmp(with),
            ordering => ordering,
        })
    }

    fn first_not_before(&self, text: &Arc<str>) -> Option<u64> {
        if let Some((compared, first)) = &*self.compared.borrow()
            && Arc::ptr_eq(compared, text)
        {
            return Some(*first);
        }
        let bounds = (Bound::Included(text.as_bytes()), Bound::<&[u8]>::Unbounded);
        let first = match self.column.dictionary().term_bounds_to_ord(bounds.0, bounds.1).ok()?.0 {
            Bound::Included(first) => first,
            Bound::Excluded(before) => before + 1,
            Bound::Unbounded => 0,
        };
        *self.compared.borrow_mut() = Some((Arc::clone(text), first));
        Some(first)
    }

    fn text(&self, ord: u64) -> Arc<str> {
        if let Some(text) = self.decoded.borrow().get(&ord) {
            return Arc::clone(text);
        }
        let mut text = String::new();
        // A failure to read a mapped file shows as an empty value here, and as an error in the next commit or open.
        let _ = self.column.ord_to_str(ord, &mut text);
        let text: Arc<str> = text.into();
        self.decoded.borrow_mut().insert(ord, Arc::clone(&text));
        text
    }
}
