//! Moments as the language writes them: RFC 3339 with a capital `T` and `Z` or an offset.

use chrono::{DateTime, SecondsFormat, Utc};

/// A moment as the context object writes it: with milliseconds, in UTC.
pub fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Reads an RFC 3339 moment with a `T` and an offset, as `Wait` and the timestamp comparisons demand.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    // The standard also allows small letters and a blank; the language does not.
    if text.as_bytes().get(10) != Some(&b'T') || text.ends_with('z') {
        return None;
    }
    DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_strict_form_is_read() {
        assert_eq!(parse("2016-03-14T01:59:00Z").map(|moment| moment.timestamp()), Some(1_457_920_740));
        assert_eq!(
            parse("2016-03-14T01:59:00.5+02:00").map(|moment| moment.timestamp_millis()),
            Some(1_457_913_540_500)
        );
        for text in [
            "2016-03-14T01:59:00",
            "2016-03-14 01:59:00Z",
            "2016-03-14t01:59:00Z",
            "2016-03-14T01:59:00z",
            "2016-03-14",
            "05-12-2016T21:29:29Z",
            "2016-12-05T25:29:29Z",
            "",
            "2016-12-05T21:29:29+0200",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
