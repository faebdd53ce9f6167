//! What a function's answer says of each message (AWS Lambda Developer Guide, "Handling errors for an SQS event source in
//! Lambda", "Implementing partial batch responses").

use serde_json::Value;
use std::collections::BTreeSet;

/// Which messages failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// These, by message id; the others are done. Empty: all are done.
    Failed(BTreeSet<String>),
    /// All, because the answer is none.
    Malformed(String),
}

pub(super) fn verdict(answer: &[u8], batch: &BTreeSet<&str>) -> Verdict {
    if answer.is_empty() {
        return Verdict::Failed(BTreeSet::new());
    }
    let malformed = |text: &str| Verdict::Malformed(format!("the function's answer is malformed: {text}"));
    let answer: Value = match serde_json::from_slice(answer) {
        Ok(answer) => answer,
        Err(error) => return malformed(&format!("not JSON: {error}")),
    };
    let failures = match &answer {
        Value::Null => return Verdict::Failed(BTreeSet::new()),
        Value::Object(members) => members.get("batchItemFailures").unwrap_or(&Value::Null),
        _ => return malformed("expected an object with batchItemFailures"),
    };
    let failures = match failures {
        Value::Null => return Verdict::Failed(BTreeSet::new()),
        Value::Array(failures) => failures,
        _ => return malformed("batchItemFailures: expected an array"),
    };
    let mut failed = BTreeSet::new();
    for (at, failure) in failures.iter().enumerate() {
        match failure.get("itemIdentifier").and_then(Value::as_str) {
            Some(id) if batch.contains(id) => {
                failed.insert(id.to_owned());
            }
            Some(id) => {
                return malformed(&format!("batchItemFailures[{at}].itemIdentifier: {id:?} is not in the batch"));
            }
            None => return malformed(&format!("batchItemFailures[{at}].itemIdentifier: expected a message id")),
        }
    }
    Verdict::Failed(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(answer: &str) -> Verdict {
        verdict(answer.as_bytes(), &["a", "b"].into())
    }

    #[test]
    fn nothing_failed() {
        for answer in ["", "null", "{}", r#"{"batchItemFailures":null}"#, r#"{"batchItemFailures":[]}"#, r#"{"ok":1}"#]
        {
            assert_eq!(judge(answer), Verdict::Failed(BTreeSet::new()), "{answer}");
        }
    }

    #[test]
    fn some_failed() {
        let answer = r#"{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"b"}]}"#;
        assert_eq!(judge(answer), Verdict::Failed(["b".to_owned()].into()));
    }

    #[test]
    fn a_malformed_answer_fails_all() {
        for answer in [
            "{",
            "[]",
            "\"ok\"",
            r#"{"batchItemFailures":{}}"#,
            r#"{"batchItemFailures":["a"]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
            r#"{"batchItemFailures":[{"id":"a"}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"z"}]}"#,
        ] {
            assert!(matches!(judge(answer), Verdict::Malformed(_)), "{answer}");
        }
    }
}
