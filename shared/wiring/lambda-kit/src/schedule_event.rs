//! Scheduled events by EventBridge, or by whoever sends the same event.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// A schedule that fires.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleEvent {
    /// Its name as the function's manifest declares it: a rule called `FUNCTION-NAME` is `NAME` to the function FUNCTION; of
    /// any other rule it is the rule's whole name. Empty where the event names none.
    pub name: String,
    /// When it was due.
    pub due: Option<DateTime<Utc>>,
    /// What the rule carries besides: an object, or null.
    pub detail: Value,
}

/// The same as the event has it (Amazon EventBridge User Guide, "Events from scheduled rules").
#[derive(Debug)]
pub(crate) struct Scheduled {
    pub(crate) resources: Vec<String>,
    pub(crate) due: Option<DateTime<Utc>>,
    pub(crate) detail: Value,
}

impl Scheduled {
    /// As the function called `function` sees it.
    pub(crate) fn seen_by(self, function: &str) -> ScheduleEvent {
        // `arn:aws:events:REGION:ACCOUNT:rule/NAME`; of a bus of one's own `rule/BUS/NAME`.
        let rule = self.resources.first().and_then(|arn| arn.rsplit('/').next()).unwrap_or_default();
        let own = rule.strip_prefix(function).and_then(|rest| rest.strip_prefix('-')).filter(|name| !name.is_empty());
        ScheduleEvent { name: own.unwrap_or(rule).to_owned(), due: self.due, detail: self.detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_called_as_the_manifest_calls_it() {
        let name = |resource: &str, function: &str| {
            let scheduled = Scheduled { resources: vec![resource.to_owned()], due: None, detail: Value::Null };
            scheduled.seen_by(function).name
        };
        assert_eq!(name("arn:aws:events:octavo:000000000000:rule/ai-roll-up", "ai"), "roll-up");
        assert_eq!(name("arn:aws:events:eu-central-1:1:rule/bus/ai-roll-up", "ai"), "roll-up");
        assert_eq!(name("arn:aws:events:octavo:000000000000:rule/aid-roll-up", "ai"), "aid-roll-up");
        assert_eq!(name("arn:aws:events:octavo:000000000000:rule/ai-", "ai"), "ai-");
    }
}
