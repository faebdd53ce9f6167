//! Old indices deleted by us, where the engine does not.

use super::install::Lifecycle;
use super::policy::Kind;
use chrono::{Days, NaiveDate};
use elasticsearch::http::Method;
use octavo_domain_kernel::PortError;
use serde_json::Value;
use std::collections::BTreeMap;

/// The day in the name of an index of ours; none for any other name.
fn day(name: &str) -> Option<NaiveDate> {
    let suffix = Kind::ALL.into_iter().find_map(|kind| name.strip_prefix(kind.name())?.strip_prefix('-'))?;
    let day = NaiveDate::parse_from_str(suffix, "%Y.%m.%d").ok()?;
    // Only a name that we would have made: it is about deleting.
    (day.format("%Y.%m.%d").to_string() == suffix).then_some(day)
}

/// Those of `names` that are of a day more than `days` before `today`.
fn old<'a>(names: impl Iterator<Item = &'a String>, today: NaiveDate, days: u16) -> Vec<&'a str> {
    let Some(first_kept) = today.checked_sub_days(Days::new(days.into())) else { return Vec::new() };
    names.filter(|name| day(name).is_some_and(|day| day < first_kept)).map(String::as_str).collect()
}

impl Lifecycle {
    /// Deletes what is older than `days` (at least 1), by the day in its name, and answers the names. Never an index of
    /// documents, nor one without a day in its name.
    ///
    /// # Errors
    /// The first that the engine reports; what was deleted until then is.
    pub async fn sweep(&self, today: NaiveDate, days: u16) -> Result<Vec<String>, PortError> {
        let patterns = Kind::ALL.map(Kind::pattern).join(",");
        let query = [("ignore_unavailable", "true")];
        let answer = self.send(Method::Get, &format!("/{patterns}/_alias"), &query, None).await?;
        let indices: BTreeMap<String, Value> = answer.json()?;
        let mut swept = Vec::new();
        for name in old(indices.keys(), today, days.max(1)) {
            let answer = self.send(Method::Delete, &format!("/{name}"), &[], None).await?;
            // Another sweep may have been faster.
            if answer.status != 404 {
                answer.json::<Value>()?;
                swept.push(name.to_owned());
            }
        }
        Ok(swept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_old_and_ours_goes() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 27).unwrap();
        let names = [
            "octavo-logs-2026.10.27",
            "octavo-logs-2026.10.28",
            "octavo-logs-2026.11.27",
            "octavo-analytics-2025.01.01",
            "octavo-audit-hot-2026.01.01",
            "octavo-audit-2026.01.01",
            "octavo-logs-2026.1.1",
            "octavo-logs-2026.01.01-copy",
            "octavo-logs",
            "docs-v1",
            "docs-2020.01.01",
        ];
        let names = names.map(str::to_owned);
        let gone = ["octavo-logs-2026.10.27", "octavo-analytics-2025.01.01", "octavo-audit-hot-2026.01.01"];
        assert_eq!(old(names.iter(), today, 30), gone);
    }
}
