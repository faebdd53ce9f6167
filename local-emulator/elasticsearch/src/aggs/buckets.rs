//! terms, date_histogram, histogram, range, date_range, filters.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tantivy::DocId;

use super::aggregation::{Aggregation, Interval, Kind, Order, Selection, Terms};
use super::run::{Column, Documents, Run};
use crate::error::{Error, Result};
use crate::mapping::{Kind as FieldKind, Number, date, parse_number};
use crate::query::Query;

/// The most buckets of one aggregation (`search.max_buckets`).
const BUCKETS_MAX: usize = 65_536;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum BucketKey {
    Integer(i64),
    /// Bits in an order that sorts as the numbers do.
    Float(u64),
    Text(Arc<str>),
}

fn float_key(number: f64) -> BucketKey {
    BucketKey::Float(tantivy::f64_to_u64(number + 0.0))
}

fn too_many() -> Error {
    let mut error = Error::new(
        400,
        "too_many_buckets_exception",
        format!(
            "Trying to create too many buckets. Must be less than or equal to: [{BUCKETS_MAX}]. This limit can be set by changing the [search.max_buckets] cluster level setting."
        ),
    );
    error.phase = Some("query");
    error
}

impl Selection {
    fn names(&self, text: &str) -> bool {
        match self {
            Self::Values(values) => values.iter().any(|value| value == text),
            Self::Pattern(pattern) => pattern.is_match(text),
        }
    }
}

struct Bucket {
    key: BucketKey,
    documents: Documents,
    json: Option<Value>,
}

impl Run<'_> {
    pub(super) fn terms(
        &self,
        terms: &Terms,
        children: &[(String, Aggregation)],
        documents: &[(u32, DocId)],
    ) -> Result<(&'static str, Value)> {
        let field = self.field(&terms.field);
        let missing = match (&terms.missing, field.map(|field| &field.kind)) {
            (None, _) => None,
            (Some(Value::String(text)), Some(FieldKind::Keyword) | None) => Some(BucketKey::Text(text.as_str().into())),
            (Some(value), Some(kind)) => Some(match parse_number(kind, "terms", value) {
                Ok(Number::Integer(number)) => BucketKey::Integer(number),
                Ok(Number::Float(number)) => float_key(number),
                Err(error) => return Err(Error::shard_argument(error.reason)),
            }),
            (Some(value), None) => Some(BucketKey::Text(value.to_string().into())),
        };
        let mut buckets: HashMap<BucketKey, Documents> = HashMap::new();
        for &(leaf, doc) in documents {
            let mut any = false;
            let mut take = |key: BucketKey| {
                any = true;
                let bucket = buckets.entry(key).or_default();
                if bucket.last() != Some(&(leaf, doc)) {
                    bucket.push((leaf, doc));
                }
            };
            match &*self.column(leaf, &terms.field)? {
                Column::Strings(strings) => strings.each(doc, |text| take(BucketKey::Text(text))),
                Column::Numbers(values) => values.numbers(doc, |number| {
                    take(match number {
                        Number::Integer(number) => BucketKey::Integer(number),
                        Number::Float(number) => float_key(number),
                    });
                }),
                Column::Constant(text) => take(BucketKey::Text(Arc::clone(text))),
                Column::Absent => {}
            }
            if !any && let Some(missing) = &missing {
                buckets.entry(missing.clone()).or_default().push((leaf, doc));
            }
        }
        let minimum = usize::try_from(terms.min_doc_count).unwrap_or(usize::MAX);
        let shown = |key: &BucketKey| plain(key);
        let mut list: Vec<Bucket> = buckets
            .into_iter()
            .filter(|(key, documents)| {
                documents.len() >= minimum
                    && terms.include.as_ref().is_none_or(|include| include.names(&shown(key)))
                    && !terms.exclude.as_ref().is_some_and(|exclude| exclude.names(&shown(key)))
            })
            .map(|(key, documents)| Bucket { key, documents, json: None })
            .collect();
        let total: usize = list.iter().map(|bucket| bucket.documents.len()).sum();
        let by_metric = terms.order.iter().any(|(order, _)| matches!(order, Order::Metric(..)));
        let make = |bucket: &Bucket| -> Result<Value> {
            self.bucket(key_json(&bucket.key, field.map(|field| &field.kind)), children, &bucket.documents)
        };
        if by_metric {
            for (order, _) in &terms.order {
                if let Order::Metric(name, _) = order
                    && !children.iter().any(|(child, _)| child == name)
                {
                    return Err(Error::shard_argument(format!(
                        "Invalid aggregator order path [{name}]. The provided aggregation [{name}] either does not exist, or is a pipeline aggregation and cannot be used to sort the buckets."
                    )));
                }
            }
            for bucket in &mut list {
                bucket.json = Some(make(bucket)?);
            }
        }
        list.sort_by(|a, b| compare(&terms.order, a, b));
        list.truncate(terms.size);
        let kept: usize = list.iter().map(|bucket| bucket.documents.len()).sum();
        let mut json = Vec::with_capacity(list.len());
        for bucket in &list {
            json.push(match &bucket.json {
                Some(ready) => ready.clone(),
                None => make(bucket)?,
            });
        }
        let type_name = match field.map(|field| &field.kind) {
            Some(FieldKind::Keyword) => "sterms",
            Some(FieldKind::Float) => "dterms",
            Some(_) => "lterms",
            None if terms.field == "_index" => "sterms",
            None => "umterms",
        };
        Ok((
            type_name,
            json!({ "doc_count_error_upper_bound": 0, "sum_other_doc_count": total - kept, "buckets": json }),
        ))
    }

    /// Divides documents by a number that `key` makes of each of their values.
    fn divide(
        &self,
        path: &str,
        documents: &[(u32, DocId)],
        missing: Option<f64>,
        key: impl Fn(f64) -> i64,
    ) -> Result<BTreeMap<i64, Documents>> {
        let mut buckets: BTreeMap<i64, Documents> = BTreeMap::new();
        for &(leaf, doc) in documents {
            let mut seen = HashSet::new();
            match &*self.column(leaf, path)? {
                Column::Numbers(values) => values.numbers(doc, |number| {
                    seen.insert(key(number.as_f64()));
                }),
                Column::Strings(_) | Column::Constant(_) => {
                    return Err(Error::shard_argument(format!(
                        "Field [{path}] of type [keyword] is not supported for a histogram"
                    )));
                }
                Column::Absent => {}
            }
            if seen.is_empty() {
                seen.extend(missing.map(&key));
            }
            for key in seen {
                buckets.entry(key).or_default().push((leaf, doc));
            }
            if buckets.len() > BUCKETS_MAX {
                return Err(too_many());
            }
        }
        Ok(buckets)
    }

    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit")]
    pub(super) fn date_histogram(
        &self,
        kind: &Kind,
        children: &[(String, Aggregation)],
        documents: &[(u32, DocId)],
    ) -> Result<Value> {
        let Kind::DateHistogram {
            field,
            interval,
            min_doc_count,
            offset_ms,
            format,
            missing,
            descending,
            keyed,
            bounds,
        } = kind
        else {
            return Ok(Value::Null);
        };
        let own_format = self.field(field).and_then(|field| match &field.kind {
            FieldKind::Date { format } => Some(format.clone()),
            _ => None,
        });
        let parse_format = own_format.clone().unwrap_or_else(|| date::DEFAULT_FORMAT.to_owned());
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double exactly")]
        let missing = missing
            .as_ref()
            .map(|value| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                date::parse_math(&text, &parse_format, self.now_ms, date::Fill::Down, 0).map(|millis| millis as f64)
            })
            .transpose()?;
        let floor = |millis: i64| match interval {
            Interval::Calendar(unit) => date::round_down(millis + offset_ms, *unit) - offset_ms,
            Interval::FixedMs(step) => (millis + offset_ms).div_euclid(*step) * step - offset_ms,
        };
        let mut buckets = self.divide(field, documents, missing, |number| floor(number as i64))?;
        for bound in [&bounds.0, &bounds.1].into_iter().flatten().filter(|_| *min_doc_count == 0) {
            let text = bound.as_str().map_or_else(|| bound.to_string(), str::to_owned);
            let written = format.as_ref().filter(|_| bound.is_string()).unwrap_or(&parse_format);
            let millis = date::parse_math(&text, written, self.now_ms, date::Fill::Down, *offset_ms)?;
            buckets.entry(floor(millis)).or_default();
        }
        if *min_doc_count == 0
            && let (Some((&first, _)), Some((&last, _))) = (buckets.first_key_value(), buckets.last_key_value())
        {
            let mut at = first;
            while at < last {
                let next = match interval {
                    Interval::Calendar(unit) => date::add(at + offset_ms, *unit, 1).map(|next| next - offset_ms),
                    Interval::FixedMs(step) => at.checked_add(*step),
                };
                let Some(next) = next else { break };
                at = next;
                buckets.entry(at).or_default();
                if buckets.len() > BUCKETS_MAX {
                    return Err(too_many());
                }
            }
        }
        buckets.retain(|_, documents| documents.len() as u64 >= *min_doc_count);
        let print = format.as_ref().or(own_format.as_ref()).cloned().unwrap_or_default();
        let mut list: Vec<(i64, Documents)> = buckets.into_iter().collect();
        if *descending {
            list.reverse();
        }
        let mut json = Vec::with_capacity(list.len());
        for (key, documents) in list {
            let mut head = Map::new();
            head.insert("key_as_string".into(), Value::from(date::print_at(key, &print, *offset_ms)));
            head.insert("key".into(), json!(key));
            json.push(self.bucket(head, children, &documents)?);
        }
        Ok(if *keyed { keyed_json(json) } else { json!({ "buckets": json }) })
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "bucket numbers, bounded by BUCKETS_MAX"
    )]
    pub(super) fn histogram(
        &self,
        kind: &Kind,
        children: &[(String, Aggregation)],
        documents: &[(u32, DocId)],
    ) -> Result<Value> {
        let Kind::Histogram { field, interval, offset, min_doc_count, keyed, missing } = kind else {
            return Ok(Value::Null);
        };
        let missing = missing.as_ref().and_then(Value::as_f64);
        let mut buckets =
            self.divide(field, documents, missing, |number| ((number - offset) / interval).floor() as i64)?;
        if *min_doc_count == 0
            && let (Some((&first, _)), Some((&last, _))) = (buckets.first_key_value(), buckets.last_key_value())
        {
            if last - first > BUCKETS_MAX as i64 {
                return Err(too_many());
            }
            for number in first..=last {
                buckets.entry(number).or_default();
            }
        }
        buckets.retain(|_, documents| documents.len() as u64 >= *min_doc_count);
        let mut json = Vec::with_capacity(buckets.len());
        for (number, documents) in buckets {
            let head = Map::from_iter([("key".to_owned(), json!(number as f64 * interval + offset))]);
            json.push(self.bucket(head, children, &documents)?);
        }
        Ok(if *keyed { keyed_json(json) } else { json!({ "buckets": json }) })
    }

    pub(super) fn range(
        &self,
        kind: &Kind,
        children: &[(String, Aggregation)],
        documents: &[(u32, DocId)],
    ) -> Result<Value> {
        let Kind::Range { field, ranges, dates, keyed, format } = kind else { return Ok(Value::Null) };
        let own_format = self.field(field).and_then(|field| match &field.kind {
            FieldKind::Date { format } => Some(format.clone()),
            _ => None,
        });
        let dated = *dates || self.is_date(field);
        let format = format.clone().or(own_format).unwrap_or_else(|| date::DEFAULT_FORMAT.to_owned());
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double exactly")]
        let bound = |value: &Option<Value>| -> Result<Option<f64>> {
            let Some(value) = value else { return Ok(None) };
            if dated && value.is_string() {
                let text = value.as_str().unwrap_or_default();
                return Ok(Some(date::parse_math(text, &format, self.now_ms, date::Fill::Down, 0)? as f64));
            }
            let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
            number
                .map(Some)
                .ok_or_else(|| Error::illegal(format!("a bound of a range must be a number, found [{value}]")))
        };
        let mut spans = Vec::new();
        for range in ranges {
            spans.push((range, bound(&range.from)?, bound(&range.to)?));
        }
        // In order of their bounds, as the real server answers.
        spans.sort_by(|a, b| {
            let low = |bound: Option<f64>| bound.unwrap_or(f64::NEG_INFINITY);
            let high = |bound: Option<f64>| bound.unwrap_or(f64::INFINITY);
            low(a.1).total_cmp(&low(b.1)).then(high(a.2).total_cmp(&high(b.2)))
        });
        let mut json = Vec::new();
        for (range, from, to) in spans {
            let inside = |number: f64| from.is_none_or(|from| number >= from) && to.is_none_or(|to| number < to);
            let mut kept = Documents::new();
            for &(leaf, doc) in documents {
                let mut any = false;
                if let Column::Numbers(values) = &*self.column(leaf, field)? {
                    values.numbers(doc, |number| any |= inside(number.as_f64()));
                }
                if any {
                    kept.push((leaf, doc));
                }
            }
            #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit")]
            let show = |bound: Option<f64>| match bound {
                None => "*".to_owned(),
                Some(number) if dated => date::print_as(number as i64, &format),
                Some(number) => format!("{number:?}"),
            };
            let key = range.key.clone().unwrap_or_else(|| format!("{}-{}", show(from), show(to)));
            let mut head = Map::from_iter([("key".to_owned(), Value::from(key))]);
            for (name, bound) in [("from", from), ("to", to)] {
                if let Some(number) = bound {
                    head.insert(name.into(), json!(number));
                    if dated {
                        head.insert(format!("{name}_as_string"), Value::from(show(bound)));
                    }
                }
            }
            json.push(self.bucket(head, children, &kept)?);
        }
        Ok(if *keyed { keyed_json(json) } else { json!({ "buckets": json }) })
    }

    pub(super) fn filters(
        &self,
        filters: &[(Option<String>, Query)],
        other: Option<&str>,
        children: &[(String, Aggregation)],
        documents: &[(u32, DocId)],
    ) -> Result<Value> {
        let mut named = Map::new();
        let mut anonymous = Vec::new();
        let mut taken = HashSet::new();
        for (name, query) in filters {
            let kept = self.filter(query, documents)?;
            let bucket = self.bucket(Map::new(), children, &kept)?;
            taken.extend(kept);
            match name {
                Some(name) => {
                    named.insert(name.clone(), bucket);
                }
                None => anonymous.push(bucket),
            }
        }
        if let Some(other) = other {
            let rest: Documents = documents.iter().filter(|document| !taken.contains(*document)).copied().collect();
            let bucket = self.bucket(Map::new(), children, &rest)?;
            if anonymous.is_empty() {
                named.insert(other.to_owned(), bucket);
            } else {
                anonymous.push(bucket);
            }
        }
        Ok(if anonymous.is_empty() { json!({ "buckets": named }) } else { json!({ "buckets": anonymous }) })
    }
}

/// Buckets as an object by their keys, which then leave the buckets.
fn keyed_json(buckets: Vec<Value>) -> Value {
    let mut object = Map::new();
    for mut bucket in buckets {
        let text = bucket
            .get("key_as_string")
            .or_else(|| bucket.get("key"))
            .map(|key| key.as_str().map_or_else(|| key.to_string(), str::to_owned));
        if let Some(fields) = bucket.as_object_mut()
            && fields.get("key").is_some_and(Value::is_string)
        {
            fields.shift_remove("key");
        }
        object.insert(text.unwrap_or_default(), bucket);
    }
    json!({ "buckets": object })
}

fn plain(key: &BucketKey) -> String {
    match key {
        BucketKey::Integer(number) => number.to_string(),
        BucketKey::Float(bits) => tantivy::u64_to_f64(*bits).to_string(),
        BucketKey::Text(text) => text.to_string(),
    }
}

fn key_json(key: &BucketKey, kind: Option<&FieldKind>) -> Map<String, Value> {
    let mut head = Map::new();
    match key {
        BucketKey::Integer(number) => {
            head.insert("key".into(), json!(number));
            match kind {
                Some(FieldKind::Boolean) => {
                    head.insert("key_as_string".into(), Value::from(if *number == 0 { "false" } else { "true" }));
                }
                Some(FieldKind::Date { format }) => {
                    head.insert("key_as_string".into(), Value::from(date::print_as(*number, format)));
                }
                _ => {}
            }
        }
        BucketKey::Float(bits) => {
            head.insert("key".into(), json!(tantivy::u64_to_f64(*bits)));
        }
        BucketKey::Text(text) => {
            head.insert("key".into(), Value::from(&**text));
        }
    }
    head
}

fn metric_value(bucket: &Bucket, name: &str, which: Option<&str>) -> f64 {
    let Some(Value::Object(object)) = &bucket.json else { return f64::NAN };
    let suffix = format!("#{name}");
    let metric = object.iter().find(|(key, _)| *key == name || key.ends_with(&suffix)).map(|(_, value)| value);
    let member = which.map_or("value", |which| which);
    metric
        .and_then(|metric| metric.get(member).or_else(|| metric.get("doc_count")))
        .and_then(Value::as_f64)
        .unwrap_or(f64::NEG_INFINITY)
}

fn compare(orders: &[(Order, bool)], a: &Bucket, b: &Bucket) -> Ordering {
    for (order, descending) in orders {
        let ordering = match order {
            Order::Count => a.documents.len().cmp(&b.documents.len()),
            Order::Key => a.key.cmp(&b.key),
            Order::Metric(name, which) => {
                metric_value(a, name, which.as_deref()).total_cmp(&metric_value(b, name, which.as_deref()))
            }
        };
        let ordering = if *descending { ordering.reverse() } else { ordering };
        if ordering.is_ne() {
            return ordering;
        }
    }
    // Ties by the key, ascending.
    a.key.cmp(&b.key)
}
