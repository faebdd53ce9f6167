//! The tantivy schema: the same for every index, so that a mapping can grow without rebuilding anything.
//!
//! - each mapped text field takes one of [`TEXT_SLOTS`] text fields, so that BM25 has its own lengths and averages;
//! - exact values of all other fields share one field, terms prefixed by the field's number;
//! - doc values live in one JSON fast field, a column per field number;
//! - `present` holds which fields a document has, for `exists` and for document counts per field.

use std::fmt::Write as _;

use tantivy::schema::{
    FAST, Field, IndexRecordOption, JsonObjectOptions, STORED, Schema as TantivySchema, TextFieldIndexing, TextOptions,
};

use crate::mapping::Number;

/// The most text fields (multi-fields counted) that an index may map.
pub(crate) const TEXT_SLOTS: usize = 64;

/// Separates the parts of a completion term.
const SEPARATOR: char = '\u{1f}';

pub(crate) struct Schema {
    pub(crate) id: Field,
    pub(crate) version: Field,
    pub(crate) seq_no: Field,
    pub(crate) source: Field,
    pub(crate) keywords: Field,
    pub(crate) present: Field,
    pub(crate) completions: Field,
    pub(crate) values: Field,
    pub(crate) texts: Vec<Field>,
}

pub(crate) const VALUES: &str = "values";
pub(crate) const VERSION: &str = "version";
pub(crate) const SEQ_NO: &str = "seq_no";

impl Schema {
    pub(super) fn build() -> (Self, TantivySchema) {
        let mut builder = TantivySchema::builder();
        let exact = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer("raw")
                .set_fieldnorms(false)
                .set_index_option(IndexRecordOption::Basic),
        );
        let text = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer("raw")
                .set_fieldnorms(true)
                .set_index_option(IndexRecordOption::WithFreqsAndPositions),
        );
        let schema = Self {
            id: builder.add_text_field("id", exact.clone().set_stored()),
            version: builder.add_u64_field(VERSION, FAST),
            seq_no: builder.add_u64_field(SEQ_NO, FAST),
            source: builder.add_bytes_field("source", STORED),
            keywords: builder.add_text_field("keywords", exact.clone()),
            present: builder.add_text_field("present", exact.clone()),
            completions: builder.add_text_field("completions", exact),
            values: builder.add_json_field(VALUES, JsonObjectOptions::default().set_fast("raw")),
            texts: (0..TEXT_SLOTS).map(|slot| builder.add_text_field(&format!("text{slot}"), text.clone())).collect(),
        };
        (schema, builder.build())
    }
}

/// The term of an exact value of a field.
pub(crate) fn keyword_term(id: u32, value: &str) -> String {
    let mut term = String::with_capacity(value.len() + 6);
    let _ = write!(term, "{id}:");
    term.push_str(value);
    term
}

pub(crate) fn present_term(id: u32) -> String {
    id.to_string()
}

/// A number as the text of its term. `1` and `1.0` of one field never meet: a field is either integer or float.
pub(crate) fn number_text(number: Number) -> String {
    match number {
        Number::Integer(number) => number.to_string(),
        // Zero has two signs and one meaning.
        Number::Float(number) => (number + 0.0).to_string(),
    }
}

pub(crate) fn completion_term(id: u32, normalized: &str, weight: u32, input: &str) -> String {
    format!("{id}:{normalized}{SEPARATOR}{weight}{SEPARATOR}{input}")
}

pub(crate) fn completion_prefix(id: u32, normalized: &str) -> String {
    format!("{id}:{normalized}")
}

/// Normalized text, weight and input of a completion term.
pub(crate) fn parse_completion(term: &str) -> Option<(&str, u32, &str)> {
    let (_, rest) = term.split_once(':')?;
    let mut parts = rest.splitn(3, SEPARATOR);
    Some((parts.next()?, parts.next()?.parse().ok()?, parts.next()?))
}
