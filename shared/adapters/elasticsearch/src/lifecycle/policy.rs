//! What the engines are told.

use serde_json::{Value, json};

/// Days that an index is kept unless told otherwise.
pub const KEPT_DAYS: u16 = 30;

/// Before an index template of somebody's that fits everything, after one of theirs for these very names.
const PRIORITY: u32 = 150;

/// What an index holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What processes said.
    Logs,
    /// What was counted.
    Analytics,
    /// The part of the audit trail that is looked at every day; all of it is kept elsewhere.
    AuditHot,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Logs, Self::Analytics, Self::AuditHot];

    /// Its policy's and its template's name; an index's name is this, `-` and its day (`2026.11.27`).
    pub fn name(self) -> &'static str {
        match self {
            Self::Logs => "octavo-logs",
            Self::Analytics => "octavo-analytics",
            Self::AuditHot => "octavo-audit-hot",
        }
    }

    pub(super) fn pattern(self) -> String {
        format!("{}-*", self.name())
    }

    /// For Elasticsearch's index lifecycle management.
    pub(super) fn ilm(days: u16) -> Value {
        json!({"policy": {"phases": {
            "hot": {"min_age": "0ms", "actions": {}},
            "delete": {"min_age": format!("{days}d"), "actions": {"delete": {}}}
        }}})
    }

    /// For OpenSearch's index state management.
    pub(super) fn ism(self, days: u16) -> Value {
        json!({"policy": {
            "description": format!("{} for {days} days", self.pattern()),
            "default_state": "hot",
            "states": [
                {
                    "name": "hot", "actions": [],
                    "transitions": [{"state_name": "delete", "conditions": {"min_index_age": format!("{days}d")}}]
                },
                {"name": "delete", "actions": [{"delete": {}}], "transitions": []}
            ],
            "ism_template": [{"index_patterns": [self.pattern()], "priority": PRIORITY}]
        }})
    }

    /// What new indices are made from. With ILM they name their policy; with ISM the policy names them.
    pub(super) fn template(self, with_ilm: bool) -> Value {
        let mut index = json!({"number_of_shards": 1});
        if with_ilm {
            index["lifecycle"] = json!({"name": self.name()});
        }
        json!({
            "index_patterns": [self.pattern()],
            "priority": PRIORITY,
            "template": {
                "settings": {"index": index},
                "mappings": {"properties": {"@timestamp": {"type": "date"}}}
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_engines_are_told() {
        insta::assert_json_snapshot!("ilm", Kind::ilm(KEPT_DAYS));
        insta::assert_json_snapshot!("ism", Kind::AuditHot.ism(KEPT_DAYS));
        insta::assert_json_snapshot!("template_with_ilm", Kind::Logs.template(true));
        insta::assert_json_snapshot!("template_without_ilm", Kind::Analytics.template(false));
    }

    #[test]
    fn no_pattern_fits_documents() {
        for kind in Kind::ALL {
            assert!(kind.pattern().starts_with("octavo-"), "{kind:?}");
        }
    }
}
