//! HTML, by the tokenizer of the WHATWG specification. No tree is built: text needs none, and a page of a megabyte takes
//! milliseconds.

use crate::writer::{TextWriter, line};
use crate::{Extracted, Limits, charset};
use chrono::{DateTime, Utc};
use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

/// Bytes of a title or heading that are collected before they are cut to their limit.
const LINE_BYTES_MAX: usize = 8 * 1024;

/// The text of a page: what a person would read, without navigation and code of the page itself.
pub(crate) fn extract(bytes: &[u8], limits: &Limits) -> Extracted {
    let page = charset::decode_html(bytes);
    let mut walk = Walk::new(limits, true);
    walk.run(&page);
    if walk.skipping.is_some() {
        // Something that is left out was never closed: rather too much text than none.
        walk = Walk::new(limits, false);
        walk.run(&page);
    }
    walk.finish()
}

/// Adds the text of an HTML fragment, such as stands in Markdown.
pub(crate) fn append(writer: TextWriter, fragment: &str, limits: &Limits) -> TextWriter {
    let mut walk = Walk::new(limits, true);
    walk.writer = writer;
    walk.run(fragment);
    walk.writer
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Not read at all, down to its end tag.
    Skipped,
    /// Stands on lines of its own.
    Block,
    /// A word of its own: a cell.
    Cell,
    /// Keeps its line ends.
    Preformatted,
    Heading,
    Title,
    LineBreak,
    Meta,
    Html,
    Image,
    Inline,
}

fn kind(name: &[u8]) -> Kind {
    match name {
        b"script" | b"style" | b"nav" | b"template" | b"noscript" | b"svg" | b"button" | b"select" | b"iframe"
        | b"object" | b"canvas" | b"math" | b"datalist" | b"audio" | b"video" => Kind::Skipped,
        b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => Kind::Heading,
        b"title" => Kind::Title,
        b"pre" | b"textarea" | b"listing" | b"xmp" => Kind::Preformatted,
        b"br" | b"hr" => Kind::LineBreak,
        b"td" | b"th" => Kind::Cell,
        b"meta" => Kind::Meta,
        b"html" => Kind::Html,
        b"img" => Kind::Image,
        b"p" | b"div" | b"section" | b"article" | b"aside" | b"header" | b"footer" | b"main" | b"ul" | b"ol"
        | b"li" | b"dl" | b"dt" | b"dd" | b"table" | b"tr" | b"thead" | b"tbody" | b"tfoot" | b"caption"
        | b"blockquote" | b"figure" | b"figcaption" | b"details" | b"summary" | b"form" | b"fieldset" | b"legend"
        | b"address" | b"body" | b"head" | b"option" | b"center" | b"hgroup" | b"search" | b"dialog" | b"menu" => {
            Kind::Block
        }
        _ => Kind::Inline,
    }
}

#[derive(Default)]
struct Attributes {
    name: Vec<u8>,
    content: Option<String>,
    meta_name: Option<String>,
    alt: Option<String>,
    lang: Option<String>,
}

struct Walk<'a> {
    limits: &'a Limits,
    writer: TextWriter,
    skip: bool,
    /// The element that is being left out, and how many of its name are open.
    skipping: Option<(Vec<u8>, u32)>,
    open: Kind,
    open_name: Vec<u8>,
    attributes: Attributes,
    preformatted: u32,
    title: Option<String>,
    in_title: bool,
    heading: Option<(Vec<u8>, String)>,
    first_h1: Option<String>,
    headings: Vec<String>,
    author: Option<String>,
    created: Option<DateTime<Utc>>,
    language: Option<String>,
}

impl<'a> Walk<'a> {
    fn new(limits: &'a Limits, skip: bool) -> Self {
        Self {
            limits,
            writer: TextWriter::new(limits.text_bytes_max),
            skip,
            skipping: None,
            open: Kind::Inline,
            open_name: Vec::new(),
            attributes: Attributes::default(),
            preformatted: 0,
            title: None,
            in_title: false,
            heading: None,
            first_h1: None,
            headings: Vec::new(),
            author: None,
            created: None,
            language: None,
        }
    }

    fn run(&mut self, page: &str) {
        let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| -> Option<()> {
            self.event(&event);
            // An item ends the loop below: there is no room for more.
            self.writer.is_full().then_some(())
        });
        // There is no tree builder that would tell the tokenizer of scripts and styles.
        emitter.naively_switch_states(true);
        let _ = Tokenizer::new_with_emitter(page, emitter).next();
    }

    fn event(&mut self, event: &CallbackEvent<'_>) {
        match *event {
            CallbackEvent::OpenStartTag { name } => {
                self.open = kind(name);
                self.open_name.clear();
                self.open_name.extend_from_slice(name);
                self.attributes = Attributes::default();
            }
            CallbackEvent::AttributeName { name } => {
                self.attributes.name.clear();
                self.attributes.name.extend_from_slice(name);
            }
            CallbackEvent::AttributeValue { value } => self.attribute(value),
            CallbackEvent::CloseStartTag { self_closing } => self.start(self_closing),
            CallbackEvent::EndTag { name } => self.end(name),
            CallbackEvent::String { value } => self.text(&String::from_utf8_lossy(value)),
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
    }

    fn attribute(&mut self, value: &[u8]) {
        let slot = match (self.open, self.attributes.name.as_slice()) {
            (Kind::Meta, b"content") => &mut self.attributes.content,
            (Kind::Meta, b"name" | b"property") => &mut self.attributes.meta_name,
            (Kind::Image, b"alt") => &mut self.attributes.alt,
            (Kind::Html, b"lang") => &mut self.attributes.lang,
            _ => return,
        };
        *slot = Some(String::from_utf8_lossy(value).into_owned());
    }

    fn start(&mut self, self_closing: bool) {
        if let Some((name, depth)) = &mut self.skipping {
            *depth += u32::from(*name == self.open_name && !self_closing);
            return;
        }
        match self.open {
            // An empty svg or math element may be self-closing; the others may not (HTML, section 13.1.2).
            Kind::Skipped if self_closing && matches!(self.open_name.as_slice(), b"svg" | b"math") => {}
            Kind::Skipped if self.skip || matches!(self.open_name.as_slice(), b"script" | b"style") => {
                self.skipping = Some((self.open_name.clone(), 1));
                self.writer.end_word();
            }
            Kind::Skipped | Kind::Block | Kind::LineBreak => self.writer.end_line(),
            Kind::Cell => self.writer.end_word(),
            Kind::Preformatted => {
                self.writer.end_line();
                self.preformatted += 1;
            }
            Kind::Heading => {
                self.writer.end_line();
                self.close_heading();
                self.heading = Some((self.open_name.clone(), String::new()));
            }
            Kind::Title => self.in_title = self.title.is_none(),
            Kind::Meta => self.meta(),
            Kind::Html => self.language = self.attributes.lang.take().and_then(|lang| line(&lang, 35)),
            Kind::Image => {
                if let Some(alt) = self.attributes.alt.take() {
                    self.writer.end_word();
                    self.text(&alt);
                    self.writer.end_word();
                }
            }
            Kind::Inline => {}
        }
    }

    fn meta(&mut self) {
        let (Some(name), Some(content)) = (self.attributes.meta_name.take(), self.attributes.content.take()) else {
            return;
        };
        match name.to_ascii_lowercase().as_str() {
            "author" => self.author = line(&content, self.limits.title_chars_max),
            "date" | "dcterms.created" | "article:published_time" => {
                self.created = DateTime::parse_from_rfc3339(content.trim()).ok().map(|time| time.to_utc());
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8]) {
        if let Some((skipped, depth)) = &mut self.skipping {
            if skipped == name {
                *depth -= 1;
                if *depth == 0 {
                    self.skipping = None;
                }
            }
            return;
        }
        match kind(name) {
            Kind::Block | Kind::LineBreak | Kind::Skipped => self.writer.end_line(),
            Kind::Cell => self.writer.end_word(),
            Kind::Preformatted => {
                self.preformatted = self.preformatted.saturating_sub(1);
                self.writer.end_line();
            }
            Kind::Heading => {
                self.close_heading();
                self.writer.end_line();
            }
            Kind::Title => self.in_title = false,
            Kind::Meta | Kind::Html | Kind::Image | Kind::Inline => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.skipping.is_some() {
            return;
        }
        if self.in_title {
            let title = self.title.get_or_insert_default();
            push_bounded(title, text);
            return;
        }
        if let Some((_, heading)) = &mut self.heading {
            push_bounded(heading, text);
        }
        if self.preformatted > 0 { self.writer.push_lines(text) } else { self.writer.push(text) }
    }

    fn close_heading(&mut self) {
        let Some((name, text)) = self.heading.take() else { return };
        // The sign of a link to the section itself is not a part of its heading.
        let text = text.trim().trim_start_matches(['§', '¶']).trim_end_matches(['§', '¶', '#']);
        if self.first_h1.is_none() && name == b"h1" {
            self.first_h1 = line(text, self.limits.title_chars_max);
        }
        if self.headings.len() < self.limits.headings_max {
            self.headings.extend(line(text, self.limits.heading_chars_max));
        }
    }

    fn finish(mut self) -> Extracted {
        self.close_heading();
        let title = self.title.as_deref().and_then(|title| line(title, self.limits.title_chars_max));
        let (text, truncated) = self.writer.finish();
        Extracted {
            title: title.or(self.first_h1),
            text,
            headings: self.headings,
            language: self.language,
            author: self.author,
            created: self.created,
            truncated,
            note: None,
        }
    }
}

fn push_bounded(target: &mut String, text: &str) {
    let room = LINE_BYTES_MAX.saturating_sub(target.len());
    target.push_str(&text[..text.floor_char_boundary(room)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(page: &str) -> Extracted {
        extract(page.as_bytes(), &Limits::default())
    }

    #[test]
    fn what_a_person_reads() {
        let found = of(r#"<!DOCTYPE html><html lang="en"><head><title>Vec in std &amp; more</title>
            <meta name="author" content="Ada L."><meta property="article:published_time" content="2024-05-01T10:00:00Z">
            <style>p { color: red }</style><script>let x = "<p>no</p>";</script></head>
            <body><nav><ul><li>Menu</li></ul></nav><h1>Struct <b>Vec</b> <a href="x">§</a></h1>
            <p>A contiguous<br>growable&nbsp;array &mdash; with <i>em</i>phasis &lt;T&gt; &#x41;&zzz;</p>
            <table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>
            <pre><code>let v = 1;
  v + 1</code></pre><noscript>Turn it on</noscript><template><p>never</p></template><img alt="A diagram"></body></html>"#);
        assert_eq!(found.title.as_deref(), Some("Vec in std & more"));
        assert_eq!(found.author.as_deref(), Some("Ada L."));
        assert_eq!(found.language.as_deref(), Some("en"));
        assert_eq!(found.created.unwrap().to_rfc3339(), "2024-05-01T10:00:00+00:00");
        assert_eq!(found.headings, ["Struct Vec"]);
        assert_eq!(
            found.text,
            "Struct Vec §\nA contiguous\ngrowable array — with emphasis <T> A&zzz;\na b\nc\nlet v = 1;\nv + 1\n\
             A diagram"
        );
    }

    #[test]
    fn the_first_h1_is_the_title_where_there_is_no_other() {
        assert_eq!(of("<p>x<h2>Two</h2><h1>One</h1>").title.as_deref(), Some("One"));
        assert_eq!(of("<p>x</p>").title, None);
    }

    #[test]
    fn nothing_is_lost_to_a_tag_that_is_never_closed() {
        assert_eq!(of("<p>a</p><nav>b<p>c</p>").text, "a\nb\nc");
        assert_eq!(of("<p>a</p><script>b<p>c</p>").text, "a");
        assert_eq!(of("<svg/><p>a</p>").text, "a");
        assert_eq!(of("a < b && c > d").text, "a < b && c > d");
    }

    #[test]
    fn the_declared_encoding_is_used() {
        let found = extract(b"<meta charset=iso-8859-1><p>caf\xe9</p>", &Limits::default());
        assert_eq!(found.text, "café");
    }

    #[test]
    fn a_large_page_stops_at_the_limit() {
        let page = "<div><p>word</p>".repeat(100_000);
        let found = extract(page.as_bytes(), &Limits { text_bytes_max: 1000, ..Limits::default() });
        assert!(found.truncated && found.text.len() <= 1000);
    }
}
