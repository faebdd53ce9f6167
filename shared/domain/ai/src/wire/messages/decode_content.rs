//! Blocks of content into parts.

use super::read::{Findings, Path, present, text_of};
use crate::{File, Image, Part};
use serde_json::{Map, Value};

/// Pictures that Anthropic takes.
const IMAGE_TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// A message's content: a text, or blocks.
pub(super) fn blocks(found: &mut Findings, value: &Value, at: &Path<'_>) -> Vec<Part> {
    match value {
        Value::String(text) => vec![Part::text(text)],
        Value::Array(items) => {
            let mut parts = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                let at = at.item(index);
                if let Some(map) = found.object(item, &at) {
                    block(found, map, &at, &mut parts);
                }
            }
            parts
        }
        _ => {
            found.fault(at, "expected a string or a list of content blocks");
            Vec::new()
        }
    }
}

/// Text only: `system`, and turns of the system.
pub(super) fn text_blocks(found: &mut Findings, value: &Value, at: &Path<'_>) -> Vec<Part> {
    if let Some(items) = value.as_array() {
        let mut parts = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let at = at.item(index);
            let Some(map) = found.object(item, &at) else { continue };
            if text_of(map, "type") == Some("text") {
                block(found, map, &at, &mut parts);
            } else {
                found.fault(&at.member("type"), "expected text: nothing else may stand here");
            }
        }
        return parts;
    }
    match value.as_str() {
        Some("") => Vec::new(),
        Some(text) => vec![Part::text(text)],
        None => {
            found.fault(at, "expected a string or a list of text blocks");
            Vec::new()
        }
    }
}

fn block(found: &mut Findings, map: &Map<String, Value>, at: &Path<'_>, parts: &mut Vec<Part>) {
    let cache = present(map, "cache_control").is_some();
    match found.text(map, at, "type") {
        Some("text") => {
            if let Some(text) = found.text(map, at, "text") {
                parts.push(Part::Text { text: text.to_owned(), cache });
            }
        }
        Some("image") => parts.extend(image(found, map, at)),
        Some("document") => parts.extend(document(found, map, at, cache)),
        Some("search_result") => {
            found.native_only(at);
            parts.extend(map.get("content").and_then(plain_text).map(Part::text));
        }
        Some("tool_use") => {
            let id = found.text(map, at, "id");
            let name = found.text(map, at, "name");
            let input = found.required(map, at, "input", "an object", |value| value.is_object().then_some(value));
            if let (Some(id), Some(name), Some(input)) = (id, name, input) {
                parts.push(Part::ToolCall { id: id.to_owned(), name: name.to_owned(), arguments: input.to_string() });
            }
        }
        Some("tool_result") => {
            let id = found.text(map, at, "tool_use_id");
            let is_error = found.optional(map, at, "is_error", "true or false", Value::as_bool).unwrap_or_default();
            let content = present(map, "content");
            let mut content = content.map(|value| blocks(found, value, &at.member("content"))).unwrap_or_default();
            // A mark on the result is a mark on its end.
            if let (true, Some(Part::Text { cache, .. })) = (cache, content.last_mut()) {
                *cache = true;
            }
            if let Some(id) = id {
                parts.push(Part::ToolResult { call_id: id.to_owned(), content, is_error });
            }
        }
        Some("thinking") => {
            let text = found.text(map, at, "thinking");
            let signature = found.optional(map, at, "signature", "a string", Value::as_str);
            if let Some(text) = text {
                // What this gateway told of another provider's thoughts has an empty signature.
                let signature = signature.filter(|proof| !proof.is_empty()).map(str::to_owned);
                parts.push(Part::Reasoning { text: text.to_owned(), signature });
            }
        }
        Some("redacted_thinking") => {
            if let Some(data) = found.text(map, at, "data") {
                parts.push(Part::RedactedReasoning { data: data.to_owned() });
            }
        }
        // Tools that Anthropic runs, uploads, and whatever comes next: the raw body has it.
        Some(_) => found.native_only(at),
        None => {}
    }
}

fn image(found: &mut Findings, map: &Map<String, Value>, at: &Path<'_>) -> Option<Part> {
    let source = found.required(map, at, "source", "an object", Value::as_object)?;
    let at = at.member("source");
    match found.text(source, &at, "type")? {
        "base64" => {
            let expected = "image/png, image/jpeg, image/gif or image/webp";
            let media_type = found.required(source, &at, "media_type", expected, |value| {
                value.as_str().filter(|name| IMAGE_TYPES.contains(name))
            });
            let base64 = found.text(source, &at, "data");
            let (media_type, base64) = (media_type?.to_owned(), base64?.to_owned());
            Some(Part::Image(Image::Data { media_type, base64, detail: None }))
        }
        "url" => {
            let url = found.text(source, &at, "url")?.to_owned();
            Some(Part::Image(Image::Url { url, detail: None }))
        }
        _ => {
            found.native_only(&at);
            None
        }
    }
}

fn document(found: &mut Findings, map: &Map<String, Value>, at: &Path<'_>, cache: bool) -> Option<Part> {
    let title = found.optional(map, at, "title", "a string", Value::as_str);
    let context = found.optional(map, at, "context", "a string", Value::as_str);
    let source = found.required(map, at, "source", "an object", Value::as_object)?;
    let cited = present(map, "citations").and_then(|citations| citations.get("enabled")?.as_bool());
    if cited == Some(true) {
        found.native_only(&at.member("citations"));
    }
    let at = at.member("source");
    match found.text(source, &at, "type")? {
        "base64" => {
            let media_type = found.text(source, &at, "media_type");
            let base64 = found.text(source, &at, "data");
            let (media_type, base64) = (media_type?.to_owned(), base64?.to_owned());
            Some(Part::File(File { name: title.map(str::to_owned), media_type, base64 }))
        }
        "text" => {
            let data = found.text(source, &at, "data")?;
            let pieces: Vec<&str> = [title, context, Some(data)].into_iter().flatten().collect();
            Some(Part::Text { text: pieces.join("\n\n"), cache })
        }
        "content" => {
            // Its text is told all the same: rules about what may be asked must see it.
            found.native_only(&at);
            source.get("content").and_then(plain_text).map(Part::text)
        }
        _ => {
            found.native_only(&at);
            None
        }
    }
}

/// The text of a string or of text blocks.
fn plain_text(content: &Value) -> Option<String> {
    if let Some(text) = content.as_str() {
        return Some(text.to_owned());
    }
    let texts: Vec<&str> = content.as_array()?.iter().filter_map(|block| block.get("text")?.as_str()).collect();
    Some(texts.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(content: &Value) -> (Vec<Part>, Findings) {
        let mut found = Findings::default();
        let parts = blocks(&mut found, content, &Path::Root.member("content"));
        (parts, found)
    }

    #[test]
    fn every_block_that_all_forms_know() {
        let (parts, found) = read(&json!([
            {"type": "text", "text": "Look", "cache_control": {"type": "ephemeral"}},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
            {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
            {"type": "document", "title": "a.pdf",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "aGk="}},
            {"type": "document", "title": "Notes", "context": "Of May",
                "source": {"type": "text", "media_type": "text/plain", "data": "One."}},
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}},
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": "12", "is_error": true,
                "cache_control": {"type": "ephemeral"}},
            {"type": "tool_result", "tool_use_id": "toolu_2"},
            {"type": "thinking", "thinking": "Hm", "signature": "sig"},
            {"type": "thinking", "thinking": "Hm", "signature": ""},
            {"type": "redacted_thinking", "data": "xyz"}
        ]));
        assert!(found.faults.is_empty() && found.native_only.is_empty());
        let result = Part::Text { text: "12".into(), cache: true };
        assert_eq!(
            parts,
            [
                Part::Text { text: "Look".into(), cache: true },
                Part::Image(Image::Data { media_type: "image/png".into(), base64: "aGk=".into(), detail: None }),
                Part::Image(Image::Url { url: "https://example.com/a.png".into(), detail: None }),
                Part::File(File {
                    name: Some("a.pdf".into()),
                    media_type: "application/pdf".into(),
                    base64: "aGk=".into()
                }),
                Part::text("Notes\n\nOf May\n\nOne."),
                Part::ToolCall { id: "toolu_1".into(), name: "f".into(), arguments: "{\"a\":1}".into() },
                Part::ToolResult { call_id: "toolu_1".into(), content: vec![result], is_error: true },
                Part::ToolResult { call_id: "toolu_2".into(), content: vec![], is_error: false },
                Part::Reasoning { text: "Hm".into(), signature: Some("sig".into()) },
                Part::Reasoning { text: "Hm".into(), signature: None },
                Part::RedactedReasoning { data: "xyz".into() },
            ]
        );
    }

    #[test]
    fn what_only_anthropic_has_is_named_and_its_text_is_seen() {
        let (parts, found) = read(&json!([
            {"type": "image", "source": {"type": "file", "file_id": "f"}},
            {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
            {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "secret"}]}},
            {"type": "document", "citations": {"enabled": true},
                "source": {"type": "text", "media_type": "text/plain", "data": "x"}},
            {"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": "hit"}]},
            {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
        ]));
        assert!(found.faults.is_empty());
        let named = [
            "content[0].source",
            "content[1].source",
            "content[2].source",
            "content[3].citations",
            "content[4]",
            "content[5]",
        ];
        assert_eq!(found.native_only, named);
        assert_eq!(parts, [Part::text("secret"), Part::text("x"), Part::text("hit")]);
    }

    #[test]
    fn faults_name_the_innermost_place() {
        let (_, found) = read(&json!([
            {"text": "no type"}, {"type": "text"}, {"type": "tool_use", "id": "a", "name": "f", "input": "{}"},
            {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": 5}]}, "bare"
        ]));
        let fields: Vec<_> = found.faults.iter().map(|fault| fault.field.as_str()).collect();
        let expected =
            ["content[0].type", "content[1].text", "content[2].input", "content[3].content[0].text", "content[4]"];
        assert_eq!(fields, expected);
    }
}
