//! A search as it is asked for, and the rules that make a [`SearchQuery`] of it.

use crate::limits::{
    FACET_BUCKETS, FACET_BUCKETS_MAX, FACETS_MAX, FILTER_VALUES_MAX, MEDIA_TYPE_CHARS_MAX, PAGE_HITS, PAGE_HITS_MAX,
    PREFIX_CHARS_MAX, SIMILAR, SIMILAR_MAX, SUGGESTIONS, SUGGESTIONS_MAX, TAG_CHARS_MAX, TERMS_MAX, TEXT_CHARS_MAX,
};
use crate::{DateRange, Facet, FacetField, Filters, Interval, Mode, SearchQuery, Sort, SuggestQuery};
use octavo_domain_kernel::{FieldFault, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The body of a search. Everything may be left out: then it is everything that one may read, last changed first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SearchRequest {
    /// The words to find, in title, headings and text. At most 1,000 characters and 64 words.
    #[schema(example = "borrow checker")]
    pub text: Option<String>,
    /// What hits must be.
    pub filters: FilterRequest,
    /// What to count among the hits; each field once.
    #[schema(max_items = 10)]
    pub facets: Vec<FacetRequest>,
    /// The order of the hits.
    pub sort: Sort,
    /// Whether to show where the words were found.
    pub highlight: bool,
    /// Hits a page, 1 to 100; 20 if not given.
    #[schema(minimum = 1, maximum = 100)]
    pub size: Option<u16>,
    /// `next_cursor` of the page before, with the same text, filters, sort and mode.
    pub cursor: Option<String>,
    /// By what to find.
    pub mode: Mode,
    /// Whether to tell how the search was run.
    pub explain: bool,
}

/// What hits must be: all of what is given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FilterRequest {
    /// By tag.
    pub tags: TagFilter,
    /// One of these formats, for example `text/html`.
    #[schema(max_items = 100)]
    pub media_types: Vec<String>,
    /// Owned by one of these users.
    #[schema(max_items = 100)]
    pub owners: Vec<String>,
    /// When it was made.
    pub created: DateRange,
    /// When it was changed last.
    pub updated: DateRange,
    /// Only what others own and share with me.
    pub shared_with_me: bool,
}

/// By tag.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TagFilter {
    /// At least one of these.
    #[schema(max_items = 100)]
    pub any: Vec<String>,
    /// Every one of these.
    #[schema(max_items = 100)]
    pub all: Vec<String>,
}

/// One thing to count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FacetRequest {
    /// By what.
    pub field: FacetField,
    /// At most so many buckets, 1 to 100; 10 if not given.
    #[schema(minimum = 1, maximum = 100)]
    pub size: Option<u16>,
    /// The spans of `created` and `updated`; months if not given.
    pub interval: Option<Interval>,
}

impl SearchRequest {
    /// The query, without the cursor (which only its key can open); or everything that is wrong, each by its field.
    pub fn validate(&self) -> Result<SearchQuery, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let text = checked_text(self.text.as_deref(), &mut faults);
        let filters = self.filters.validate(&mut faults);
        let facets = checked_facets(&self.facets, &mut faults);
        let size = in_range("size", self.size, PAGE_HITS, PAGE_HITS_MAX, &mut faults);
        let query = SearchQuery {
            text,
            filters,
            facets,
            sort: self.sort,
            highlight: self.highlight,
            size,
            after: None,
            mode: self.mode,
            vector: None,
            alternatives: Vec::new(),
            exact: false,
        };
        if faults.is_empty() { Ok(query) } else { Err(faults) }
    }
}

/// What is typed so far and how many completions are wanted, checked.
pub fn check_suggest(prefix: Option<&str>, limit: Option<u16>) -> Result<SuggestQuery, Vec<FieldFault>> {
    let mut faults = Vec::new();
    let prefix = single_spaced(prefix.unwrap_or_default());
    let count = prefix.chars().count();
    if count == 0 || count > PREFIX_CHARS_MAX {
        faults.push(FieldFault::new("q", format!("expected 1 to {PREFIX_CHARS_MAX} characters")));
    }
    let limit = in_range("limit", limit, SUGGESTIONS, SUGGESTIONS_MAX, &mut faults);
    if faults.is_empty() { Ok(SuggestQuery { prefix, limit }) } else { Err(faults) }
}

/// How many documents like another one are wanted, checked.
pub fn check_similar(limit: Option<u16>) -> Result<u16, Vec<FieldFault>> {
    let mut faults = Vec::new();
    let limit = in_range("limit", limit, SIMILAR, SIMILAR_MAX, &mut faults);
    if faults.is_empty() { Ok(limit) } else { Err(faults) }
}

fn checked_text(text: Option<&str>, faults: &mut Vec<FieldFault>) -> Option<String> {
    let text = text?;
    if text.chars().count() > TEXT_CHARS_MAX {
        faults.push(FieldFault::new("text", format!("expected at most {TEXT_CHARS_MAX} characters")));
        return None;
    }
    let text = single_spaced(text);
    let terms = text.split(' ').count();
    if terms > TERMS_MAX {
        faults.push(FieldFault::new("text", format!("expected at most {TERMS_MAX} words, got {terms}")));
    }
    (!text.is_empty()).then_some(text)
}

fn checked_facets(requests: &[FacetRequest], faults: &mut Vec<FieldFault>) -> Vec<Facet> {
    if requests.len() > FACETS_MAX {
        faults.push(FieldFault::new("facets", format!("expected at most {FACETS_MAX}, got {}", requests.len())));
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let mut facets = Vec::new();
    for (position, request) in requests.iter().enumerate() {
        if !seen.insert(request.field) {
            faults.push(FieldFault::new(format!("facets[{position}].field"), "expected each field once"));
        }
        if request.interval.is_some() && !request.field.is_date() {
            let message = "expected an interval only with created or updated";
            faults.push(FieldFault::new(format!("facets[{position}].interval"), message));
        }
        let size = format!("facets[{position}].size");
        let size = in_range(&size, request.size, FACET_BUCKETS, FACET_BUCKETS_MAX, faults);
        facets.push(Facet { field: request.field, size, interval: request.interval.unwrap_or_default() });
    }
    facets
}

impl FilterRequest {
    fn validate(&self, faults: &mut Vec<FieldFault>) -> Filters {
        let media_type = |text: &str| {
            let parts = text.split_once('/').is_some_and(|(kind, subtype)| !kind.is_empty() && !subtype.is_empty());
            let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
            if parts && plain && text.len() <= MEDIA_TYPE_CHARS_MAX {
                Ok(text.to_ascii_lowercase())
            } else {
                Err("expected a media type such as text/html".to_owned())
            }
        };
        let owner = |text: &str| text.parse::<UserId>().map_err(|error| error.to_string());
        for (field, range) in [("filters.created", self.created), ("filters.updated", self.updated)] {
            if let (Some(from), Some(to)) = (range.from, range.to)
                && from >= to
            {
                faults.push(FieldFault::new(format!("{field}.to"), "expected a moment after from"));
            }
        }
        Filters {
            tags_any: checked_list("filters.tags.any", &self.tags.any, tag, faults),
            tags_all: checked_list("filters.tags.all", &self.tags.all, tag, faults),
            media_types: checked_list("filters.media_types", &self.media_types, media_type, faults),
            owners: checked_list("filters.owners", &self.owners, owner, faults),
            created: self.created,
            updated: self.updated,
            shared_with_me: self.shared_with_me,
        }
    }
}

fn tag(text: &str) -> Result<String, String> {
    let text = text.trim();
    if (1..=TAG_CHARS_MAX).contains(&text.chars().count()) {
        Ok(text.to_owned())
    } else {
        Err(format!("expected 1 to {TAG_CHARS_MAX} characters"))
    }
}

fn checked_list<T: Ord>(
    field: &str,
    values: &[String],
    check: impl Fn(&str) -> Result<T, String>,
    faults: &mut Vec<FieldFault>,
) -> Vec<T> {
    if values.len() > FILTER_VALUES_MAX {
        faults.push(FieldFault::new(field, format!("expected at most {FILTER_VALUES_MAX}, got {}", values.len())));
        return Vec::new();
    }
    let mut normal = BTreeSet::new();
    for (position, value) in values.iter().enumerate() {
        match check(value) {
            Ok(value) => {
                normal.insert(value);
            }
            Err(message) => faults.push(FieldFault::new(format!("{field}[{position}]"), message)),
        }
    }
    normal.into_iter().collect()
}

fn in_range(field: &str, value: Option<u16>, default: u16, max: u16, faults: &mut Vec<FieldFault>) -> u16 {
    let value = value.unwrap_or(default);
    if !(1..=max).contains(&value) {
        faults.push(FieldFault::new(field, format!("expected 1 to {max}")));
    }
    value
}

fn single_spaced(text: &str) -> String {
    text.split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(json: serde_json::Value) -> SearchRequest {
        serde_json::from_value(json).unwrap()
    }

    fn faults(json: serde_json::Value) -> Vec<String> {
        request(json).validate().unwrap_err().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn an_empty_request_finds_everything() {
        let query = request(json!({})).validate().unwrap();
        assert_eq!((query.text.as_deref(), query.size, query.effective_sort()), (None, 20, Sort::Updated));
        assert_eq!(request(json!({"text": " \n "})).validate().unwrap().text, None);
    }

    #[test]
    fn the_normal_form_does_not_depend_on_how_it_was_asked() {
        let one = request(json!({"text": " Borrow\tchecker ", "filters": {"tags": {"any": ["b", "a", "b"]}}}));
        let other = request(json!({"text": "borrow checker", "filters": {"tags": {"any": ["a", "b"]}}, "size": 3}));
        assert_eq!(one.validate().unwrap().fingerprint(), other.validate().unwrap().fingerprint());
        let third = request(json!({"text": "borrow checker", "filters": {"tags": {"all": ["a", "b"]}}}));
        assert_ne!(one.validate().unwrap().fingerprint(), third.validate().unwrap().fingerprint());
    }

    #[test]
    fn every_wrong_part_is_named() {
        let named = faults(json!({
            "text": "x ".repeat(65), "size": 0,
            "filters": {
                "tags": {"any": ["ok", " "]}, "media_types": ["html"], "owners": ["a b"],
                "created": {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
            },
            "facets": [{"field": "tags", "interval": "day"}, {"field": "tags", "size": 101}]
        }));
        let expected = [
            "text",
            "filters.created.to",
            "filters.tags.any[1]",
            "filters.media_types[0]",
            "filters.owners[0]",
            "facets[0].interval",
            "facets[1].field",
            "facets[1].size",
            "size",
        ];
        assert_eq!(named, expected);
        assert_eq!(faults(json!({"text": "ä".repeat(1001)})), ["text"]);
        assert_eq!(faults(json!({"filters": {"owners": vec!["a"; 101]}})), ["filters.owners"]);
    }

    #[test]
    fn unknown_members_are_refused() {
        let error = serde_json::from_value::<SearchRequest>(json!({"filter": {}})).unwrap_err();
        assert!(error.to_string().contains("unknown field `filter`"), "{error}");
    }

    #[test]
    fn a_completion_needs_something_typed() {
        assert_eq!(check_suggest(Some(" bor  row "), None).unwrap().prefix, "bor row");
        assert_eq!(check_suggest(None, Some(21)).unwrap_err().len(), 2);
    }
}
