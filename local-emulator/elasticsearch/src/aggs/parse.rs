//! Parsing of `aggs`.

use serde_json::Value;

use super::aggregation::{Aggregation, Interval, Kind, Metric, Order, Selection, Span, Terms};
use crate::body::Body;
use crate::error::{Error, Result};
use crate::index::Settings;
use crate::mapping::date::{self, Unit};
use crate::query;
use crate::search::SearchRequest;

/// The deepest nesting of aggregations.
const DEPTH_MAX: usize = 10;

impl Aggregation {
    /// Parses a section of aggregations by name.
    pub(crate) fn parse_all(value: &Value) -> Result<Vec<(String, Self)>> {
        Self::parse_level(value, 0)
    }

    fn parse_level(value: &Value, depth: usize) -> Result<Vec<(String, Self)>> {
        if depth > DEPTH_MAX {
            return Err(Error::illegal(format!("aggregations are nested deeper than {DEPTH_MAX}")));
        }
        let object = value.as_object().ok_or_else(|| Error::parsing("[aggs] must be an object"))?;
        object
            .iter()
            .map(|(name, value)| {
                if name.is_empty() || name.contains(['[', ']', '>']) {
                    return Err(Error::parsing(format!(
                        "Invalid aggregation name [{name}]. Aggregation names can contain any character except '[', ']', and '>'"
                    )));
                }
                Ok((name.clone(), Self::parse(name, value, depth)?))
            })
            .collect()
    }

    fn parse(name: &str, value: &Value, depth: usize) -> Result<Self> {
        let object =
            value.as_object().ok_or_else(|| Error::parsing(format!("Expected [START_OBJECT] under [{name}]")))?;
        let mut kind = None;
        let mut children = Vec::new();
        let mut meta = None;
        for (key, value) in object {
            match key.as_str() {
                "aggs" | "aggregations" => children = Self::parse_level(value, depth + 1)?,
                "meta" => meta = Some(value.clone()),
                _ if kind.is_some() => {
                    return Err(Error::parsing(format!(
                        "Found two aggregation type definitions in [{name}]: one of them is [{key}]"
                    )));
                }
                type_name => kind = Some(parse_kind(name, type_name, value)?),
            }
        }
        let kind = kind.ok_or_else(|| Error::parsing(format!("Missing definition for aggregation [{name}]")))?;
        if !children.is_empty() && matches!(kind, Kind::Metric { .. } | Kind::TopHits(_)) {
            return Err(Error::illegal(format!("Aggregator [{name}] of type metric cannot accept sub-aggregations")));
        }
        Ok(Self { kind, children, meta })
    }
}

fn field(body: &mut Body<'_>) -> Result<String> {
    body.text("field")?
        .map(str::to_owned)
        .ok_or_else(|| Error::illegal("Required one of fields [field, script], but none were specified. "))
}

fn parse_kind(name: &str, type_name: &str, value: &Value) -> Result<Kind> {
    match type_name {
        "filter" => return Ok(Kind::Filter(query::parse(value)?)),
        "top_hits" => return Ok(Kind::TopHits(Box::new(top_hits(value)?))),
        _ => {}
    }
    let mut body = Body::new(value, type_name)?;
    let kind = match type_name {
        "terms" => Kind::Terms(terms(&mut body)?),
        "date_histogram" => date_histogram(&mut body)?,
        "histogram" => {
            let interval = body.float("interval")?.ok_or_else(|| body.missing("interval"))?;
            if interval <= 0.0 {
                return Err(Error::illegal("[interval] must be >0 for histogram aggregation"));
            }
            Kind::Histogram {
                field: field(&mut body)?,
                interval,
                offset: body.float("offset")?.unwrap_or(0.0),
                min_doc_count: body.count("min_doc_count")?.unwrap_or(0) as u64,
                keyed: body.flag("keyed")?.unwrap_or(false),
                missing: body.get("missing").cloned(),
            }
        }
        "range" | "date_range" => ranges(&mut body, type_name == "date_range")?,
        "filters" => filters(&mut body)?,
        "missing" => {
            // With a value for what lacks the field, nothing lacks it.
            let substituted = body.get("missing").is_some();
            Kind::Missing { field: field(&mut body)?, substituted }
        }
        "global" => Kind::Global,
        _ => {
            let metric = match type_name {
                "min" => Metric::Min,
                "max" => Metric::Max,
                "avg" => Metric::Avg,
                "sum" => Metric::Sum,
                "stats" => Metric::Stats,
                "value_count" => Metric::ValueCount,
                "cardinality" => Metric::Cardinality,
                other => {
                    return Err(Error::parsing(format!("Unknown aggregation type [{other}]")).caused_by(Error::new(
                        400,
                        "named_object_not_found_exception",
                        format!("unknown field [{other}]: the aggregation is unknown, or not supported by this embedded engine"),
                    )));
                }
            };
            if metric == Metric::Cardinality {
                if let Some(threshold) = body.integer("precision_threshold")?.filter(|number| *number < 0) {
                    return Err(Error::illegal(format!(
                        "[precisionThreshold] must be greater than or equal to 0. Found [{threshold}] in [{name}]"
                    )));
                }
                body.text("execution_hint")?;
            }
            Kind::Metric { field: field(&mut body)?, metric, missing: body.get("missing").cloned() }
        }
    };
    body.finish()?;
    Ok(kind)
}

fn terms(body: &mut Body<'_>) -> Result<Terms> {
    let size = body.count("size")?.unwrap_or(10);
    if size == 0 {
        return Err(Error::illegal("[size] must be greater than 0. Found [0] in [terms]"));
    }
    body.count("shard_size")?;
    body.text("execution_hint")?;
    body.text("collect_mode")?;
    body.text("value_type")?;
    body.flag("show_term_doc_count_error")?;
    Ok(Terms {
        field: field(body)?,
        size,
        min_doc_count: body.count("min_doc_count")?.unwrap_or(1) as u64,
        missing: body.get("missing").cloned(),
        order: body.get("order").map_or_else(|| Ok(vec![(Order::Count, true)]), orders)?,
        include: body.get("include").map(selection).transpose()?,
        exclude: body.get("exclude").map(selection).transpose()?,
    })
}

fn selection(value: &Value) -> Result<Selection> {
    match value {
        Value::String(pattern) => {
            regex::Regex::new(&format!("^(?:{pattern})$")).map(Selection::Pattern).map_err(|error| {
                Error::illegal(format!("bad regular expression [{pattern}] in a terms aggregation: {error}"))
            })
        }
        Value::Array(values) => Ok(Selection::Values(
            values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect(),
        )),
        _ => Err(Error::unsupported("[include] or [exclude] by partition")),
    }
}

fn orders(value: &Value) -> Result<Vec<(Order, bool)>> {
    let mut all = Vec::new();
    let list: Vec<&Value> = match value {
        Value::Array(list) => list.iter().collect(),
        value => vec![value],
    };
    for one in list {
        let object =
            one.as_object().ok_or_else(|| Error::parsing("[order] must be an object or an array of objects"))?;
        for (key, direction) in object {
            let descending = match direction.as_str() {
                Some("asc" | "ASC") => false,
                Some("desc" | "DESC") => true,
                _ => return Err(Error::parsing(format!("Unknown order direction [{direction}]"))),
            };
            let order = match key.as_str() {
                "_count" => Order::Count,
                "_key" | "_term" | "_time" => Order::Key,
                path => match path.split_once('.') {
                    Some((name, which)) => Order::Metric(name.to_owned(), Some(which.to_owned())),
                    None => Order::Metric(path.to_owned(), None),
                },
            };
            all.push((order, descending));
        }
    }
    Ok(all)
}

fn date_histogram(body: &mut Body<'_>) -> Result<Kind> {
    if body.get("interval").is_some() {
        return Err(Error::unsupported("the deprecated [interval] of a date_histogram"));
    }
    let calendar = body.text("calendar_interval")?;
    let fixed = body.text("fixed_interval")?;
    let interval = match (calendar, fixed) {
        (Some(text), None) => Interval::Calendar(Unit::parse(text).ok_or_else(|| {
            Error::illegal(format!("The supplied interval [{text}] could not be parsed as a calendar interval."))
        })?),
        (None, Some(text)) => {
            let millis = Settings::duration_of(text)
                .and_then(|duration| i64::try_from(duration.as_millis()).ok())
                .filter(|millis| *millis > 0)
                .ok_or_else(|| {
                    Error::illegal(format!("failed to parse [fixed_interval] with value [{text}] as a time value"))
                })?;
            Interval::FixedMs(millis)
        }
        (None, None) => return Err(Error::illegal("Invalid interval specified, must be non-null and non-empty")),
        _ => return Err(Error::illegal("Cannot use [fixed_interval] with [calendar_interval] configuration option.")),
    };
    let descending = match body.get("order") {
        None => false,
        Some(value) => match orders(value)?.as_slice() {
            [(Order::Key, descending)] => *descending,
            _ => return Err(Error::unsupported("[order] of a date_histogram other than by [_key]")),
        },
    };
    Ok(Kind::DateHistogram {
        field: field(body)?,
        interval,
        min_doc_count: body.count("min_doc_count")?.unwrap_or(0) as u64,
        offset_ms: body.text("time_zone")?.map_or(Ok(0), date::parse_zone)?,
        format: format(body)?,
        missing: body.get("missing").cloned(),
        descending,
        keyed: body.flag("keyed")?.unwrap_or(false),
        bounds: match body.get("extended_bounds") {
            None => (None, None),
            Some(value) => {
                let mut bounds = Body::new(value, "extended_bounds")?;
                let both = (bounds.get("min").cloned(), bounds.get("max").cloned());
                bounds.finish()?;
                both
            }
        },
    })
}

fn format(body: &mut Body<'_>) -> Result<Option<String>> {
    let format = body.text("format")?.map(str::to_owned);
    if let Some(format) = &format {
        date::check_format(format)?;
    }
    Ok(format)
}

fn ranges(body: &mut Body<'_>, dates: bool) -> Result<Kind> {
    let list = body
        .get("ranges")
        .and_then(Value::as_array)
        .filter(|list| !list.is_empty())
        .ok_or_else(|| Error::illegal("No [ranges] specified for the [range] aggregation"))?;
    let mut spans = Vec::new();
    for one in list {
        let mut range = Body::new(one, "ranges")?;
        spans.push(Span {
            key: range.text("key")?.map(str::to_owned),
            from: range.get("from").cloned(),
            to: range.get("to").cloned(),
        });
        range.finish()?;
    }
    let format = if dates { format(body)? } else { None };
    Ok(Kind::Range { field: field(body)?, ranges: spans, dates, keyed: body.flag("keyed")?.unwrap_or(false), format })
}

fn filters(body: &mut Body<'_>) -> Result<Kind> {
    let filters = match body.get("filters") {
        Some(Value::Object(named)) if !named.is_empty() => {
            named.iter().map(|(name, value)| Ok((Some(name.clone()), query::parse(value)?))).collect::<Result<_>>()?
        }
        Some(Value::Array(list)) if !list.is_empty() => {
            list.iter().map(|value| Ok((None, query::parse(value)?))).collect::<Result<Vec<_>>>()?
        }
        None | Some(Value::Object(_) | Value::Array(_)) => return Err(Error::illegal("[filters] cannot be empty")),
        Some(_) => return Err(Error::illegal("[filters] must be an object or an array of queries")),
    };
    let key = body.text("other_bucket_key")?;
    let other = if body.flag("other_bucket")?.unwrap_or(key.is_some()) {
        Some(key.unwrap_or("_other_").to_owned())
    } else {
        None
    };
    Ok(Kind::Filters { filters, other })
}

fn top_hits(value: &Value) -> Result<SearchRequest> {
    let allowed = ["size", "from", "sort", "_source", "version", "seq_no_primary_term", "track_scores"];
    if let Some(key) =
        value.as_object().into_iter().flat_map(|object| object.keys()).find(|key| !allowed.contains(&key.as_str()))
    {
        return Err(Error::unsupported(&format!("[{key}] in a top_hits aggregation")));
    }
    let mut request = SearchRequest::parse(value)?;
    if value.get("size").is_none() {
        request.size = 3;
    }
    if request.sort.is_empty() {
        return Err(Error::unsupported("a top_hits aggregation without [sort] by fields"));
    }
    Ok(request)
}
