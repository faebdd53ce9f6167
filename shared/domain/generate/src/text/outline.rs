//! An outline, however a model wrote it.

use super::line::{plain_line, unnumbered};
use crate::Section;
use crate::limits::{HEADING_CHARS_MAX, SECTION_INSTRUCTIONS_CHARS_MAX, SECTIONS_MAX, TITLE_CHARS_MAX};
use serde_json::Value;

/// What was read of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedOutline {
    /// The document's title, if it has one.
    pub title: Option<String>,
    /// 1 to [`SECTIONS_MAX`] sections, none written.
    pub sections: Vec<Section>,
}

/// Reads an outline: JSON as the schema asks for (also within other text, and in the forms that models make of it), or
/// headings or a numbered list in Markdown. None where there is nothing of the kind.
pub fn parse_outline(answer: &str) -> Option<ParsedOutline> {
    json(answer).or_else(|| markdown(answer))
}

fn json(answer: &str) -> Option<ParsedOutline> {
    let mut from = 0;
    while let Some(at) = answer[from..].find(['{', '[']) {
        let start = from + at;
        let mut values = serde_json::Deserializer::from_str(&answer[start..]).into_iter::<Value>();
        if let Some(Ok(value)) = values.next() {
            if let Some(outline) = of_value(&value) {
                return Some(outline);
            }
            // Not within a value that was read whole.
            from = start + values.byte_offset().max(1);
        } else {
            from = start + 1;
        }
    }
    None
}

fn of_value(value: &Value) -> Option<ParsedOutline> {
    let (title, items) = match value {
        Value::Array(items) => (None, items),
        Value::Object(object) => {
            let items = ["sections", "outline", "chapters"].iter().find_map(|name| object.get(*name)?.as_array())?;
            (object.get("title").and_then(Value::as_str), items)
        }
        _ => return None,
    };
    let section = |item: &Value| {
        let (heading, brief) = match item {
            Value::String(heading) => (heading.as_str(), ""),
            Value::Object(object) => {
                let text = |names: &[&str]| names.iter().find_map(|name| object.get(*name)?.as_str());
                let heading = text(&["heading", "title", "name"])?;
                (heading, text(&["brief", "instructions", "description", "summary"]).unwrap_or_default())
            }
            _ => return None,
        };
        planned(heading, brief)
    };
    whole(title, items.iter().filter_map(section).collect())
}

fn markdown(answer: &str) -> Option<ParsedOutline> {
    let mut title = None;
    let mut found: Vec<(String, String)> = Vec::new();
    let headed = answer.lines().any(|line| line.starts_with("## "));
    for line in answer.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("# ") {
            title = title.or(Some(text.to_owned()));
        } else if let Some(text) = line.strip_prefix("## ") {
            found.push((text.to_owned(), String::new()));
        } else if headed {
            if let Some((_, brief)) = found.last_mut().filter(|_| !line.is_empty()) {
                brief.push_str(line);
                brief.push('\n');
            }
        } else if let Some((heading, brief)) = listed(line) {
            found.push((heading, brief));
        }
    }
    let sections = found.iter().filter_map(|(heading, brief)| planned(heading, brief)).collect();
    whole(title.as_deref(), sections)
}

/// `1. Heading: brief`, `2) **Heading** - brief`.
fn listed(line: &str) -> Option<(String, String)> {
    let text = unnumbered(line);
    if text.len() == line.len() || !line.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let parts = [": ", " - ", " – ", " — "].iter().find_map(|mark| text.split_once(mark));
    let (heading, brief) = parts.unwrap_or((text, ""));
    Some((heading.to_owned(), brief.to_owned()))
}

fn planned(heading: &str, brief: &str) -> Option<Section> {
    let heading = plain_line(unnumbered(heading.trim_start_matches(['#', ' '])), HEADING_CHARS_MAX);
    let clean: String = brief.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    let brief: String = clean.trim().chars().take(SECTION_INSTRUCTIONS_CHARS_MAX).collect();
    (!heading.is_empty()).then(|| Section::planned(heading, brief))
}

fn whole(title: Option<&str>, mut sections: Vec<Section>) -> Option<ParsedOutline> {
    sections.truncate(SECTIONS_MAX);
    let title = title.map(|title| plain_line(title, TITLE_CHARS_MAX)).filter(|title| !title.is_empty());
    (!sections.is_empty()).then_some(ParsedOutline { title, sections })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Title; headings with their briefs.
    type Read = Option<(Option<String>, Vec<(String, String)>)>;

    fn read(answer: &str) -> Read {
        let outline = parse_outline(answer)?;
        let sections = outline.sections.into_iter().map(|section| (section.heading, section.instructions));
        Some((outline.title, sections.collect()))
    }

    fn expected(title: Option<&str>, sections: &[(&str, &str)]) -> Read {
        let sections = sections.iter().map(|(heading, brief)| ((*heading).to_owned(), (*brief).to_owned()));
        Some((title.map(str::to_owned), sections.collect()))
    }

    #[test]
    fn json_is_read_wherever_it_stands() {
        let json = r#"{"title": "Tea", "sections": [{"heading": "1. Origin", "brief": "Where from"}, {"heading": "Use", "brief": ""}]}"#;
        let wanted = expected(Some("Tea"), &[("Origin", "Where from"), ("Use", "")]);
        assert_eq!(read(json), wanted);
        assert_eq!(read(&format!("Here is {{the}} outline [1]:\n```json\n{json}\n```\nDone.")), wanted);
        assert_eq!(read(r#"["Origin", "Use"]"#), expected(None, &[("Origin", ""), ("Use", "")]));
        let other = r#"{"outline": [{"title": "Origin", "description": "Where from"}]}"#;
        assert_eq!(read(other), expected(None, &[("Origin", "Where from")]));
    }

    #[test]
    fn markdown_is_read_too() {
        let headings = "# Tea\n\n## 1. Origin\n\nWhere from\n\n## Use\n- how\n- when";
        assert_eq!(read(headings), expected(Some("Tea"), &[("Origin", "Where from"), ("Use", "- how\n- when")]));
        let list = "The outline:\n1. **Origin**: Where from\n2) Use - How\n";
        assert_eq!(read(list), expected(None, &[("Origin", "Where from"), ("Use", "How")]));
    }

    #[test]
    fn what_is_no_outline_is_none() {
        for answer in
            ["", "I cannot do that.", "{}", "{\"sections\": []}", "[1, 2]", "{\"sections\": [{\"heading\": \" \"}]"]
        {
            assert_eq!(read(answer), None, "{answer}");
        }
    }

    #[test]
    fn there_are_never_more_than_the_limit() {
        let many: Vec<String> = (0..100).map(|number| format!("Part {number}")).collect();
        let outline = parse_outline(&serde_json::to_string(&many).unwrap()).unwrap();
        assert_eq!(outline.sections.len(), SECTIONS_MAX);
    }

    proptest! {
        #[test]
        fn anything_is_read_without_harm(answer in "(\\PC|\n|\\{|\\[|#|\"sections\":){0,80}") {
            if let Some(outline) = parse_outline(&answer) {
                prop_assert!((1..=SECTIONS_MAX).contains(&outline.sections.len()));
                prop_assert!(outline.sections.iter().all(|section| !section.heading.contains('\n')));
            }
        }
    }
}
