//! A document on its way into tantivy.
//!
//! Text is carried as it came, and becomes tokens as late as possible: tantivy's own document would hold them as JSON,
//! written here and read there, which costs more than the analysis. The source is shared with the reads that see it
//! before it is committed.

use std::collections::BTreeMap;
use std::sync::Arc;

use tantivy::schema::document::{ReferenceValue, ReferenceValueLeaf, Value};
use tantivy::schema::{Document, Field, OwnedValue};
use tantivy::tokenizer::PreTokenizedString;

use crate::analysis::{Ahead, Analyzer, Text};

#[derive(Debug)]
pub(crate) enum Part {
    Exact(String),
    Number(u64),
    Source(Arc<[u8]>),
    Text(Arc<Text>),
    Columns(OwnedValue),
}

/// What one document adds to the index.
#[derive(Debug, Default)]
pub(crate) struct IndexedDocument {
    parts: Vec<(Field, Part)>,
}

impl IndexedDocument {
    /// One term, as it is.
    pub(crate) fn add_exact(&mut self, field: Field, term: String) {
        self.parts.push((field, Part::Exact(term)));
    }

    pub(crate) fn add_number(&mut self, field: Field, number: u64) {
        self.parts.push((field, Part::Number(number)));
    }

    pub(crate) fn add_source(&mut self, field: Field, source: Arc<[u8]>) {
        self.parts.push((field, Part::Source(source)));
    }

    /// All values of one text field.
    pub(crate) fn add_text(&mut self, field: Field, analyzer: Arc<Analyzer>, values: Vec<String>) {
        self.parts.push((field, Part::Text(Arc::new(Text::new(analyzer, values)))));
    }

    /// Has its texts analysed while it waits to be indexed.
    pub(crate) fn analyze_ahead(&self, ahead: &Ahead) {
        for (_, part) in &self.parts {
            if let Part::Text(text) = part {
                ahead.add(text);
            }
        }
    }

    /// Doc values by the names of their columns.
    pub(crate) fn add_columns(&mut self, field: Field, columns: BTreeMap<String, OwnedValue>) {
        self.parts.push((field, Part::Columns(OwnedValue::Object(columns.into_iter().collect()))));
    }
}

/// A part, or a value inside of doc values.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PartValue<'a> {
    Part(&'a Part),
    Inner(&'a OwnedValue),
}

pub(crate) struct Elements<'a>(<&'a OwnedValue as Value<'a>>::ArrayIter);

impl<'a> Iterator for Elements<'a> {
    type Item = PartValue<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(PartValue::Inner)
    }
}

pub(crate) struct Entries<'a>(<&'a OwnedValue as Value<'a>>::ObjectIter);

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, PartValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, PartValue::Inner(value)))
    }
}

fn inner(value: &OwnedValue) -> ReferenceValue<'_, PartValue<'_>> {
    match value.as_value() {
        ReferenceValue::Leaf(leaf) => ReferenceValue::Leaf(leaf),
        ReferenceValue::Array(elements) => ReferenceValue::Array(Elements(elements)),
        ReferenceValue::Object(entries) => ReferenceValue::Object(Entries(entries)),
    }
}

impl<'a> Value<'a> for PartValue<'a> {
    type ArrayIter = Elements<'a>;
    type ObjectIter = Entries<'a>;

    /// Text that was not analysed ahead is now: tantivy asks once for each, on the thread that indexes it.
    fn as_value(&self) -> ReferenceValue<'a, Self> {
        let part = match *self {
            Self::Part(part) => part,
            Self::Inner(value) => return inner(value),
        };
        ReferenceValue::Leaf(match part {
            Part::Exact(term) => ReferenceValueLeaf::Str(term),
            Part::Number(number) => ReferenceValueLeaf::U64(*number),
            Part::Source(source) => ReferenceValueLeaf::Bytes(source),
            Part::Text(text) => {
                let tokens = text.tokens();
                ReferenceValueLeaf::PreTokStr(Box::new(PreTokenizedString { text: String::new(), tokens }))
            }
            Part::Columns(columns) => return inner(columns),
        })
    }
}

impl Document for IndexedDocument {
    type Value<'a> = PartValue<'a>;
    type FieldsValuesIter<'a> = Parts<'a>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        Parts(self.parts.iter())
    }
}

pub(crate) struct Parts<'a>(std::slice::Iter<'a, (Field, Part)>);

impl<'a> Iterator for Parts<'a> {
    type Item = (Field, PartValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(field, part)| (*field, PartValue::Part(part)))
    }
}
