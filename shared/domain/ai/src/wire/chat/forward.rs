//! A request of a caller of this form to a provider of this form: goes through as it came, but for what must change.

use crate::wire::Forward;
use serde_json::{Map, Value};

/// Members that steer how tokens are drawn. Models that do not take them refuse the request, even at the defaults.
const SAMPLING: [&str; 6] = ["temperature", "top_p", "presence_penalty", "frequency_penalty", "logit_bias", "top_k"];

/// What is changed in `body` for a provider that calls the model `model`.
///
/// A streamed answer is asked to end with its usage, whatever the caller said: it is what the call is paid by. The
/// caller's other stream options stay. Without `sampling` the members that steer sampling are left out, and
/// `max_tokens` is sent as `max_completion_tokens`, because the same models know only that.
pub fn forward(body: &Map<String, Value>, model: &str, sampling: bool) -> Forward {
    let mut forward = Forward::default();
    forward.set.insert("model".to_owned(), model.into());
    if body.get("stream").and_then(Value::as_bool) == Some(true) {
        let options = body.get("stream_options").and_then(Value::as_object);
        if options.is_none_or(|options| options.get("include_usage") != Some(&Value::Bool(true))) {
            let mut options = options.cloned().unwrap_or_default();
            options.insert("include_usage".to_owned(), true.into());
            forward.set.insert("stream_options".to_owned(), options.into());
        }
    }
    if !sampling {
        forward.remove.extend(SAMPLING.into_iter().filter(|name| body.contains_key(*name)));
        let is_said = |name: &str| body.get(name).filter(|value| !value.is_null());
        if let (Some(most), None) = (is_said("max_tokens"), is_said("max_completion_tokens")) {
            forward.set.insert("max_completion_tokens".to_owned(), most.clone());
            forward.remove.push("max_tokens");
        }
    }
    forward
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sent(body: &Value, sampling: bool) -> Value {
        let body = body.as_object().unwrap();
        serde_json::from_slice(&forward(body, "upstream", sampling).apply(body)).unwrap()
    }

    #[test]
    fn only_the_model_changes_where_nothing_else_must() {
        let body = json!({"model": "m", "messages": [], "temperature": 1, "x_unknown": {"a": [null]}, "max_tokens": 3});
        let expected =
            json!({"model": "upstream", "messages": [], "temperature": 1, "x_unknown": {"a": [null]}, "max_tokens": 3});
        assert_eq!(sent(&body, true), expected);
    }

    #[test]
    fn usage_is_asked_for_and_other_stream_options_stay() {
        let body = json!({"stream": true, "stream_options": {"include_obfuscation": false, "include_usage": false}});
        let expected = json!({"include_obfuscation": false, "include_usage": true});
        assert_eq!(sent(&body, true)["stream_options"], expected);
        assert_eq!(sent(&json!({"stream": true}), true)["stream_options"], json!({"include_usage": true}));
        assert_eq!(sent(&json!({"stream": false}), true).get("stream_options"), None);
    }

    #[test]
    fn a_model_without_sampling_gets_none_of_it() {
        let body = json!({"temperature": 1, "top_p": 1, "logit_bias": {}, "max_tokens": 9, "seed": 1});
        assert_eq!(sent(&body, false), json!({"seed": 1, "model": "upstream", "max_completion_tokens": 9}));
        let both = json!({"max_tokens": null, "max_completion_tokens": 4});
        assert_eq!(sent(&both, false), json!({"max_tokens": null, "max_completion_tokens": 4, "model": "upstream"}));
    }
}
