//! Sorting: the specification, the keys of a document, their order, `search_after`.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::{Value, json};
use tantivy::DocId;

use super::collect::Leaf;
use crate::body::{Body, single};
use crate::columns::{Strings, Values};
use crate::error::{Error, Result};
use crate::index::View;
use crate::mapping::{Kind, Number, date, parse_number};

#[derive(Debug, Clone)]
pub(crate) struct Sort {
    pub(crate) by: By,
    pub(crate) descending: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum By {
    Score,
    /// Index order.
    Doc,
    /// Index order as a value: ties are broken by it in a point in time.
    ShardDoc,
    Field {
        path: String,
        missing: Missing,
        unmapped: bool,
        use_max: bool,
        format: Option<String>,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum Missing {
    First,
    Last,
    Value(Value),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Key {
    Integer(i64),
    Float(f64),
    Text(Arc<str>),
    Missing,
}

/// Reads `sort` in all of its forms.
pub(crate) fn parse(value: &Value) -> Result<Vec<Sort>> {
    Sort::parse(value)
}

fn order(text: &str) -> Result<bool> {
    match text {
        "asc" => Ok(false),
        "desc" => Ok(true),
        other => Err(Error::illegal(format!(
            "No enum constant org.elasticsearch.search.sort.SortOrder.{}",
            other.to_uppercase()
        ))),
    }
}

impl Sort {
    /// Reads `sort` in all of its forms.
    pub(crate) fn parse(value: &Value) -> Result<Vec<Self>> {
        match value {
            Value::Array(values) => values.iter().map(Self::one).collect(),
            Value::Object(object) if object.len() > 1 => {
                object.iter().map(|(key, value)| Self::named(key, Some(value))).collect()
            }
            value => Ok(vec![Self::one(value)?]),
        }
    }

    fn one(value: &Value) -> Result<Self> {
        match value {
            Value::String(name) => match name.split_once(':') {
                Some((name, direction)) => Self::named(name, Some(&Value::from(direction))),
                None => Self::named(name, None),
            },
            value => {
                let (name, value) = single(value, "sort")?;
                Self::named(name, Some(value))
            }
        }
    }

    fn named(name: &str, options: Option<&Value>) -> Result<Self> {
        let mut descending = name == "_score";
        let mut missing = Missing::Last;
        let mut unmapped = false;
        let mut mode = None;
        let mut format = None;
        match options {
            None => {}
            Some(Value::String(direction)) => descending = order(direction)?,
            Some(value) => {
                let mut body = Body::new(value, format!("sort on {name}"))?;
                if let Some(direction) = body.text("order")? {
                    descending = order(direction)?;
                }
                missing = match body.get("missing") {
                    None => Missing::Last,
                    Some(Value::String(text)) if text == "_last" => Missing::Last,
                    Some(Value::String(text)) if text == "_first" => Missing::First,
                    Some(value) => Missing::Value(value.clone()),
                };
                unmapped = body.text("unmapped_type")?.is_some();
                mode = body.text("mode")?.map(str::to_owned);
                format = body.text("format")?.map(str::to_owned);
                body.finish()?;
            }
        }
        if let Some(format) = &format {
            date::check_format(format)?;
        }
        let use_max = match mode.as_deref() {
            None => descending,
            Some("min") => false,
            Some("max") => true,
            Some(other) => return Err(Error::unsupported(&format!("sort mode [{other}]"))),
        };
        let by = match name {
            "_score" => By::Score,
            "_doc" => By::Doc,
            "_shard_doc" => By::ShardDoc,
            "_geo_distance" | "_script" => return Err(Error::unsupported(&format!("sort by [{name}]"))),
            path => By::Field { path: path.to_owned(), missing, unmapped, use_max, format },
        };
        Ok(Self { by, descending })
    }

    pub(crate) fn compare(&self, a: &Key, b: &Key) -> Ordering {
        let missing_first = matches!(&self.by, By::Field { missing: Missing::First, .. });
        let ordering = match (a, b) {
            (Key::Missing, Key::Missing) => return Ordering::Equal,
            (Key::Missing, _) => return if missing_first { Ordering::Less } else { Ordering::Greater },
            (_, Key::Missing) => return if missing_first { Ordering::Greater } else { Ordering::Less },
            (Key::Integer(a), Key::Integer(b)) => a.cmp(b),
            (Key::Text(a), Key::Text(b)) => a.cmp(b),
            (a, b) => a.as_f64().total_cmp(&b.as_f64()),
        };
        if self.descending { ordering.reverse() } else { ordering }
    }

    /// A value of `search_after` as a key.
    pub(crate) fn key(&self, value: &Value, views: &[View]) -> Result<Key> {
        let bad = || Error::illegal(format!("Failed to parse search_after value for field [{}]", self.name()));
        if value.is_null() {
            return Ok(Key::Missing);
        }
        let kind = match &self.by {
            By::Field { path, .. } => views.iter().find_map(|view| view.mapping.field(path)).map(|field| &field.kind),
            _ => None,
        };
        Ok(match (kind, value) {
            (Some(Kind::Keyword), Value::String(text)) => Key::Text(text.as_str().into()),
            (Some(Kind::Date { format }), Value::String(text)) => Key::Integer(match text.parse() {
                Ok(millis) => millis,
                Err(_) => date::parse(text, format, date::Fill::Down).map_err(|_| bad())?,
            }),
            (_, Value::String(text)) if text == "Infinity" => Key::Float(f64::INFINITY),
            (_, Value::String(text)) if text == "-Infinity" => Key::Float(f64::NEG_INFINITY),
            (Some(Kind::Boolean), Value::Bool(flag)) => Key::Integer((*flag).into()),
            (Some(Kind::Float), Value::Number(_)) => match (&self.by, value) {
                (By::Field { path, .. }, value) => {
                    let field = views.iter().find_map(|view| view.mapping.field(path)).ok_or_else(bad)?;
                    Key::Float(parse_number(&field.kind, &field.type_name, value).map_err(|_| bad())?.as_f64())
                }
                _ => return Err(bad()),
            },
            (_, Value::Number(number)) => match number.as_i64() {
                Some(number) => Key::Integer(number),
                None => Key::Float(number.as_f64().ok_or_else(bad)?),
            },
            (Some(Kind::Integer { .. }), Value::String(text)) => Key::Integer(text.parse().map_err(|_| bad())?),
            _ => return Err(bad()),
        })
    }

    fn name(&self) -> &str {
        match &self.by {
            By::Score => "_score",
            By::Doc => "_doc",
            By::ShardDoc => "_shard_doc",
            By::Field { path, .. } => path,
        }
    }
}

impl Key {
    #[expect(clippy::cast_precision_loss, reason = "only keys of different types, such as a score, are compared so")]
    fn as_f64(&self) -> f64 {
        match self {
            Self::Integer(number) => *number as f64,
            Self::Float(number) => *number,
            Self::Text(_) | Self::Missing => 0.0,
        }
    }

    pub(crate) fn json(&self, format: Option<&str>) -> Value {
        match self {
            Self::Integer(millis) if format.is_some() => {
                Value::from(date::print_as(*millis, format.unwrap_or_default()))
            }
            Self::Integer(number) => json!(number),
            Self::Float(number) if number.is_infinite() => {
                Value::from(if *number > 0.0 { "Infinity" } else { "-Infinity" })
            }
            Self::Float(number) => json!(number),
            Self::Text(text) => Value::from(&**text),
            Self::Missing => Value::Null,
        }
    }
}

/// Reads the keys of one segment's documents.
pub(super) struct Keys<'a> {
    sorts: &'a [Sort],
    columns: Vec<Column>,
    base: i64,
}

enum Column {
    Special,
    Numbers { values: Values, use_max: bool, missing: Key },
    Strings { strings: Strings, use_max: bool, missing: Key },
    Absent { missing: Key },
}

impl<'a> Keys<'a> {
    pub(super) fn open(sorts: &'a [Sort], leaf: &Leaf<'_>) -> Result<Self> {
        let columns = sorts.iter().map(|sort| open(sort, leaf)).collect::<Result<_>>()?;
        Ok(Self { sorts, columns, base: leaf.base })
    }

    pub(super) fn of(&self, doc: DocId, score: f32) -> Vec<Key> {
        self.sorts.iter().zip(&self.columns).map(|(sort, column)| self.one(sort, column, doc, score)).collect()
    }

    fn one(&self, sort: &Sort, column: &Column, doc: DocId, score: f32) -> Key {
        match (&sort.by, column) {
            (By::Score, _) => Key::Float(f64::from(score)),
            (By::Doc | By::ShardDoc, _) => Key::Integer(self.base + i64::from(doc)),
            (_, Column::Numbers { values, use_max, missing }) => {
                let mut best: Option<Number> = None;
                values.numbers(doc, |number| {
                    let better = best.is_none_or(|best| {
                        if *use_max { number.as_f64() > best.as_f64() } else { number.as_f64() < best.as_f64() }
                    });
                    if better {
                        best = Some(number);
                    }
                });
                match best {
                    None => missing.clone(),
                    Some(Number::Integer(number)) => Key::Integer(number),
                    Some(Number::Float(number)) => Key::Float(number),
                }
            }
            (_, Column::Strings { strings, use_max, missing }) => {
                let mut best: Option<Arc<str>> = None;
                // Ordinals of a document come in the order of their strings.
                strings.each(doc, |text| {
                    if best.is_none() || *use_max {
                        best = Some(text);
                    }
                });
                best.map_or_else(|| missing.clone(), Key::Text)
            }
            (_, Column::Absent { missing }) => missing.clone(),
            (_, Column::Special) => Key::Missing,
        }
    }

    /// Whether the document's keys are not better than those of `bar`; each is read only if those before it are equal.
    pub(super) fn lose(&self, doc: DocId, score: f32, bar: &[Key]) -> bool {
        for ((sort, column), bar) in self.sorts.iter().zip(&self.columns).zip(bar) {
            let ordering = match (column, bar) {
                (Column::Strings { strings, .. }, Key::Text(text)) => {
                    let ordering = strings.compare_single(doc, text);
                    ordering.map(|ordering| if sort.descending { ordering.reverse() } else { ordering })
                }
                _ => None,
            };
            let ordering = ordering.unwrap_or_else(|| sort.compare(&self.one(sort, column, doc, score), bar));
            if ordering.is_ne() {
                return ordering.is_gt();
            }
        }
        true
    }
}

fn open(sort: &Sort, leaf: &Leaf<'_>) -> Result<Column> {
    let By::Field { path, missing, unmapped, use_max, .. } = &sort.by else { return Ok(Column::Special) };
    let Some(field) = leaf.view.mapping.field(path) else {
        if *unmapped {
            return Ok(Column::Absent { missing: Key::Missing });
        }
        return Err(Error::shard(format!("No mapping found for [{path}] in order to sort on"), &leaf.view.name));
    };
    check_doc_values(field, &leaf.view.name)?;
    let last = matches!(missing, Missing::Last) != sort.descending;
    let missing = match (missing, &field.kind) {
        (Missing::Value(Value::String(text)), Kind::Keyword) => Key::Text(text.as_str().into()),
        (Missing::Value(value), _) => sort.key(value, std::slice::from_ref(leaf.view))?,
        (_, Kind::Keyword) => Key::Missing,
        (_, Kind::Float) => Key::Float(if last { f64::INFINITY } else { f64::NEG_INFINITY }),
        _ => Key::Integer(if last { i64::MAX } else { i64::MIN }),
    };
    Ok(match Values::open(leaf.segment, field.id)? {
        Values::None => Column::Absent { missing },
        Values::Text(column) => Column::Strings { strings: Strings::new(column), use_max: *use_max, missing },
        values => Column::Numbers { values, use_max: *use_max, missing },
    })
}

/// # Errors
/// For a field that cannot be sorted or aggregated by, in the words of the real server.
pub(crate) fn check_doc_values(field: &crate::mapping::Field, index: &str) -> Result<()> {
    if field.doc_values {
        return Ok(());
    }
    let mut error = if field.kind == Kind::Text {
        Error::illegal(format!(
            "Fielddata is disabled on [{}] in [{index}]. Text fields are not optimised for operations that require per-document field data like aggregations and sorting, so these operations are disabled by default. Please use a keyword field instead. Alternatively, set fielddata=true on [{}] in order to load field data by uninverting the inverted index. Note that this can use significant memory.",
            field.path, field.path
        ))
    } else {
        Error::illegal(format!(
            "Can't load fielddata on [{}] because fielddata is unsupported on fields of type [{}]. Use doc values instead.",
            field.path, field.type_name
        ))
    };
    error.phase = Some("query");
    Err(error.with("index", index))
}
