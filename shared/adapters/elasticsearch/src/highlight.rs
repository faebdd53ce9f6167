//! Highlights: asked for with signs that no text holds, and turned into safe HTML here.

use octavo_domain_search::Highlights;
use serde::Deserialize;
use serde_json::{Value, json};

/// Stand around what was found, instead of tags: the engine's answer is the document's own text, and what is a tag of
/// ours in it must not be mistakable for one of the text's. Private use code points, taken out of what is indexed.
pub(crate) const OPEN: char = '\u{E000}';
/// Ends what [`OPEN`] began.
pub(crate) const CLOSE: char = '\u{E001}';

/// Characters of one piece of a text.
const FRAGMENT_CHARS: u32 = 160;
/// Pieces of a text.
const FRAGMENTS_MAX: u32 = 3;

/// The highlights of one hit as the engine answers them.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Marked {
    #[serde(default)]
    title: Vec<String>,
    #[serde(default)]
    text: Vec<String>,
}

pub(crate) fn request() -> Value {
    json!({
        "pre_tags": [OPEN.to_string()],
        "post_tags": [CLOSE.to_string()],
        "fields": {
            "title": {"number_of_fragments": 0},
            "text": {
                "fragment_size": FRAGMENT_CHARS,
                "number_of_fragments": FRAGMENTS_MAX,
                "no_match_size": FRAGMENT_CHARS
            }
        }
    })
}

impl Marked {
    /// Safe HTML.
    pub(crate) fn render(&self) -> Highlights {
        let all = |pieces: &[String]| pieces.iter().map(|piece| render(piece)).collect();
        Highlights { title: all(&self.title), text: all(&self.text) }
    }

    /// The words that were found, as they stand in the document.
    pub(crate) fn found(&self) -> impl Iterator<Item = &str> {
        self.title.iter().chain(&self.text).flat_map(|piece| {
            piece.split(OPEN).skip(1).filter_map(|rest| rest.split_once(CLOSE).map(|(found, _)| found))
        })
    }
}

fn render(piece: &str) -> String {
    let mut html = String::with_capacity(piece.len() + 32);
    let mut open = false;
    for character in piece.chars() {
        match character {
            OPEN if !open => {
                open = true;
                html.push_str("<mark>");
            }
            CLOSE if open => {
                open = false;
                html.push_str("</mark>");
            }
            OPEN | CLOSE => {}
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '&' => html.push_str("&amp;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(character),
        }
    }
    if open {
        html.push_str("</mark>");
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_marks_become_tags() {
        let piece = format!("<b>{OPEN}x{CLOSE} & {CLOSE}{OPEN}y");
        assert_eq!(render(&piece), "&lt;b&gt;<mark>x</mark> &amp; <mark>y</mark>");
    }

    #[test]
    fn tells_what_was_found() {
        let marked = Marked { title: vec![format!("a {OPEN}b c{CLOSE} d")], text: vec![format!("{OPEN}e{CLOSE}f")] };
        assert_eq!(marked.found().collect::<Vec<_>>(), ["b c", "e"]);
    }
}
