//! What asking for usage adds to a provider's stream, for a caller who did not ask: the gateway hides it again.

use crate::ports::ServerSentEvent;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Whether the event is the chunk that carries nothing but the usage: `choices` empty, `usage` there.
pub fn is_usage_only(event: &ServerSentEvent) -> bool {
    #[derive(Deserialize)]
    struct Chunk {
        choices: Option<Vec<IgnoredAny>>,
        usage: Option<IgnoredAny>,
    }
    // Nearly every chunk ends here, without being parsed.
    let may_be = usages(&event.data).any(|(_, rest)| !rest.starts_with("null"));
    may_be
        && serde_json::from_str::<Chunk>(&event.data)
            .is_ok_and(|chunk| chunk.usage.is_some() && chunk.choices.is_some_and(|choices| choices.is_empty()))
}

/// A chunk without its `"usage":null`; none where it has no such member and goes on as it is. Everything else stays byte
/// by byte.
pub fn without_null_usage(data: &str) -> Option<String> {
    for (start, rest) in usages(data) {
        let Some(rest) = rest.strip_prefix("null") else { continue };
        if !is_member_of_top(data, start) {
            continue;
        }
        let (before, after) = (data[..start].trim_end(), rest.trim_start());
        return Some(match (before.strip_suffix(','), after.strip_prefix(',')) {
            (Some(before), _) => [before, after].concat(),
            (None, Some(after)) => [before, after.trim_start()].concat(),
            (None, None) => [before, after].concat(),
        });
    }
    None
}

/// Where `"usage":` stands, and what follows it. In a text its quotes would be escaped, so these are members.
fn usages(data: &str) -> impl Iterator<Item = (usize, &str)> {
    const NAME: &str = "\"usage\"";
    data.match_indices(NAME).filter_map(|(start, _)| {
        let rest = data[start + NAME.len()..].trim_start().strip_prefix(':')?;
        Some((start, rest.trim_start()))
    })
}

/// Whether what stands at `position` is in the outermost object, and in no text.
fn is_member_of_top(data: &str, position: usize) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in data.as_bytes().iter().take(position) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth == 1 && !in_text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_usage(data: &str) -> bool {
        is_usage_only(&ServerSentEvent { name: String::new(), data: data.to_owned() })
    }

    #[test]
    fn only_the_chunk_of_usage_is_one() {
        assert!(is_usage(r#"{"id":"a","choices":[],"usage":{"prompt_tokens":1}}"#));
        assert!(is_usage(r#"{ "usage" : {}, "choices" : [] }"#));
        assert!(!is_usage(r#"{"choices":[],"usage":null}"#));
        assert!(!is_usage(r#"{"choices":[],"prompt_filter_results":[]}"#));
        assert!(!is_usage(r#"{"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":1}}"#));
        assert!(!is_usage(r#"{"choices":[{"delta":{"content":"usage"}}]}"#));
        assert!(!is_usage("[DONE]"));
    }

    #[test]
    fn null_usage_goes_and_all_else_stays() {
        let cases = [
            (r#"{"id":"a","choices":[],"usage":null}"#, Some(r#"{"id":"a","choices":[]}"#)),
            (r#"{"usage":null,"id":"a"}"#, Some(r#"{"id":"a"}"#)),
            (r#"{"a":1, "usage" : null , "b":2}"#, Some(r#"{"a":1, "b":2}"#)),
            (r#"{"usage":null}"#, Some("{}")),
            (r#"{"a":"\\\"{","usage":null}"#, Some(r#"{"a":"\\\"{"}"#)),
            (r#"{"usage":{"prompt_tokens":1}}"#, None),
            (r#"{"x":{"usage":null}}"#, None),
            (r#"{"x":{"usage":null},"usage":null}"#, Some(r#"{"x":{"usage":null}}"#)),
            (r#"{"choices":[{"delta":{"content":"\"usage\":null"}}]}"#, None),
            ("[DONE]", None),
        ];
        for (data, expected) in cases {
            assert_eq!(without_null_usage(data).as_deref(), expected, "{data}");
        }
    }
}
