//! A request that stays in this form.

use crate::wire::Forward;
use serde_json::{Map, Value};

/// What is changed in a caller's request before it goes to a provider of the same form: the model's name; `temperature`,
/// `top_p` and `top_k` are left out for a model that does not take `sampling` (it refuses them even at their defaults).
///
/// Thoughts without a signature are left out of the conversation. This gateway tells them where another provider
/// thought, callers send them back, and Anthropic would refuse the whole request for them.
pub fn forward(body: &Map<String, Value>, model: &str, sampling: bool) -> Forward {
    let mut forward = Forward::default();
    forward.set.insert("model".to_owned(), Value::from(model));
    if !sampling {
        forward.remove = vec!["temperature", "top_p", "top_k"];
    }
    let messages = body.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if messages.iter().any(|message| blocks(message).iter().any(is_unsigned)) {
        let cleaned = messages.iter().filter_map(without_unsigned).collect();
        forward.set.insert("messages".to_owned(), cleaned);
    }
    forward
}

fn blocks(message: &Value) -> &[Value] {
    message.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn is_unsigned(block: &Value) -> bool {
    block.get("type").is_some_and(|kind| kind == "thinking")
        && block.get("signature").and_then(Value::as_str).is_none_or(str::is_empty)
}

/// The message; none where nothing is left of it.
fn without_unsigned(message: &Value) -> Option<Value> {
    if !blocks(message).iter().any(is_unsigned) {
        return Some(message.clone());
    }
    let left: Vec<Value> = blocks(message).iter().filter(|block| !is_unsigned(block)).cloned().collect();
    if left.is_empty() {
        return None;
    }
    let mut message = message.clone();
    message["content"] = left.into();
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn applied(body: &Value, sampling: bool) -> Value {
        let body = body.as_object().unwrap();
        serde_json::from_slice(&forward(body, "claude-x", sampling).apply(body)).unwrap()
    }

    #[test]
    fn only_the_model_and_what_it_refuses_change() {
        let body = json!({"model": "best", "temperature": 1, "top_k": 5, "unknown": [1], "messages": [
            {"role": "user", "content": "Hi"}]});
        let messages = &body["messages"];
        assert_eq!(
            applied(&body, true),
            json!({"model": "claude-x", "temperature": 1, "top_k": 5, "unknown": [1], "messages": messages})
        );
        assert_eq!(applied(&body, false), json!({"model": "claude-x", "unknown": [1], "messages": messages}));
        assert!(!forward(body.as_object().unwrap(), "m", true).set.contains_key("messages"), "copied for nothing");
    }

    #[test]
    fn thoughts_of_other_providers_do_not_spoil_a_request() {
        let body = json!({"model": "m", "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm", "signature": ""},
                {"type": "text", "text": "Hello"}]},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "alone", "signature": ""}]},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "Mine", "signature": "sig"}]}]});
        assert_eq!(
            applied(&body, true)["messages"],
            json!([{"role": "user", "content": "Hi"},
                {"role": "assistant", "content": [{"type": "text", "text": "Hello"}]},
                {"role": "assistant", "content": [{"type": "thinking", "thinking": "Mine", "signature": "sig"}]}])
        );
    }
}
