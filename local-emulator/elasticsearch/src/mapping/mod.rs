//! What the fields of an index are, and how a JSON document becomes index terms and doc values.
//!
//! The mapping is kept twice: as the JSON tree of `properties` (what `GET _mapping` answers) and compiled into a flat
//! table from dotted path to [`Field`]. A field keeps its number for the life of the index; text fields also keep one
//! of the text slots of the tantivy schema (see `index::schema`).
//!
//! To add a field type: a variant of [`Kind`] in `field.rs`, its name in `compile.rs`, its values in `document.rs`.

mod compile;
mod compiled;
pub(crate) mod date;
mod document;
mod field;
mod indexed;
mod merge;
mod value;
mod vector;

pub(crate) use compiled::{Assignments, Mapping};
pub(crate) use document::Document;
pub(crate) use field::{Dynamic, FIELDS_MAX, Field, Kind};
pub(crate) use indexed::IndexedDocument;
pub(crate) use merge::merge_bodies;
pub(crate) use value::{Number, parse_boolean, parse_number};
pub(crate) use vector::{Similarity, numbers as vector_numbers, unpacked};
