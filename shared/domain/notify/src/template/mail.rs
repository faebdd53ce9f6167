//! The HTML of mails: MJML, compiled once for a template and filled in for each mail.

use super::{TemplateError, scan};
use mrml::prelude::parser::{Error as ParseError, ParserOptions};
use mrml::prelude::render::RenderOptions;
use std::borrow::Cow;
use std::collections::HashMap;

const LAYOUT: &str = include_str!("../../templates/layout.mjml");
/// Where the layout takes the part.
const BODY: &str = "<!-- body -->";
const PART: &str = "html";
/// Tags within tags: an e-mail needs a dozen, and what reads them calls itself for each.
const DEPTH_MAX: usize = 60;
/// What would run, load or fetch something.
const FORBIDDEN: [&str; 11] = [
    "<script",
    "<iframe",
    "<object",
    "<embed",
    "<form",
    "<mj-include",
    "<mj-html",
    "<mj-head",
    "javascript:",
    "<!",
    "<?",
];
/// HTML's elements that have no end.
const VOID: [&str; 8] = ["br", "hr", "img", "input", "meta", "link", "col", "wbr"];
/// Marks the place of a tag of minijinja's while the MJML is compiled: what no compiler touches, in text or in attributes.
const MARK: (&str, char) = ("~octavo:", '~');

/// Compiles the HTML part of a template, with the layout around it, to HTML in which minijinja's tags stand as they were.
pub(super) fn compile(source: &str) -> Result<String, TemplateError> {
    check(source)?;
    let part = wrap(source);
    let before = LAYOUT.split(BODY).next().unwrap_or_default().to_owned();
    let whole = LAYOUT.replacen(BODY, &part, 1);
    let (marked, tags) = mark(&whole)?;
    let parsed = mrml::parse_with_options(&marked, &ParserOptions::default())
        .map_err(|error| refused(&error, &before, &marked, source))?;
    let options = RenderOptions {
        disable_comments: false,
        social_icon_origin: Some(Cow::Borrowed("")),
        // A mail fetches nothing but the tenant's logo.
        fonts: HashMap::new(),
    };
    let html = parsed.element.render(&options).map_err(|error| TemplateError::new(PART, None, error.to_string()))?;
    unmark(&html, &tags)
}

fn check(source: &str) -> Result<(), TemplateError> {
    if let Some(at) = source.find(MARK.0) {
        let line = Some(scan::line_at(source, at));
        return Err(TemplateError::new(PART, line, format!("{} is for the compiler alone", MARK.0)));
    }
    let lower = source.to_ascii_lowercase();
    for forbidden in FORBIDDEN {
        if let Some(at) = lower.find(forbidden) {
            let message = format!("{forbidden} cannot be used in mails");
            return Err(TemplateError::new(PART, Some(scan::line_at(source, at)), message));
        }
    }
    check_nesting(&mark(source)?.0)
}

/// Refuses what is nested deeply, and what is not nested at all: only where every tag is closed in its place is the depth what it seems.
fn check_nesting(source: &str) -> Result<(), TemplateError> {
    let refuse = |at: usize, message: String| Err(TemplateError::new(PART, Some(scan::line_at(source, at)), message));
    let mut open: Vec<&str> = Vec::new();
    let mut from = 0;
    while let Some(at) = source[from..].find('<').map(|found| from + found) {
        let inner = &source[at + 1..];
        let Some(length) = tag_length(inner) else { return refuse(at, "a tag is not closed".to_owned()) };
        let tag = &inner[..length];
        from = at + 1 + length;
        let name =
            |text: &'_ str| text.find(|char: char| !char.is_ascii_alphanumeric() && char != '-').unwrap_or(text.len());
        if let Some(closed) = tag.strip_prefix('/') {
            let closed = &closed[..name(closed)];
            if open.pop() != Some(closed) {
                return refuse(at, format!("</{closed}> closes nothing that is open there"));
            }
            continue;
        }
        let name = &tag[..name(tag)];
        if name.is_empty() {
            return refuse(at, "a < that begins no tag is written &lt;".to_owned());
        }
        if tag.ends_with('/') || VOID.contains(&name) {
            continue;
        }
        open.push(name);
        if open.len() > DEPTH_MAX {
            return refuse(at, "expected tags at most 60 within each other".to_owned());
        }
    }
    match open.last() {
        Some(name) => refuse(source.len(), format!("<{name}> is not closed")),
        None => Ok(()),
    }
}

/// How long a tag is, up to its `>`: one that stands in quotes does not end it.
fn tag_length(inner: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in inner.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if byte == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return Some(at),
            _ => {}
        }
    }
    None
}

/// A part may be whole sections, or what stands in a column, or plain HTML. On the same line, so that lines stay what they are.
fn wrap(source: &str) -> String {
    let section = |inner: &str| {
        format!(
            "<mj-section background-color=\"#ffffff\" padding=\"12px 0\"><mj-column>{inner}</mj-column></mj-section>"
        )
    };
    if source.contains("<mj-section") || source.contains("<mj-wrapper") || source.contains("<mj-hero") {
        source.to_owned()
    } else if source.contains("<mj-") {
        section(source)
    } else {
        section(&format!("<mj-text>{source}</mj-text>"))
    }
}

fn mark(source: &str) -> Result<(String, Vec<String>), TemplateError> {
    let mut marked = String::with_capacity(source.len());
    let mut tags = Vec::new();
    let mut from = 0;
    for range in scan::tags(PART, source)? {
        marked.push_str(&source[from..range.start]);
        marked.push_str(&format!("{}{}{}", MARK.0, tags.len(), MARK.1));
        from = range.end;
        tags.push(source[range].to_owned());
    }
    marked.push_str(&source[from..]);
    Ok((marked, tags))
}

fn unmark(html: &str, tags: &[String]) -> Result<String, TemplateError> {
    let broken = || TemplateError::new(PART, None, "a {{ }} or {% %} stands where MJML takes none");
    let mut pieces = html.split(MARK.0);
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (number, rest) = piece.split_once(MARK.1).ok_or_else(broken)?;
        let tag = number.parse::<usize>().ok().and_then(|number| tags.get(number)).ok_or_else(broken)?;
        whole.push_str(tag);
        whole.push_str(rest);
    }
    Ok(whole)
}

fn refused(error: &ParseError, before: &str, marked: &str, source: &str) -> TemplateError {
    let position = match error {
        ParseError::UnexpectedElement { position, .. }
        | ParseError::UnexpectedToken { position, .. }
        | ParseError::MissingAttribute { position, .. }
        | ParseError::InvalidAttribute { position, .. }
        | ParseError::InvalidFormat { position, .. } => Some(position.start),
        _ => None,
    };
    // Marks hold no line breaks of tags that do; near enough for whoever looks for the place.
    let line = position
        .map(|at| scan::line_at(marked, at).saturating_sub(before.lines().count().max(1) - 1))
        .filter(|line| (1..=source.lines().count().max(1)).contains(line));
    let what = match error {
        ParseError::UnexpectedElement { .. } => "an element that MJML does not take there",
        ParseError::UnexpectedToken { .. } => "something that MJML does not take there",
        ParseError::MissingAttribute { .. } => "an attribute is missing",
        ParseError::InvalidAttribute { .. } => "an attribute that MJML does not take",
        ParseError::InvalidFormat { .. } => "a tag that is not closed or not in its place",
        ParseError::EndOfStream { .. } => "a tag is not closed",
        _ => "it is no MJML",
    };
    TemplateError::new(PART, line, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_minijinja_survive() {
        let source = "<mj-text>{% if a < b and c %}<b>{{ a | datetime }}</b>{% endif %}</mj-text>\
            {% if d == \"x\" %}<mj-button href=\"{{ url | url }}\">Go</mj-button>{% endif %}";
        let html = compile(source).unwrap();
        for tag in [
            "{% if a < b and c %}",
            "{{ a | datetime }}",
            "{% if d == \"x\" %}",
            "href=\"{{ url | url }}\"",
            "{% endif %}",
        ] {
            assert!(html.contains(tag), "{tag}\n{html}");
        }
        assert!(!html.contains(MARK.0) && !html.contains("mj-text"), "{html}");
        assert!(!html.contains("fonts.googleapis"), "a mail fetches nothing");
    }

    #[test]
    fn plain_html_is_a_part_too() {
        let html = compile("<p>Hello&nbsp;{{ name }}<br>there</p>").unwrap();
        assert!(html.contains("<p>Hello&nbsp;{{ name }}<br") && html.contains("</html>"), "{html}");
    }

    #[test]
    fn what_is_wrong_says_where() {
        let error = compile("<mj-text>a</mj-text>\n<mj-text>b").unwrap_err();
        assert_eq!(error.part, "html");
        let error = compile("<p>a</p>\n<script>alert(1)</script>").unwrap_err();
        assert_eq!(error.line, Some(2));
        assert!(compile("<mj-include path=\"/etc/passwd\" />").is_err());
        assert!(
            compile(&"<div>".repeat(20_000)).is_err(),
            "what is deep is refused before anything calls itself for it"
        );
        assert!(compile("a ~octavo:7~").is_err());
    }
}
