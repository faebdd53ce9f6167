//! Running aggregations over documents.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tantivy::query::EnableScoring;
use tantivy::{BitSet, DocId};

use super::aggregation::{Aggregation, Kind};
use crate::columns::{Strings, Values};
use crate::error::Result;
use crate::mapping::{Field, Kind as FieldKind};
use crate::query::{Query, compile, matching};
use crate::search::{Leaf, check_doc_values, top_hits_json};

/// Documents: the number of their leaf, and their number in it. In this order.
pub(super) type Documents = Vec<(u32, DocId)>;

/// One field in one segment, opened.
pub(super) enum Column {
    Numbers(Values),
    Strings(Strings),
    /// The same for every document: `_index`.
    Constant(Arc<str>),
    Absent,
}

pub(crate) struct Run<'a> {
    pub(super) leaves: &'a [Leaf<'a>],
    pub(super) now_ms: i64,
    typed_keys: bool,
    columns: RefCell<HashMap<(u32, String), Rc<Column>>>,
    filters: RefCell<HashMap<(u32, *const Query), Rc<BitSet>>>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(leaves: &'a [Leaf<'a>], now_ms: i64, typed_keys: bool) -> Self {
        Self { leaves, now_ms, typed_keys, columns: RefCell::default(), filters: RefCell::default() }
    }

    /// The `aggregations` object for these documents.
    pub(crate) fn all(&self, aggregations: &[(String, Aggregation)], documents: &[(u32, DocId)]) -> Result<Value> {
        let mut all = Map::new();
        for (name, aggregation) in aggregations {
            let (type_name, mut value) = self.one(aggregation, documents)?;
            if let (Some(meta), Value::Object(object)) = (&aggregation.meta, &mut value) {
                object.insert("meta".into(), meta.clone());
            }
            all.insert(if self.typed_keys { format!("{type_name}#{name}") } else { name.clone() }, value);
        }
        Ok(Value::Object(all))
    }

    fn one(&self, aggregation: &Aggregation, documents: &[(u32, DocId)]) -> Result<(&'static str, Value)> {
        let children = &aggregation.children;
        match &aggregation.kind {
            Kind::Terms(terms) => self.terms(terms, children, documents),
            Kind::DateHistogram { .. } => {
                Ok(("date_histogram", self.date_histogram(&aggregation.kind, children, documents)?))
            }
            Kind::Histogram { .. } => Ok(("histogram", self.histogram(&aggregation.kind, children, documents)?)),
            Kind::Range { dates, .. } => {
                Ok((if *dates { "date_range" } else { "range" }, self.range(&aggregation.kind, children, documents)?))
            }
            Kind::Filter(query) => {
                let kept = self.filter(query, documents)?;
                Ok(("filter", self.bucket(Map::new(), children, &kept)?))
            }
            Kind::Filters { filters, other } => {
                Ok(("filters", self.filters(filters, other.as_deref(), children, documents)?))
            }
            Kind::Missing { field, substituted } => {
                let mut kept = Documents::new();
                for &(leaf, doc) in documents.iter().filter(|_| !substituted) {
                    let has = match &*self.column(leaf, field)? {
                        Column::Numbers(values) => values.has(doc),
                        Column::Strings(strings) => strings.has(doc),
                        Column::Constant(_) => true,
                        Column::Absent => false,
                    };
                    if !has {
                        kept.push((leaf, doc));
                    }
                }
                Ok(("missing", self.bucket(Map::new(), children, &kept)?))
            }
            Kind::Global => {
                let mut every = Documents::new();
                for (number, leaf) in (0..).zip(self.leaves) {
                    every.extend(leaf.segment.doc_ids_alive().map(|doc| (number, doc)));
                }
                Ok(("global", self.bucket(Map::new(), children, &every)?))
            }
            Kind::Metric { field, metric, missing } => self.metric(field, *metric, missing.as_ref(), documents),
            Kind::TopHits(request) => Ok(("top_hits", top_hits_json(request, self.leaves, documents)?)),
        }
    }

    /// A bucket with `doc_count` and its own aggregations, after what `head` says of it.
    pub(super) fn bucket(
        &self,
        mut head: Map<String, Value>,
        children: &[(String, Aggregation)],
        documents: &[(u32, DocId)],
    ) -> Result<Value> {
        head.insert("doc_count".into(), json!(documents.len()));
        if !children.is_empty()
            && let Value::Object(inner) = self.all(children, documents)?
        {
            head.extend(inner);
        }
        Ok(Value::Object(head))
    }

    pub(super) fn filter(&self, query: &Query, documents: &[(u32, DocId)]) -> Result<Documents> {
        let mut kept = Documents::new();
        let mut current: Option<(u32, Rc<BitSet>)> = None;
        for &(leaf, doc) in documents {
            let bits = match &current {
                Some((number, bits)) if *number == leaf => Rc::clone(bits),
                _ => {
                    let bits = self.filter_bits(query, leaf)?;
                    current = Some((leaf, Rc::clone(&bits)));
                    bits
                }
            };
            if bits.contains(doc) {
                kept.push((leaf, doc));
            }
        }
        Ok(kept)
    }

    fn filter_bits(&self, query: &Query, leaf: u32) -> Result<Rc<BitSet>> {
        let key = (leaf, std::ptr::from_ref(query));
        if let Some(bits) = self.filters.borrow().get(&key) {
            return Ok(Rc::clone(bits));
        }
        let at = &self.leaves[leaf as usize];
        let compiled = compile(query, at.view, self.now_ms)?;
        let weight = compiled.query.weight(EnableScoring::disabled_from_searcher(&at.view.searcher))?;
        let bits = Rc::new(matching(weight.as_ref(), at.segment)?);
        self.filters.borrow_mut().insert(key, Rc::clone(&bits));
        Ok(bits)
    }

    /// The field as the first index that maps it has it.
    pub(super) fn field(&self, path: &str) -> Option<&'a Field> {
        self.leaves.iter().find_map(|leaf| leaf.view.mapping.field(path))
    }

    pub(super) fn is_date(&self, path: &str) -> bool {
        self.field(path).is_some_and(|field| matches!(field.kind, FieldKind::Date { .. }))
    }

    pub(super) fn column(&self, leaf: u32, path: &str) -> Result<Rc<Column>> {
        let key = (leaf, path.to_owned());
        if let Some(column) = self.columns.borrow().get(&key) {
            return Ok(Rc::clone(column));
        }
        let at = &self.leaves[leaf as usize];
        let column = match at.view.mapping.field(path) {
            None if path == "_index" => Column::Constant(at.view.name.as_str().into()),
            None => Column::Absent,
            Some(field) => {
                check_doc_values(field, &at.view.name)?;
                match Values::open(at.segment, field.id)? {
                    Values::None => Column::Absent,
                    Values::Text(column) => Column::Strings(Strings::new(column)),
                    values => Column::Numbers(values),
                }
            }
        };
        let column = Rc::new(column);
        self.columns.borrow_mut().insert(key, Rc::clone(&column));
        Ok(column)
    }
}
