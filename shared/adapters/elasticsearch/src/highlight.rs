//! Highlights: asked for with signs that no text holds, and turned into safe HTML here.

use crate::schema::{FOREIGN, text_field, title_field};
use octavo_domain_search::Highlights;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Stand around what was found, instead of tags: the engine's answer is the document's own text, and what is a tag of
/// ours in it must not be mistakable for one of the text's. Private use code points, taken out of what is indexed.
pub(crate) const OPEN: char = '\u{E000}';
/// Ends what [`OPEN`] began.
pub(crate) const CLOSE: char = '\u{E001}';

/// Characters of one piece of a text.
const FRAGMENT_CHARS: u32 = 160;
/// Pieces of a text.
const FRAGMENTS_MAX: u32 = 3;

/// The highlights of one hit as the engine answers them: pieces by field.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Marked(BTreeMap<String, Vec<String>>);

pub(crate) fn request() -> Value {
    let title = json!({"number_of_fragments": 0});
    let text = json!({
        "fragment_size": FRAGMENT_CHARS,
        "number_of_fragments": FRAGMENTS_MAX,
        "no_match_size": FRAGMENT_CHARS
    });
    let mut fields = Map::from_iter([("title".to_owned(), title.clone()), ("text".to_owned(), text.clone())]);
    for language in FOREIGN {
        fields.insert(text_field(Some(language)).to_owned(), text.clone());
        fields.extend(title_field(Some(language)).map(|field| (field.to_owned(), title.clone())));
    }
    json!({"pre_tags": [OPEN.to_string()], "post_tags": [CLOSE.to_string()], "fields": fields})
}

impl Marked {
    /// Safe HTML.
    pub(crate) fn render(&self) -> Highlights {
        // A title stands in two fields, and each language finds other words of it: the one that finds the most is shown. Of
        // the fields of texts a document has one.
        let marks = |pieces: &&Vec<String>| pieces.iter().map(|piece| piece.matches(OPEN).count()).sum::<usize>();
        let best = |of: &str| {
            let pieces = self.of(of).max_by_key(marks);
            pieces.into_iter().flatten().map(|piece| render(piece)).collect()
        };
        Highlights { title: best("title"), text: best("text") }
    }

    /// The words that were found, as they stand in the document.
    pub(crate) fn found(&self) -> impl Iterator<Item = &str> {
        self.of("title").chain(self.of("text")).flatten().flat_map(|piece| {
            piece.split(OPEN).skip(1).filter_map(|rest| rest.split_once(CLOSE).map(|(found, _)| found))
        })
    }

    /// The pieces of the field `name` in every language.
    fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Vec<String>> {
        let same =
            move |field: &str| field.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
        self.0.iter().filter(move |(field, _)| same(field)).map(|(_, pieces)| pieces)
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
        let marked = Marked(BTreeMap::from([
            ("title".to_owned(), vec![format!("a {OPEN}b c{CLOSE} d")]),
            ("text_de".to_owned(), vec![format!("{OPEN}e{CLOSE}f")]),
        ]));
        assert_eq!(marked.found().collect::<Vec<_>>(), ["b c", "e"]);
    }

    #[test]
    fn a_title_is_shown_as_the_language_that_finds_most_of_it() {
        let plain = ("title".to_owned(), vec![format!("Die {OPEN}Urlaube{CLOSE} der Kinder")]);
        let own = ("title_de".to_owned(), vec![format!("Die {OPEN}Urlaube{CLOSE} der {OPEN}Kinder{CLOSE}")]);
        let text = ("text_de".to_owned(), vec!["nichts".to_owned()]);
        let shown = Marked(BTreeMap::from([plain, own, text])).render();
        assert_eq!(shown.title, ["Die <mark>Urlaube</mark> der <mark>Kinder</mark>"]);
        assert_eq!(shown.text, ["nichts"]);
        assert!(Marked::default().render().is_empty());
    }
}
