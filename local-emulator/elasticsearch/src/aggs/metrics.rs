//! min, max, avg, sum, stats, value_count, cardinality.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tantivy::DocId;

use super::aggregation::Metric;
use super::run::{Column, Run};
use crate::error::{Error, Result};
use crate::mapping::{Kind, Number, date};

#[derive(PartialEq, Eq, Hash)]
enum Distinct {
    Bits(u64),
    Text(Arc<str>),
}

struct Summary {
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
}

impl Run<'_> {
    pub(super) fn metric(
        &self,
        path: &str,
        metric: Metric,
        missing: Option<&Value>,
        documents: &[(u32, DocId)],
    ) -> Result<(&'static str, Value)> {
        let field = self.field(path);
        let textual = field.is_some_and(|field| field.kind == Kind::Keyword);
        if textual && !matches!(metric, Metric::ValueCount | Metric::Cardinality) {
            return Err(Error::shard_argument(format!(
                "Field [{path}] of type [keyword] is not supported for aggregation [{}]",
                name(metric)
            )));
        }
        let substitute = missing.and_then(Value::as_f64);
        let mut summary = Summary { count: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY };
        let mut distinct = HashSet::new();
        for &(leaf, doc) in documents {
            let before = summary.count;
            match &*self.column(leaf, path)? {
                Column::Numbers(values) => values.numbers(doc, |number| {
                    summary.take(number.as_f64());
                    if metric == Metric::Cardinality {
                        distinct.insert(Distinct::Bits(match number {
                            Number::Integer(number) => number.cast_unsigned(),
                            Number::Float(number) => number.to_bits(),
                        }));
                    }
                }),
                Column::Strings(strings) => strings.each(doc, |text| {
                    summary.take(0.0);
                    if metric == Metric::Cardinality {
                        distinct.insert(Distinct::Text(text));
                    }
                }),
                Column::Constant(text) => {
                    summary.take(0.0);
                    if metric == Metric::Cardinality {
                        distinct.insert(Distinct::Text(Arc::clone(text)));
                    }
                }
                Column::Absent => {}
            }
            if summary.count == before {
                if let Some(number) = substitute {
                    summary.take(number);
                    if metric == Metric::Cardinality {
                        distinct.insert(Distinct::Bits(number.to_bits()));
                    }
                } else if let (Some(text), Metric::Cardinality | Metric::ValueCount) =
                    (missing.and_then(Value::as_str), metric)
                {
                    summary.take(0.0);
                    distinct.insert(Distinct::Text(text.into()));
                }
            }
        }
        let dated = field.and_then(|field| match &field.kind {
            Kind::Date { format } => Some(format.as_str()),
            _ => None,
        });
        Ok((name(metric), summary.json(metric, distinct.len(), dated)))
    }
}

fn name(metric: Metric) -> &'static str {
    match metric {
        Metric::Min => "min",
        Metric::Max => "max",
        Metric::Avg => "avg",
        Metric::Sum => "sum",
        Metric::Stats => "stats",
        Metric::ValueCount => "value_count",
        Metric::Cardinality => "cardinality",
    }
}

impl Summary {
    fn take(&mut self, number: f64) {
        self.count += 1;
        self.sum += number;
        self.min = self.min.min(number);
        self.max = self.max.max(number);
    }

    fn json(&self, metric: Metric, distinct: usize, dated: Option<&str>) -> Value {
        #[expect(clippy::cast_precision_loss, reason = "counts of documents")]
        let average = (self.count > 0).then(|| self.sum / self.count as f64);
        let some = |number: f64| (self.count > 0).then_some(number);
        let one = |number: Option<f64>| {
            let mut object = Map::new();
            object.insert("value".into(), json!(number));
            if let (Some(format), Some(number)) = (dated, number) {
                object.insert("value_as_string".into(), as_date(number, format));
            }
            Value::Object(object)
        };
        match metric {
            Metric::Min => one(some(self.min)),
            Metric::Max => one(some(self.max)),
            Metric::Avg => one(average),
            Metric::Sum => one(Some(self.sum)),
            Metric::ValueCount => json!({ "value": self.count }),
            Metric::Cardinality => json!({ "value": distinct }),
            Metric::Stats => {
                let mut object = Map::new();
                let all = [("min", some(self.min)), ("max", some(self.max)), ("avg", average), ("sum", Some(self.sum))];
                object.insert("count".into(), json!(self.count));
                for (key, number) in all {
                    object.insert(key.into(), json!(number));
                }
                if let Some(format) = dated {
                    for (key, number) in all {
                        object.extend(number.map(|number| (format!("{key}_as_string"), as_date(number, format))));
                    }
                }
                Value::Object(object)
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit")]
fn as_date(number: f64, format: &str) -> Value {
    Value::from(date::print_as(number as i64, format))
}
