//! What is counted of searches.

use chrono::{DateTime, NaiveDate, Utc};
use octavo_domain_kernel::TenantId;
use std::collections::BTreeMap;

/// Characters of a text under which searches are counted; longer ones that begin alike are counted as one.
pub const ANALYTICS_TEXT_CHARS_MAX: usize = 100;
/// Milliseconds below which a search is of the first, second, ... class; the last class has no bound.
pub const TOOK_MS: [u64; 4] = [10, 50, 200, 1000];
/// Classes of how long searches took.
pub const TOOK_CLASSES: usize = TOOK_MS.len() + 1;

/// One search, as it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchSeen {
    /// Whose.
    pub tenant: TenantId,
    /// When.
    pub at: DateTime<Utc>,
    /// See [`analytics_text`]; empty where there was no text.
    pub text: String,
    /// How many hits there were in all, as far as they are counted.
    pub hits: u64,
    /// Whether typing errors were tolerated, since there was nothing without.
    pub tolerant: bool,
    /// Milliseconds that it took.
    pub took_ms: u64,
}

/// Searches with one text on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The day, UTC.
    pub day: NaiveDate,
    /// The text.
    pub text: String,
    /// How many.
    pub searches: u64,
    /// How many of them found nothing.
    pub without_results: u64,
    /// How many of them found something by tolerating typing errors alone.
    pub tolerant: u64,
    /// Hits of all of them together.
    pub hits: u64,
    /// How many took how long, by class.
    pub took: [u64; TOOK_CLASSES],
}

/// The normal form under which searches with a text are counted: small letters, single spaces, at most
/// [`ANALYTICS_TEXT_CHARS_MAX`] characters.
pub fn analytics_text(text: Option<&str>) -> String {
    let text = text.unwrap_or_default().to_lowercase();
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    let spaced = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match spaced.char_indices().nth(ANALYTICS_TEXT_CHARS_MAX) {
        Some((end, _)) => spaced[..end].trim_end().to_owned(),
        None => spaced,
    }
}

/// Searches summed by tenant, day and text.
pub fn counted(seen: impl IntoIterator<Item = SearchSeen>) -> BTreeMap<TenantId, Vec<Counted>> {
    let mut sums: BTreeMap<(TenantId, NaiveDate, String), Counted> = BTreeMap::new();
    for search in seen {
        let day = search.at.date_naive();
        let sum = sums.entry((search.tenant, day, search.text.clone())).or_insert_with(|| Counted {
            day,
            text: search.text,
            searches: 0,
            without_results: 0,
            tolerant: 0,
            hits: 0,
            took: [0; TOOK_CLASSES],
        });
        sum.searches += 1;
        sum.without_results += u64::from(search.hits == 0);
        // Where nothing was found, it was tolerant for nothing.
        sum.tolerant += u64::from(search.tolerant && search.hits > 0);
        sum.hits += search.hits;
        sum.took[class(search.took_ms)] += 1;
    }
    let mut tenants: BTreeMap<TenantId, Vec<Counted>> = BTreeMap::new();
    for ((tenant, _, _), sum) in sums {
        tenants.entry(tenant).or_default().push(sum);
    }
    tenants
}

fn class(took_ms: u64) -> usize {
    TOOK_MS.iter().position(|below| took_ms < *below).unwrap_or(TOOK_MS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_form() {
        assert_eq!(analytics_text(Some(" Borrow\tCHECKER ")), "borrow checker");
        assert_eq!(analytics_text(None), "");
        assert_eq!(analytics_text(Some(&"ä".repeat(300))), "ä".repeat(100));
        assert_eq!(analytics_text(Some(&format!("{} b", "a".repeat(99)))), "a".repeat(99));
    }

    #[test]
    fn searches_are_summed_by_tenant_day_and_text() {
        let seen = |tenant: &str, at: &str, text: &str, hits: u64, took_ms: u64| SearchSeen {
            tenant: tenant.parse().unwrap(),
            at: at.parse().unwrap(),
            text: text.to_owned(),
            hits,
            tolerant: hits == 3 || hits == 0,
            took_ms,
        };
        let sums = counted([
            seen("acme", "2026-11-27T23:59:59Z", "lease", 2, 9),
            seen("acme", "2026-11-27T00:00:00Z", "lease", 0, 10),
            seen("acme", "2026-11-28T00:00:00Z", "lease", 3, 5000),
            seen("acme", "2026-11-27T10:00:00Z", "", 1, 999),
            seen("umbrella", "2026-11-27T10:00:00Z", "lease", 1, 200),
        ]);
        let acme = &sums[&"acme".parse().unwrap()];
        let form = |sum: &Counted| (sum.day.to_string(), sum.text.clone(), sum.searches, sum.without_results, sum.took);
        assert_eq!(
            acme.iter().map(form).collect::<Vec<_>>(),
            [
                ("2026-11-27".to_owned(), String::new(), 1, 0, [0, 0, 0, 1, 0]),
                ("2026-11-27".to_owned(), "lease".to_owned(), 2, 1, [1, 1, 0, 0, 0]),
                ("2026-11-28".to_owned(), "lease".to_owned(), 1, 0, [0, 0, 0, 0, 1]),
            ]
        );
        assert_eq!((acme[1].hits, acme[1].tolerant, acme[2].tolerant), (2, 0, 1));
        assert_eq!(sums[&"umbrella".parse().unwrap()][0].took, [0, 0, 0, 1, 0]);
    }
}
