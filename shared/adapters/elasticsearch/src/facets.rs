//! Facets as aggregations, and back.

use chrono::{DateTime, SecondsFormat};
use octavo_domain_kernel::PortError;
use octavo_domain_search::{Bucket, Facet, FacetCounts, FacetField, Interval};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Values that are counted exactly before the number of different ones becomes an estimate.
const DISTINCT_EXACT_MAX: u32 = 3000;

/// The aggregations of an answer, by name.
pub(crate) type Aggregations = std::collections::HashMap<String, Aggregation>;

/// One aggregation's answer: buckets, or a number.
#[derive(Debug, Deserialize)]
pub(crate) struct Aggregation {
    #[serde(default)]
    buckets: Vec<EngineBucket>,
    #[serde(default)]
    value: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct EngineBucket {
    key: Value,
    doc_count: u64,
}

pub(crate) fn request(facets: &[Facet]) -> Value {
    let mut aggregations = Map::new();
    for facet in facets {
        let (name, field) = (facet.field.as_str(), engine_field(facet.field));
        if facet.field.is_date() {
            let histogram = json!({"field": field, "calendar_interval": interval(facet.interval), "min_doc_count": 1});
            aggregations.insert(name.to_owned(), json!({"date_histogram": histogram}));
        } else {
            aggregations.insert(name.to_owned(), json!({"terms": {"field": field, "size": facet.size}}));
            let cardinality = json!({"field": field, "precision_threshold": DISTINCT_EXACT_MAX});
            aggregations.insert(distinct_name(name), json!({"cardinality": cardinality}));
        }
    }
    Value::Object(aggregations)
}

pub(crate) fn answer(facets: &[Facet], aggregations: &Aggregations) -> Result<Vec<FacetCounts>, PortError> {
    facets.iter().map(|facet| counts(facet, aggregations)).collect()
}

fn counts(facet: &Facet, aggregations: &Aggregations) -> Result<FacetCounts, PortError> {
    let name = facet.field.as_str();
    let missing = || PortError::corrupt(format!("the engine left out the aggregation {name}"));
    let engine = aggregations.get(name).ok_or_else(missing)?;
    let mut buckets = Vec::with_capacity(engine.buckets.len().min(facet.size.into()));
    let distinct = if facet.field.is_date() {
        // Oldest first, as the engine gives them; wanted are the newest.
        for bucket in engine.buckets.iter().rev().take(facet.size.into()) {
            let moment = bucket.key.as_i64().and_then(DateTime::from_timestamp_millis).ok_or_else(missing)?;
            buckets.push(Bucket { value: moment.to_rfc3339_opts(SecondsFormat::Secs, true), count: bucket.doc_count });
        }
        engine.buckets.len() as u64
    } else {
        for bucket in &engine.buckets {
            let value = bucket.key.as_str().ok_or_else(missing)?.to_owned();
            buckets.push(Bucket { value, count: bucket.doc_count });
        }
        let value = aggregations.get(&distinct_name(name)).and_then(|aggregation| aggregation.value);
        value.ok_or_else(missing)? as u64
    };
    Ok(FacetCounts { field: facet.field, buckets, distinct })
}

fn distinct_name(name: &str) -> String {
    format!("{name}_distinct")
}

fn engine_field(field: FacetField) -> &'static str {
    match field {
        FacetField::Tags => "tags",
        FacetField::MediaType => "media_type",
        FacetField::Owner => "owner",
        FacetField::Created => "created_at",
        FacetField::Updated => "updated_at",
    }
}

fn interval(interval: Interval) -> &'static str {
    match interval {
        Interval::Day => "day",
        Interval::Week => "week",
        Interval::Month => "month",
        Interval::Year => "year",
    }
}
