//! Content filter results: everything is safe here.

use serde_json::{Value, json};

pub(crate) fn content_filter_results() -> Value {
    let safe = json!({"filtered": false, "severity": "safe"});
    json!({"hate": safe, "self_harm": safe, "sexual": safe, "violence": safe})
}

pub(crate) fn prompt_filter_results() -> Value {
    json!([{"prompt_index": 0, "content_filter_results": content_filter_results()}])
}

/// The chunk that opens a stream: no choices, and nothing in the fields that every other chunk fills.
pub(crate) fn first_chunk() -> Value {
    json!({
        "choices": [], "created": 0, "id": "", "model": "", "object": "",
        "prompt_filter_results": prompt_filter_results()
    })
}
