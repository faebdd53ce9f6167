//! Searching by a plain URL: `GET /v1/search`.

use octavo_domain_kernel::FieldFault;
use octavo_domain_search::{FacetField, FacetRequest, FilterRequest, Mode, SearchRequest, Sort, TagFilter};
use octavo_wiring_edge::{EdgeFault, Query};

/// What the URL may hold.
const PARAMETERS: [&str; 11] =
    ["q", "limit", "tag", "media_type", "owner", "facet", "sort", "highlight", "cursor", "mode", "explain"];

/// The search that a URL's query asks for.
pub(crate) fn request(query: &Query) -> Result<SearchRequest, EdgeFault> {
    query.only(&PARAMETERS)?;
    let list = |name: &str| query.all(name).map(str::to_owned).collect::<Vec<_>>();
    let mut facets = Vec::new();
    for name in query.all("facet") {
        let field: FacetField = word("query:facet", name, "expected one of tags, media_type, owner, created, updated")?;
        facets.push(FacetRequest { field, size: None, interval: None });
    }
    let sort: Option<Sort> = match query.one("sort")? {
        Some(name) => Some(word("query:sort", name, "expected one of relevance, updated, created, title")?),
        None => None,
    };
    let mode: Option<Mode> = match query.one("mode")? {
        Some(name) => Some(word("query:mode", name, "expected one of words, hybrid")?),
        None => None,
    };
    Ok(SearchRequest {
        text: query.one("q")?.map(str::to_owned),
        filters: FilterRequest {
            tags: TagFilter { all: list("tag"), any: Vec::new() },
            media_types: list("media_type"),
            owners: list("owner"),
            ..FilterRequest::default()
        },
        facets,
        sort: sort.unwrap_or_default(),
        highlight: query.parsed("highlight")?.unwrap_or(true),
        size: query.parsed("limit")?,
        cursor: query.one("cursor")?.map(str::to_owned),
        mode: mode.unwrap_or_default(),
        explain: query.parsed("explain")?.unwrap_or(false),
    })
}

/// The fault of a parameter, under the name that parameters have in faults.
pub(crate) fn in_query(fault: FieldFault) -> FieldFault {
    FieldFault::new(format!("query:{}", fault.field), fault.message)
}

/// The fault of a part of the search, under the name that the part has in the URL.
pub(crate) fn renamed(fault: FieldFault) -> FieldFault {
    const NAMES: [(&str, &str); 6] = [
        ("text", "query:q"),
        ("size", "query:limit"),
        ("filters.tags.all", "query:tag"),
        ("filters.media_types", "query:media_type"),
        ("filters.owners", "query:owner"),
        ("facets", "query:facet"),
    ];
    match NAMES.into_iter().find(|(name, _)| fault.field.starts_with(name)) {
        Some((_, name)) => FieldFault::new(name, fault.message),
        None => fault,
    }
}

fn word<T: serde::de::DeserializeOwned>(field: &str, text: &str, expected: &str) -> Result<T, EdgeFault> {
    serde_json::from_value(serde_json::Value::from(text)).map_err(|_| EdgeFault::malformed(field, expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(raw: &str) -> Result<SearchRequest, EdgeFault> {
        request(&Query::parse(raw).unwrap())
    }

    #[test]
    fn reads_every_parameter() {
        let request = parsed(
            "q=a+b&limit=5&tag=x&tag=y&media_type=text%2Fhtml&owner=bob&facet=tags&sort=title&highlight=false&cursor=c\
             &mode=hybrid&explain=true",
        )
        .unwrap();
        insta::assert_json_snapshot!(request);
    }

    #[test]
    fn names_the_parameter_that_is_wrong() {
        use octavo_domain_kernel::Fault;
        let named = |raw: &str| parsed(raw).unwrap_err().fields()[0].field.clone();
        assert_eq!(named("sort=best"), "query:sort");
        assert_eq!(named("limit=many"), "query:limit");
        assert_eq!(named("facet=size"), "query:facet");
        assert_eq!(named("highlight=yes"), "query:highlight");
        assert_eq!(named("mode=magic"), "query:mode");
        assert_eq!(named("explain=1"), "query:explain");
        assert_eq!(named("query=x"), "query:query");
        assert_eq!(named("q=a&q=b"), "query:q");
        let faults = parsed("limit=0&tag=").unwrap().validate().unwrap_err();
        let fields: Vec<String> = faults.into_iter().map(|fault| renamed(fault).field).collect();
        assert_eq!(fields, ["query:tag", "query:limit"]);
    }
}
