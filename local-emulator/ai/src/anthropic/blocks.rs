//! Content blocks: a text, or a list of blocks.

use serde_json::Value;

use crate::failure::Failure;
use crate::image::{Image, Unusable};
use crate::prompt::Part;

/// Reads `content`; `here` says where it stands, as `messages.0.content`.
pub(super) fn read(content: &Value, here: &str) -> Result<Vec<Part>, Failure> {
    let blocks = match content {
        Value::String(text) => return Ok(vec![Part::Text(text.clone())]),
        Value::Array(blocks) => blocks,
        Value::Null => return Err(Failure::invalid(format!("{here}: Field required"))),
        _ => return Err(Failure::invalid(format!("{here}: Input should be a valid list"))),
    };
    let mut parts = Vec::with_capacity(blocks.len());
    for (at, block) in blocks.iter().enumerate() {
        if let Some(part) = one(block, &format!("{here}.{at}"))? {
            parts.push(part);
        }
    }
    Ok(parts)
}

fn one(block: &Value, here: &str) -> Result<Option<Part>, Failure> {
    let Some(kind) = block["type"].as_str() else {
        return Err(Failure::invalid(format!("{here}.type: Field required")));
    };
    let text_at = |field: &str| {
        block[field]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Failure::invalid(format!("{here}.{kind}.{field}: Field required")))
    };
    Ok(Some(match kind {
        "text" => match text_at("text")? {
            text if text.is_empty() => return Err(Failure::invalid("messages: text content blocks must be non-empty")),
            text => Part::Text(text),
        },
        "image" => Part::Image(image(&block["source"], &format!("{here}.image.source"))?),
        "tool_use" => {
            text_at("id")?;
            Part::Call { name: text_at("name")?, arguments: block["input"].to_string() }
        }
        "tool_result" => {
            text_at("tool_use_id")?;
            Part::Output(result_text(&block["content"]))
        }
        "document" => match document(&block["source"]) {
            Some(text) => Part::Text(text),
            None => return Ok(None),
        },
        "search_result" => Part::Text(result_text(&block["content"])),
        // Reasoning of earlier turns is taken back unread, as is what the provider's own tools wrote.
        "thinking" | "redacted_thinking" | "server_tool_use" | "web_search_tool_result" | "container_upload" => {
            return Ok(None);
        }
        other => {
            let message = format!(
                "{here}: Input tag '{other}' found using 'type' does not match any of the expected tags: 'document', \
                 'image', 'redacted_thinking', 'search_result', 'text', 'thinking', 'tool_result', 'tool_use'"
            );
            return Err(Failure::invalid(message));
        }
    }))
}

fn result_text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let texts: Vec<&str> = blocks.iter().filter_map(|block| block["text"].as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

/// The text of a document that is text; PDF files say nothing here.
fn document(source: &Value) -> Option<String> {
    match source["type"].as_str()? {
        "text" => source["data"].as_str().map(str::to_owned),
        "content" => Some(result_text(&source["content"])),
        _ => None,
    }
}

fn image(source: &Value, here: &str) -> Result<Image, Failure> {
    match source["type"].as_str() {
        Some("url") => match source["url"].as_str() {
            Some(url) => Ok(Image::Linked(url.to_owned())),
            None => Err(Failure::invalid(format!("{here}.url.url: Field required"))),
        },
        Some("base64") => {
            let Some(data) = source["data"].as_str() else {
                return Err(Failure::invalid(format!("{here}.base64.data: Field required")));
            };
            let image = Image::inline(data).map_err(|unusable| match unusable {
                Unusable::Base64 => Failure::invalid(format!("{here}.base64: invalid base64 data")),
                Unusable::Format => Failure::invalid("Could not process image"),
            })?;
            let claimed = source["media_type"].as_str().unwrap_or_default();
            match &image {
                Image::Inline { kind, .. } if *kind != claimed => Err(Failure::invalid(format!(
                    "{here}.base64.data: The image was specified using the {claimed} media type, but the image appears to \
                     be a {kind} image"
                ))),
                _ => Ok(image),
            }
        }
        Some(other) => Err(Failure::invalid(format!("{here}: Input tag '{other}' is not one of 'base64', 'url'"))),
        None => Err(Failure::invalid(format!("{here}.type: Field required"))),
    }
}
