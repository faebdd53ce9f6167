//! A thought as opaque text, in `encrypted_content` of a reasoning item. What is in it is the caller's own answer, so it
//! is packed and not sealed; whether it is genuine, Anthropic's signature says.

use crate::Part;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Tells our texts from OpenAI's, which mean nothing to any provider that answers here.
const MARK: &str = "octavo1.";

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Packed {
    Signed { text: String, signature: String },
    Redacted { data: String },
}

/// A signed thought. With its text, because a thought that was not shown must come back whole too.
pub(super) fn pack_signed(text: &str, signature: &str) -> String {
    pack(&Packed::Signed { text: text.to_owned(), signature: signature.to_owned() })
}

/// A thought that only its provider can read.
pub(super) fn pack_redacted(data: &str) -> String {
    pack(&Packed::Redacted { data: data.to_owned() })
}

fn pack(thought: &Packed) -> String {
    // Texts alone: cannot fail. An empty text would be dropped when it comes back.
    let json = serde_json::to_vec(thought).unwrap_or_default();
    format!("{MARK}{}", STANDARD.encode(json))
}

/// The thought; none where the text is not one of ours.
pub(super) fn unpack(text: &str) -> Option<Part> {
    let json = STANDARD.decode(text.strip_prefix(MARK)?).ok()?;
    Some(match serde_json::from_slice(&json).ok()? {
        Packed::Signed { text, signature } => Part::Reasoning { text, signature: Some(signature) },
        Packed::Redacted { data } => Part::RedactedReasoning { data },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_come_back_and_foreign_texts_do_not() {
        let signed = Part::Reasoning { text: "hm".to_owned(), signature: Some("s".to_owned()) };
        assert_eq!(unpack(&pack_signed("hm", "s")), Some(signed));
        assert_eq!(unpack(&pack_redacted("d")), Some(Part::RedactedReasoning { data: "d".to_owned() }));
        for foreign in ["", "gAAAAABo", "octavo1.", "octavo1.e30=", "octavo1.*"] {
            assert_eq!(unpack(foreign), None, "{foreign}");
        }
    }
}
