//! What a tenant's administrators are shown.

use super::TOOK_CLASSES;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use octavo_domain_kernel::FieldFault;
use serde::Serialize;

/// Days that one report may be about, and that figures are kept.
pub const ANALYTICS_DAYS_MAX: i64 = 90;
/// Days of a report, if nobody says.
const ANALYTICS_DAYS: i64 = 30;
/// Texts of each list of a report.
pub const ANALYTICS_TEXTS_MAX: u32 = 50;

/// Days, UTC, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnalyticsRange {
    /// The first.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
}

/// Which days a report is about: until today, if no last is said; of 30 days, if no first is said.
///
/// # Errors
/// A first day after the last one, or more than [`ANALYTICS_DAYS_MAX`] days.
pub fn check_range(
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    now: DateTime<Utc>,
) -> Result<AnalyticsRange, FieldFault> {
    let to = to.unwrap_or_else(|| now.date_naive());
    let from = from.or_else(|| to.checked_sub_signed(TimeDelta::days(ANALYTICS_DAYS - 1))).unwrap_or(to);
    if from > to {
        return Err(FieldFault::new("from", "expected a day that is not after to"));
    }
    if (to - from).num_days() >= ANALYTICS_DAYS_MAX {
        return Err(FieldFault::new("from", format!("expected at most {ANALYTICS_DAYS_MAX} days")));
    }
    Ok(AnalyticsRange { from, to })
}

/// Figures of several searches together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Totals {
    /// Searches: first pages; what is typed is counted once where it is seen to be one search.
    pub searches: u64,
    /// How many of them found nothing, typing errors tolerated.
    pub without_results: u64,
    /// How many of them found something only by tolerating typing errors.
    pub tolerant: u64,
    /// In how many of them a hit was opened.
    pub clicked: u64,
    /// The share of searches in which a hit was opened, 0 to 1; none without searches.
    pub click_through: Option<f64>,
    /// The mean place of the hits that were opened, from 1; none without clicks.
    pub mean_position: Option<f64>,
}

impl Totals {
    /// Of what was counted. `clicks` and `positions`: hits that were opened, and their places added up.
    pub fn of(searches: u64, without_results: u64, tolerant: u64, clicked: u64, clicks: u64, positions: u64) -> Self {
        Self {
            searches,
            without_results,
            tolerant,
            clicked,
            // A click whose search was dropped is of one that nobody counted.
            click_through: share(clicked, searches).map(|share| share.min(1.0)),
            mean_position: share(positions, clicks),
        }
    }
}

/// One by the other, rounded to four digits; none by nothing.
fn share(part: u64, whole: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53, and it is rounded")]
    let share = |part: u64, whole: u64| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0;
    (whole > 0).then(|| share(part, whole))
}

/// The figures of a day.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct AnalyticsDay {
    /// The day, UTC.
    pub day: NaiveDate,
    /// Its figures.
    #[serde(flatten)]
    pub totals: Totals,
}

/// The figures of a text.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct TextFigures {
    /// What was looked for, in small letters, at most 100 characters; empty for searches without a text.
    #[schema(example = "parental leave")]
    pub text: String,
    /// Its figures.
    #[serde(flatten)]
    pub totals: Totals,
    /// How many hits there were, in the mean.
    pub mean_hits: f64,
}

/// How many searches took how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TookClass {
    /// Less than so many milliseconds, and no less than the class before; none in the last class.
    pub below_ms: Option<u64>,
    /// Searches.
    pub searches: u64,
}

/// What was found in the counts of some days.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnalyticsFound {
    /// All together.
    pub totals: Totals,
    /// By how long they took.
    pub took: [u64; TOOK_CLASSES],
    /// Searches whose text was not kept, since there were too many different ones on their day.
    pub other: u64,
    /// Every day on which something was searched or opened, the oldest first.
    pub days: Vec<AnalyticsDay>,
    /// What was looked for most, at most [`ANALYTICS_TEXTS_MAX`].
    pub top: Vec<TextFigures>,
    /// What was looked for most and not found, at most [`ANALYTICS_TEXTS_MAX`], by how often it was not.
    pub missing: Vec<TextFigures>,
}

impl TextFigures {
    /// Of what was counted with a text. `hits`: of all its searches together.
    pub fn of(text: String, totals: Totals, hits: u64) -> Self {
        Self { text, totals, mean_hits: share(hits, totals.searches).unwrap_or(0.0) }
    }
}

impl TookClass {
    /// The classes of these counts.
    pub fn all(took: [u64; TOOK_CLASSES]) -> Vec<Self> {
        let bounds = super::TOOK_MS.iter().copied().map(Some).chain([None]);
        bounds.zip(took).map(|(below_ms, searches)| Self { below_ms, searches }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_of_a_month_if_nobody_says_and_of_a_quarter_at_most() {
        let now = "2026-11-27T12:00:00Z".parse().unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let range = |from: Option<&str>, to: Option<&str>| check_range(from.map(day), to.map(day), now);
        let of = |from: &str, to: &str| AnalyticsRange { from: day(from), to: day(to) };
        assert_eq!(range(None, None), Ok(of("2026-10-29", "2026-11-27")));
        assert_eq!(range(None, Some("2026-03-01")), Ok(of("2026-01-31", "2026-03-01")));
        assert_eq!(range(Some("2026-11-27"), None), Ok(of("2026-11-27", "2026-11-27")));
        assert_eq!(range(Some("2026-08-30"), Some("2026-11-27")), Ok(of("2026-08-30", "2026-11-27")));
        assert_eq!(range(Some("2026-08-29"), Some("2026-11-27")).unwrap_err().field, "from");
        assert_eq!(range(Some("2026-11-28"), None).unwrap_err().field, "from");
        assert!(check_range(None, Some(NaiveDate::MIN), now).is_ok());
    }

    #[test]
    fn shares_are_rounded_and_there_is_none_of_nothing() {
        let totals = Totals::of(3, 1, 0, 1, 2, 7);
        assert_eq!((totals.click_through, totals.mean_position), (Some(0.3333), Some(3.5)));
        let none = Totals::of(0, 0, 0, 0, 0, 0);
        assert_eq!((none.click_through, none.mean_position), (None, None));
        assert_eq!(Totals::of(1, 0, 0, 2, 2, 2).click_through, Some(1.0));
        let classes = TookClass::all([1, 0, 0, 0, 2]);
        assert_eq!((classes[0].below_ms, classes[4].below_ms, classes[4].searches), (Some(10), None, 2));
    }
}
