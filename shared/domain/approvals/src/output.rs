//! What a workflow is answered.

use crate::limits::OUTPUT_BYTES_MAX;
use crate::{Approval, Decision, Outcome, Verdict};
use serde_json::{Map, Value, json};

/// Characters of a comment where all of them together are too much.
const SHORT_CHARS: usize = 200;

/// The output of the task that waits for it, once it has ended; none where nobody waits.
///
/// `{"Outcome", "ApprovalId", "Title", "Document": {"Id", "Version"}, "DecidedAt", "Decisions": [{"Stage", "Verdict", "By",
/// "OnBehalfOf", "At", "Comment", "Answers"}], "Comment"}`; what there is none of is left out. `Comment` is what was said by who
/// ended it. Beyond [`OUTPUT_BYTES_MAX`] bytes comments are cut and forms left out, and `Truncated` is true.
pub(crate) fn output(approval: &Approval, comment: Option<&str>) -> Option<Value> {
    let outcome = approval.outcome.filter(|outcome| *outcome != Outcome::Cancelled)?;
    let whole = written(approval, outcome, comment, false);
    if whole.to_string().len() <= OUTPUT_BYTES_MAX {
        return Some(whole);
    }
    Some(written(approval, outcome, comment, true))
}

fn written(approval: &Approval, outcome: Outcome, comment: Option<&str>, short: bool) -> Value {
    let mut output = Map::new();
    output.insert("Outcome".to_owned(), json!(outcome));
    output.insert("ApprovalId".to_owned(), json!(approval.id));
    output.insert("Title".to_owned(), json!(approval.request.title));
    if let Some(document) = &approval.document {
        output.insert("Document".to_owned(), json!({"Id": document.id, "Version": document.version}));
    }
    if let Some(at) = approval.ended_at {
        output.insert("DecidedAt".to_owned(), json!(at));
    }
    let mut decisions: Vec<(&str, &Decision)> = approval
        .stages
        .iter()
        .flat_map(|stage| stage.seats.iter().map(move |seat| (stage.name.as_str(), seat)))
        .filter_map(|(stage, seat)| seat.decision.as_ref().map(|decision| (stage, decision)))
        .collect();
    decisions.sort_by_key(|(_, decision)| decision.at);
    let decisions = decisions.into_iter().map(|(stage, one)| decision(stage, one, short)).collect();
    output.insert("Decisions".to_owned(), Value::Array(decisions));
    if let Some(comment) = comment {
        output.insert("Comment".to_owned(), json!(comment));
    }
    if short {
        output.insert("Truncated".to_owned(), json!(true));
    }
    Value::Object(output)
}

fn decision(stage: &str, decision: &Decision, short: bool) -> Value {
    let verdict = match decision.verdict {
        Verdict::Approve => "APPROVE",
        Verdict::Reject => "REJECT",
        Verdict::RequestChanges => "REQUEST_CHANGES",
    };
    let mut written = Map::new();
    written.insert("Stage".to_owned(), json!(stage));
    written.insert("Verdict".to_owned(), json!(verdict));
    written.insert("By".to_owned(), json!(decision.by));
    if let Some(user) = &decision.on_behalf_of {
        written.insert("OnBehalfOf".to_owned(), json!(user));
    }
    written.insert("At".to_owned(), json!(decision.at));
    if let Some(comment) = &decision.comment {
        let length = if short { SHORT_CHARS } else { usize::MAX };
        written.insert("Comment".to_owned(), json!(comment.chars().take(length).collect::<String>()));
    }
    if !decision.answers.is_empty() && !short {
        written.insert("Answers".to_owned(), json!(decision.answers));
    }
    Value::Object(written)
}
