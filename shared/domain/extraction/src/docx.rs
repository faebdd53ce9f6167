//! Word documents: Office Open XML (ECMA-376), part 1, section 17, in its package (part 2).

use crate::writer::{TextWriter, line};
use crate::{ExtractError, Extracted, Limits, charset};
use chrono::{DateTime, Utc};
use octavo_domain_documents::MediaType;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// Text of a document, its headers and footers, notes and tables.
pub(crate) fn extract(bytes: &[u8], limits: &Limits) -> Result<Extracted, ExtractError> {
    let mut package = Package::open(bytes, limits)?;
    let mut names: Vec<String> = package.names.iter().filter(|name| is_text_part(name)).cloned().collect();
    // The body first: what is cut at the limit is the rest.
    names.sort_by_key(|name| (name != "word/document.xml", name.clone()));
    if names.first().is_none_or(|name| name != "word/document.xml") {
        return Err(corrupt("it has no word/document.xml"));
    }
    let mut body = Body::new(limits);
    for name in &names {
        let xml = package.read(name)?;
        body.read(&charset::decode(&xml))?;
        body.writer.end_line();
    }
    let core = match package.names.iter().any(|name| name == "docProps/core.xml") {
        true => Core::read(&charset::decode(&package.read("docProps/core.xml")?), limits)?,
        false => Core::default(),
    };
    let title = core.title.or_else(|| body.title.clone()).or_else(|| body.headings.first().cloned());
    let (text, truncated) = body.writer.finish();
    let (headings, author, created) = (body.headings, core.author, core.created);
    Ok(Extracted { title, text, headings, author, created, truncated, ..Extracted::default() })
}

fn corrupt(detail: impl Into<String>) -> ExtractError {
    ExtractError::corrupt(MediaType::Docx, detail)
}

fn is_text_part(name: &str) -> bool {
    let Some(part) = name.strip_prefix("word/").and_then(|name| name.strip_suffix(".xml")) else { return false };
    matches!(part, "document" | "footnotes" | "endnotes") || part.starts_with("header") || part.starts_with("footer")
}

struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
    room: u64,
    limit: u64,
}

impl<'a> Package<'a> {
    fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, ExtractError> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| corrupt(error.to_string()))?;
        if archive.len() > limits.archive_entries_max {
            return Err(ExtractError::TooLarge { limit: limits.archive_entries_max as u64, unit: "archive entries" });
        }
        let names = archive.file_names().filter_map(|name| name.ok().map(|name| name.into_owned())).collect();
        Ok(Self { archive, names, room: limits.inflated_bytes_max, limit: limits.inflated_bytes_max })
    }

    /// One part, inflated. What the archive says of its size is not believed: bytes are counted as they come.
    fn read(&mut self, name: &str) -> Result<Vec<u8>, ExtractError> {
        let entry = self.archive.by_name(name).map_err(|error| corrupt(format!("{name}: {error}")))?;
        let mut content = Vec::new();
        entry
            .take(self.room.saturating_add(1))
            .read_to_end(&mut content)
            .map_err(|error| corrupt(format!("{name}: {error}")))?;
        let Some(room) = self.room.checked_sub(content.len() as u64) else {
            return Err(ExtractError::TooLarge { limit: self.limit, unit: "inflated bytes" });
        };
        self.room = room;
        Ok(content)
    }
}

struct Body<'a> {
    limits: &'a Limits,
    writer: TextWriter,
    headings: Vec<String>,
    title: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Body,
    Heading,
    Title,
}

impl<'a> Body<'a> {
    fn new(limits: &'a Limits) -> Self {
        Self { limits, writer: TextWriter::new(limits.text_bytes_max), headings: Vec::new(), title: None }
    }

    fn read(&mut self, xml: &str) -> Result<(), ExtractError> {
        let mut reader = Reader::from_str(xml);
        let (mut in_text, mut in_fallback, mut style, mut paragraph) = (false, 0u32, Style::Body, String::new());
        loop {
            let event = reader.read_event().map_err(|error| corrupt(error.to_string()))?;
            match &event {
                Event::Eof => return Ok(()),
                Event::Start(tag) | Event::Empty(tag) => {
                    let opens = matches!(event, Event::Start(_));
                    match tag.local_name().as_ref() {
                        // The same content again, for readers that do not know the newer form of it.
                        "Fallback" if opens => in_fallback += 1,
                        "t" => in_text = opens,
                        "p" => {
                            self.writer.end_line();
                            style = Style::Body;
                            paragraph.clear();
                        }
                        "pStyle" => style = style_of(tag),
                        "tab" => self.writer.end_word(),
                        "br" | "cr" => self.writer.end_line(),
                        _ => {}
                    }
                }
                Event::End(tag) => match tag.local_name().as_ref() {
                    "Fallback" => in_fallback = in_fallback.saturating_sub(1),
                    "t" => in_text = false,
                    "p" => {
                        self.close(style, &paragraph);
                        self.writer.end_line();
                        paragraph.clear();
                    }
                    "tc" => self.writer.end_word(),
                    "tr" => self.writer.end_line(),
                    _ => {}
                },
                Event::Text(text) if in_text && in_fallback == 0 => self.add(style, &mut paragraph, text),
                Event::CData(text) if in_text && in_fallback == 0 => self.add(style, &mut paragraph, text),
                Event::GeneralRef(name) if in_text && in_fallback == 0 => {
                    let mut buffer = [0; 4];
                    self.add(style, &mut paragraph, reference(name, &mut buffer));
                }
                _ => {}
            }
            if self.writer.is_full() {
                return Ok(());
            }
        }
    }

    fn add(&mut self, style: Style, paragraph: &mut String, text: &str) {
        if style != Style::Body && paragraph.len() < 4 * self.limits.title_chars_max {
            paragraph.push_str(text);
        }
        self.writer.push(text);
    }

    fn close(&mut self, style: Style, paragraph: &str) {
        match style {
            Style::Title if self.title.is_none() => self.title = line(paragraph, self.limits.title_chars_max),
            Style::Heading if self.headings.len() < self.limits.headings_max => {
                self.headings.extend(line(paragraph, self.limits.heading_chars_max));
            }
            _ => {}
        }
    }
}

/// Only the references that XML itself defines: a document type declaration is never read, so it can neither name a
/// file nor multiply text.
fn reference<'b>(name: &quick_xml::events::BytesRef<'_>, buffer: &'b mut [u8; 4]) -> &'b str {
    match name.resolve_char_ref() {
        Ok(Some(character)) => character.encode_utf8(buffer),
        _ => match &**name {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "apos" => "'",
            _ => " ",
        },
    }
}

fn style_of(tag: &BytesStart<'_>) -> Style {
    let value = tag.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == "val");
    match value.as_ref().map(|attribute| attribute.value.to_ascii_lowercase()) {
        Some(value) if value == "title" => Style::Title,
        Some(value) if value.starts_with("heading") => Style::Heading,
        _ => Style::Body,
    }
}

/// What the package says of the document (ECMA-376, part 2, section 8).
#[derive(Default)]
struct Core {
    title: Option<String>,
    author: Option<String>,
    created: Option<DateTime<Utc>>,
}

impl Core {
    fn read(xml: &str, limits: &Limits) -> Result<Self, ExtractError> {
        let mut reader = Reader::from_str(xml);
        let (mut core, mut value) = (Self::default(), String::new());
        loop {
            match reader.read_event().map_err(|error| corrupt(format!("docProps/core.xml: {error}")))? {
                Event::Eof => return Ok(core),
                Event::Start(_) => value.clear(),
                Event::Text(text) => value.push_str(&text),
                Event::GeneralRef(name) => value.push_str(reference(&name, &mut [0; 4])),
                Event::End(tag) => match tag.local_name().as_ref() {
                    "title" => core.title = line(&value, limits.title_chars_max),
                    "creator" => core.author = line(&value, limits.title_chars_max),
                    "created" => {
                        core.created = DateTime::parse_from_rfc3339(value.trim()).ok().map(|time| time.to_utc());
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }
}
