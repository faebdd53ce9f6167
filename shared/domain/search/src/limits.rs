//! How large a search may be. Each limit is refused with a fault that names the field.

/// Characters of a query's text.
pub const TEXT_CHARS_MAX: usize = 1000;
/// Words of a query's text: each costs the engine a look-up in every field.
pub const TERMS_MAX: usize = 64;
/// Other ways to say parts of a query's text that one search looks for: each costs about what a word costs.
pub const ALTERNATIVES_MAX: usize = 32;
/// Values in one filter.
pub const FILTER_VALUES_MAX: usize = 100;
/// Characters of one tag in a filter.
pub const TAG_CHARS_MAX: usize = 64;
/// Characters of one media type in a filter (RFC 6838, section 4.2: 127 each side of the slash).
pub const MEDIA_TYPE_CHARS_MAX: usize = 255;
/// Facets of one search.
pub const FACETS_MAX: usize = 10;
/// Buckets of one facet.
pub const FACET_BUCKETS_MAX: u16 = 100;
/// Buckets of one facet, if the request does not say.
pub const FACET_BUCKETS: u16 = 10;
/// Hits of one page.
pub const PAGE_HITS_MAX: u16 = 100;
/// Hits of one page, if the request does not say.
pub const PAGE_HITS: u16 = 20;
/// Characters of a cursor.
pub const CURSOR_CHARS_MAX: usize = 8192;
/// Hours that a cursor is good for.
pub const CURSOR_HOURS: i64 = 24;
/// Characters of what is completed as somebody types.
pub const PREFIX_CHARS_MAX: usize = 100;
/// Titles offered as somebody types.
pub const SUGGESTIONS_MAX: u16 = 20;
/// Titles offered as somebody types, if the request does not say.
pub const SUGGESTIONS: u16 = 5;
/// Documents like another one that are shown.
pub const SIMILAR_MAX: u16 = 20;
/// Documents like another one that are shown, if the request does not say.
pub const SIMILAR: u16 = 5;
/// Hits that are counted exactly; beyond, a total says "at least".
pub const TOTAL_EXACT_MAX: u64 = 10_000;
/// Characters of a document's text that are indexed; the rest is not findable. The engines' highlighters go no further.
pub const INDEXED_CHARS_MAX: usize = 1_000_000;
/// Headings of a document that are indexed.
pub const INDEXED_HEADINGS_MAX: usize = 1000;
