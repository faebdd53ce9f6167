//! Outlines of documents, and single sections of them, in Markdown.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::extract::{self, Sentence};
use super::words::capitalised;

/// Sections of an outline, if the request does not say how many.
const SECTIONS: usize = 4;

/// The most sections that are written.
const SECTIONS_MAX: usize = 20;

/// Sentences of a section.
const SECTION_SENTENCES: usize = 6;

/// Headings where the text offers none.
const PLAIN_HEADINGS: &[&str] = &["Overview", "Background", "Details", "Findings", "Risks", "Next steps", "Conclusion"];

/// How many sections a request asks for: `an outline of 5 sections`, `3 to 6 sections` (the lower one).
pub(super) fn sections_asked(lower: &str) -> usize {
    let words: Vec<&str> = lower.split_whitespace().collect();
    let at = words
        .iter()
        .position(|word| word.starts_with("section") || word.starts_with("heading") || word.starts_with("chapter"));
    let before = at.map(|at| &words[at.saturating_sub(4)..at]).unwrap_or_default();
    let asked = before.iter().find_map(|word| {
        let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    });
    asked.filter(|asked| *asked > 0).unwrap_or(SECTIONS).min(SECTIONS_MAX)
}

/// What the sentences are about: the words that most of them share, commonest first, then plain headings.
pub(super) fn headings(sentences: &[Sentence], count: usize) -> Vec<String> {
    let mut seen: HashMap<&str, (usize, usize)> = HashMap::new();
    for (at, sentence) in sentences.iter().enumerate() {
        for word in sentence.words().iter().collect::<HashSet<_>>() {
            let entry = seen.entry(word.as_str()).or_insert((0, at));
            entry.0 += 1;
        }
    }
    let is_word = |word: &str| word.len() > 3 && word.chars().all(char::is_alphabetic);
    let mut ranked: Vec<(&str, (usize, usize))> =
        seen.into_iter().filter(|(word, (n, _))| *n > 1 && is_word(word)).collect();
    ranked.sort_by(|left, right| right.1.0.cmp(&left.1.0).then(left.1.1.cmp(&right.1.1)).then(left.0.cmp(right.0)));
    let mut found: Vec<String> = ranked.into_iter().map(|(word, _)| capitalised(word)).take(count).collect();
    for heading in PLAIN_HEADINGS {
        if found.len() < count && !found.iter().any(|known| known == heading) {
            found.push((*heading).to_owned());
        }
    }
    while found.len() < count {
        found.push(format!("Part {}", found.len() + 1));
    }
    found
}

/// What the document is about: a quoted title of the request, or its commonest word.
pub(super) fn title(request: &str, sentences: &[Sentence]) -> String {
    let after = ["title:", "titled", "about", "topic:", "on the subject of"].into_iter().find_map(|mark| {
        let at = request.to_lowercase().find(mark)? + mark.len();
        request.get(at..)?.lines().next().map(str::trim)
    });
    let named = after.map(|text| {
        let end = text.find(['.', ';', '?', '\n']).unwrap_or(text.len());
        text[..end].trim_matches(|edge: char| !edge.is_alphanumeric()).chars().take(80).collect::<String>()
    });
    named
        .filter(|named| !named.is_empty())
        .map_or_else(|| headings(sentences, 1).swap_remove(0), |named| capitalised(&named))
}

/// The outline as JSON: `{"title", "sections": [{"heading", "brief"}]}`.
pub(super) fn json(request: &str, sentences: &[Sentence]) -> Value {
    let headings = headings(sentences, sections_asked(&request.to_lowercase()));
    let sections: Vec<Value> =
        headings.iter().map(|heading| json!({"heading": heading, "brief": brief(heading, sentences)})).collect();
    json!({"title": title(request, sentences), "sections": sections})
}

/// The outline in Markdown, a numbered heading a section.
pub(super) fn markdown(request: &str, sentences: &[Sentence]) -> String {
    let headings = headings(sentences, sections_asked(&request.to_lowercase()));
    let mut text = format!("# {}\n", title(request, sentences));
    for (number, heading) in headings.iter().enumerate() {
        text.push_str(&format!("\n## {}. {heading}\n\n{}\n", number + 1, brief(heading, sentences)));
    }
    text
}

fn brief(heading: &str, sentences: &[Sentence]) -> String {
    let best = extract::best(sentences, heading, 1);
    best.first()
        .map_or_else(|| format!("What there is to say on {}.", heading.to_lowercase()), |best| best.text.clone())
}

/// The heading of the section that a request asks to write, if it asks for one.
pub(super) fn section_asked(request: &str) -> Option<String> {
    let lower = request.to_lowercase();
    let asks = ["write", "draft", "section:", "heading:"].iter().any(|word| lower.contains(word));
    if !asks || lower.len() != request.len() {
        return None;
    }
    let after = [
        "section titled",
        "section headed",
        "section called",
        "section heading:",
        "section:",
        "heading:",
        "the section",
        "section on",
        "section about",
    ];
    let at = after.iter().find_map(|mark| lower.find(mark).map(|at| at + mark.len()))?;
    let line = request[at..].trim_start_matches([' ', ':', '#']).lines().next()?.trim();
    let quoted = ['"', '“', '\'', '*', '`'].into_iter().find_map(|mark| {
        let inner = line.strip_prefix(mark)?;
        inner.split([mark, '”']).next()
    });
    let heading = quoted.unwrap_or_else(|| line.split(['.', ',', ';', '(']).next().unwrap_or(line)).trim();
    (!heading.is_empty() && heading.len() <= 200).then(|| heading.trim_matches(['#', '*', ' ']).to_owned())
}

/// A section in Markdown: its heading, unless it shall be left out, and paragraphs of two sentences.
pub(super) fn section(heading: &str, request: &str, sentences: &[Sentence]) -> String {
    let lower = request.to_lowercase();
    let bare = [
        "without the heading",
        "without heading",
        "without a heading",
        "no heading",
        "not repeat the heading",
        "not include the heading",
    ];
    let mut text = String::new();
    if !bare.iter().any(|phrase| lower.contains(phrase)) {
        text.push_str(&format!("## {heading}\n\n"));
    }
    let best = extract::best(sentences, &format!("{heading} {request}"), SECTION_SENTENCES);
    if best.is_empty() {
        text.push_str(&format!("There are no sources on {heading}."));
        return text;
    }
    let paragraphs: Vec<String> = best.chunks(2).map(extract::paragraph).collect();
    text.push_str(&paragraphs.join("\n\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_recognised_by_its_heading() {
        assert_eq!(section_asked("Write the section \"Revenue in 2026\" now.").as_deref(), Some("Revenue in 2026"));
        assert_eq!(section_asked("Draft this.\nSection heading: Costs\nUse sources.").as_deref(), Some("Costs"));
        assert_eq!(section_asked("What is a section?"), None);
    }

    #[test]
    fn the_number_of_sections_is_read() {
        assert_eq!(sections_asked("an outline of 5 sections"), 5);
        assert_eq!(sections_asked("3 to 6 sections please"), 3);
        assert_eq!(sections_asked("an outline"), SECTIONS);
        assert_eq!(sections_asked("900 sections"), SECTIONS_MAX);
    }
}
