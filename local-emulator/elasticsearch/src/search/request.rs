//! The body of a search, parsed. A key that is not understood is an error, as it is on the real server.

use std::time::Duration;

use serde_json::{Value, json};

use super::highlight::Highlight;
use super::knn::Knn;
use super::sort::Sort;
use super::source::SourceFilter;
use super::suggest::Suggester;
use crate::aggs::Aggregation;
use crate::body::Body;
use crate::error::{Error, Result};
use crate::index::Settings;
use crate::mapping::date;
use crate::query::{self, Query};

/// Hits counted exactly unless the request says otherwise.
const TOTAL_HITS: u64 = 10_000;

/// The longest that a point in time may be kept.
const KEEP_ALIVE_MAX: Duration = Duration::from_secs(24 * 3_600);

/// `track_total_hits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Total {
    Exact,
    UpTo(u64),
    None,
}

#[derive(Debug)]
pub(crate) struct Pit {
    pub(crate) id: String,
    pub(crate) keep_alive: Option<Duration>,
}

#[derive(Debug)]
pub(crate) struct SearchRequest {
    pub(crate) query: Query,
    /// Vectors to be near to: documents that match the query, or are near.
    pub(crate) knn: Vec<Knn>,
    /// There is no query: only what is near.
    pub(crate) only_near: bool,
    pub(crate) post_filter: Option<Query>,
    pub(crate) from: usize,
    pub(crate) size: usize,
    pub(crate) sort: Vec<Sort>,
    pub(crate) search_after: Option<Vec<Value>>,
    pub(crate) pit: Option<Pit>,
    pub(crate) total: Total,
    /// Whether the request itself says how far hits are counted.
    pub(crate) total_said: bool,
    pub(crate) source: SourceFilter,
    pub(crate) fields: Vec<(String, Option<String>)>,
    pub(crate) highlight: Option<Highlight>,
    pub(crate) aggregations: Vec<(String, Aggregation)>,
    pub(crate) suggest: Vec<(String, Suggester)>,
    pub(crate) min_score: Option<f32>,
    pub(crate) track_scores: bool,
    pub(crate) version: bool,
    pub(crate) seq_no: bool,
}

/// Reads `1m`, as `keep_alive` has it.
pub(crate) fn keep_alive(text: &str) -> Result<Duration> {
    let duration = Settings::duration_of(text).ok_or_else(|| {
        Error::illegal(format!("failed to parse setting [keep_alive] with value [{text}] as a time value"))
    })?;
    if duration > KEEP_ALIVE_MAX {
        return Err(Error::illegal(format!(
            "Keep alive for request ({text}) is too large. It must be less than ({}h).",
            KEEP_ALIVE_MAX.as_secs() / 3_600
        )));
    }
    Ok(duration)
}

fn fields(value: Option<&Value>, key: &str) -> Result<Vec<(String, Option<String>)>> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let list = value.as_array().ok_or_else(|| Error::parsing(format!("[{key}] must be an array")))?;
    list.iter()
        .map(|one| match one {
            Value::String(name) => Ok((name.clone(), None)),
            value => {
                let mut body = Body::new(value, key)?;
                let field = body.text("field")?.ok_or_else(|| body.missing("field"))?.to_owned();
                let format = body.text("format")?.map(str::to_owned);
                if let Some(format) = format.as_deref().filter(|format| *format != "use_field_mapping") {
                    date::check_format(format)?;
                }
                body.finish()?;
                Ok((field, format))
            }
        })
        .collect()
}

impl SearchRequest {
    /// # Errors
    /// `parsing_exception` or `illegal_argument_exception` that names the key.
    #[expect(clippy::cast_possible_truncation, reason = "scores are single precision, as in Lucene")]
    pub(crate) fn parse(value: &Value) -> Result<Self> {
        let empty = json!({});
        let mut body = Body::new(if value.is_null() { &empty } else { value }, "search")?;
        for key in [
            "collapse",
            "rescore",
            "script_fields",
            "slice",
            "retriever",
            "runtime_mappings",
            "indices_boost",
            "stored_fields",
            "rank",
            "ext",
        ] {
            if value.get(key).is_some() {
                return Err(Error::unsupported(&format!("[{key}] in a search")));
            }
        }
        for key in ["explain", "profile"] {
            if value.get(key).is_some_and(|flag| flag != &Value::Bool(false)) {
                return Err(Error::unsupported(&format!("[{key}] in a search")));
            }
        }
        body.flag("explain")?;
        body.flag("profile")?;
        let query = body.get("query").map_or(Ok(Query::MatchAll { boost: 1.0 }), query::parse)?;
        let post_filter = body.get("post_filter").map(query::parse).transpose()?;
        let sort = body.get("sort").map_or(Ok(Vec::new()), Sort::parse)?;
        let search_after = match body.get("search_after") {
            None => None,
            Some(Value::Array(values)) => Some(values.clone()),
            Some(_) => return Err(Error::parsing("[search_after] must be an array")),
        };
        let pit = match body.get("pit") {
            None => None,
            Some(value) => {
                let mut pit = Body::new(value, "pit")?;
                let id =
                    pit.text("id")?.ok_or_else(|| Error::illegal("[id] cannot be empty for point in time"))?.to_owned();
                let keep_alive = pit.text("keep_alive")?.map(keep_alive).transpose()?;
                pit.finish()?;
                Some(Pit { id, keep_alive })
            }
        };
        let total = match body.get("track_total_hits") {
            None => Total::UpTo(TOTAL_HITS),
            Some(value) => total(value)?,
        };
        let mut listed = fields(body.get("fields"), "fields")?;
        listed.extend(fields(body.get("docvalue_fields"), "docvalue_fields")?);
        let aggregations = match (body.get("aggs"), body.get("aggregations")) {
            (Some(_), Some(_)) => {
                return Err(Error::parsing("Found two aggregation sections: [aggs] and [aggregations]"));
            }
            (Some(value), None) | (None, Some(value)) => Aggregation::parse_all(value)?,
            (None, None) => Vec::new(),
        };
        body.get("stats");
        body.scalar("timeout")?;
        body.integer("terminate_after")?;
        let size = body.count("size")?.unwrap_or(10);
        let knn = body.get("knn").map_or(Ok(Vec::new()), |value| Knn::parse_all(value, size))?;
        let request = Self {
            query,
            only_near: !knn.is_empty() && value.get("query").is_none(),
            knn,
            post_filter,
            from: body.count("from")?.unwrap_or(0),
            size,
            sort,
            search_after,
            pit,
            total,
            total_said: value.get("track_total_hits").is_some(),
            source: body.get("_source").map_or(Ok(SourceFilter::default()), SourceFilter::parse)?,
            fields: listed,
            highlight: body.get("highlight").map(Highlight::parse).transpose()?,
            aggregations,
            suggest: body.get("suggest").map_or(Ok(Vec::new()), Suggester::parse_all)?,
            min_score: body.float("min_score")?.map(|score| score as f32),
            track_scores: body.flag("track_scores")?.unwrap_or(false),
            version: body.flag("version")?.unwrap_or(false),
            seq_no: body.flag("seq_no_primary_term")?.unwrap_or(false),
        };
        body.finish_search()?;
        if request.search_after.is_some() && request.from > 0 {
            return Err(Error::validation("`from` parameter must be set to 0 when `search_after` is used"));
        }
        Ok(request)
    }
}

pub(crate) fn total(value: &Value) -> Result<Total> {
    match value {
        Value::Bool(true) => Ok(Total::Exact),
        Value::Bool(false) => Ok(Total::None),
        Value::String(text) if text == "true" => Ok(Total::Exact),
        Value::String(text) if text == "false" => Ok(Total::None),
        value => value
            .as_i64()
            .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
            .and_then(
                |number| if number == -1 { Some(Total::None) } else { u64::try_from(number).ok().map(Total::UpTo) },
            )
            .ok_or_else(|| {
                Error::illegal(format!(
                    "[track_total_hits] parameter must be positive or equals to -1, got {}",
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                ))
            }),
    }
}
