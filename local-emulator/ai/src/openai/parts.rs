//! The content of a message: a text, or a list of parts.

use serde_json::Value;

use super::schema_check::{missing, wrong_type, wrong_value};
use crate::failure::Failure;
use crate::image::{Image, Unusable};
use crate::prompt::Part;

const SUPPORTED: &[&str] = &["text", "image_url", "input_audio", "refusal", "file"];

/// Reads `content`; `param` says where it stands. Null is no content.
pub(super) fn read(content: &Value, param: &str) -> Result<Vec<Part>, Failure> {
    let parts = match content {
        Value::Null => return Ok(Vec::new()),
        Value::String(text) => return Ok(vec![Part::Text(text.clone())]),
        Value::Array(parts) => parts,
        other => return Err(wrong_type(param, "one of a string or array of objects", other)),
    };
    let mut read = Vec::with_capacity(parts.len());
    for (at, part) in parts.iter().enumerate() {
        let here = format!("{param}[{at}]");
        match part["type"].as_str() {
            Some("text" | "input_text" | "output_text") => match part["text"].as_str() {
                Some(text) => read.push(Part::Text(text.to_owned())),
                None => return Err(missing(&format!("{here}.text"))),
            },
            Some("refusal") => read.push(Part::Text(part["refusal"].as_str().unwrap_or_default().to_owned())),
            Some("image_url" | "input_image") => {
                let url = part["image_url"]["url"].as_str().or(part["image_url"].as_str());
                let Some(url) = url else { return Err(missing(&format!("{here}.image_url"))) };
                read.push(Part::Image(Image::from_url(url).map_err(|unusable| refused(unusable, &here))?));
            }
            // Sound and files are taken and say nothing here.
            Some("input_audio" | "file" | "input_file") => {}
            Some(other) => return Err(wrong_value(&format!("{here}.type"), other, SUPPORTED)),
            None => return Err(missing(&format!("{here}.type"))),
        }
    }
    Ok(read)
}

fn refused(unusable: Unusable, here: &str) -> Failure {
    match unusable {
        Unusable::Base64 => Failure::invalid("Invalid base64 image_url.").param(format!("{here}.image_url")).code("invalid_base64_image"),
        Unusable::Format => Failure::invalid(
            "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].",
        )
        .param(format!("{here}.image_url"))
        .code("invalid_image_format"),
    }
}
