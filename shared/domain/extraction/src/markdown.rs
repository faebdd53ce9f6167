//! Markdown (CommonMark with tables, footnotes and front matter).

use crate::writer::{TextWriter, line};
use crate::{ExtractError, Extracted, Limits, charset, html, text};
use octavo_domain_documents::MediaType;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// The text without its marks; code is text too.
pub(crate) fn extract(bytes: &[u8], limits: &Limits) -> Result<Extracted, ExtractError> {
    if text::is_binary(bytes) {
        return Err(ExtractError::corrupt(MediaType::Markdown, "it holds binary data"));
    }
    let source = charset::decode(bytes);
    let mut writer = TextWriter::new(limits.text_bytes_max);
    let (mut headings, mut heading): (Vec<String>, Option<String>) = (Vec::new(), None);
    let (mut front, mut first_h1) = (Front::default(), None);
    let (mut in_front, mut in_code, mut block) = (false, false, String::new());
    for event in Parser::new_ext(&source, options()) {
        if writer.is_full() {
            break;
        }
        match event {
            Event::Start(Tag::MetadataBlock(_)) => in_front = true,
            Event::End(TagEnd::MetadataBlock(_)) => in_front = false,
            Event::Text(text) if in_front => front.read(&text, limits),
            Event::Start(Tag::Heading { .. }) => {
                writer.end_line();
                heading = Some(String::new());
            }
            Event::End(TagEnd::Heading(level)) => {
                writer.end_line();
                let text = heading.take().unwrap_or_default();
                if level == HeadingLevel::H1 && first_h1.is_none() {
                    first_h1 = line(&text, limits.title_chars_max);
                }
                if headings.len() < limits.headings_max {
                    headings.extend(line(&text, limits.heading_chars_max));
                }
            }
            Event::Start(Tag::CodeBlock(_)) => {
                writer.end_line();
                in_code = true;
            }
            Event::End(TagEnd::CodeBlock) => {
                writer.end_line();
                in_code = false;
            }
            Event::Text(text) if in_code => writer.push_lines(&text),
            Event::Text(text) | Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
                writer.push(&text);
            }
            Event::Html(text) => block.push_str(&text),
            Event::End(TagEnd::HtmlBlock) => {
                writer.end_line();
                writer = html::append(writer, &std::mem::take(&mut block), limits);
                writer.end_line();
            }
            Event::InlineHtml(text) if text.starts_with("<br") => writer.end_line(),
            Event::SoftBreak => {
                if let Some(heading) = &mut heading {
                    heading.push(' ');
                }
                writer.end_word();
            }
            Event::HardBreak | Event::Rule => writer.end_line(),
            Event::Start(Tag::Paragraph | Tag::Item | Tag::TableRow | Tag::BlockQuote(_))
            | Event::End(
                TagEnd::Paragraph | TagEnd::Item | TagEnd::TableRow | TagEnd::TableHead | TagEnd::BlockQuote(_),
            ) => writer.end_line(),
            Event::End(TagEnd::TableCell) => writer.end_word(),
            _ => {}
        }
    }
    let (text, truncated) = writer.finish();
    let title = front.title.or(first_h1);
    Ok(Extracted { title, text, headings, author: front.author, truncated, ..Extracted::default() })
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS
}

/// What front matter says of the document. Only plain `name: value` (YAML) and `name = "value"` (TOML) lines are read;
/// anything cleverer is for the site that the document was written for.
#[derive(Default)]
struct Front {
    title: Option<String>,
    author: Option<String>,
}

impl Front {
    fn read(&mut self, block: &str, limits: &Limits) {
        for row in block.lines() {
            let Some((name, value)) = row.split_once([':', '=']) else { continue };
            let slot = match name.trim_end() {
                "title" => &mut self.title,
                "author" => &mut self.author,
                _ => continue,
            };
            let value = value.trim().trim_matches(['"', '\'']);
            *slot = slot.take().or_else(|| line(value, limits.title_chars_max));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str) -> Extracted {
        extract(source.as_bytes(), &Limits::default()).unwrap()
    }

    #[test]
    fn marks_go_and_text_stays() {
        let found = of("# The *plan*\n\nSome **bold** `code` and a [link](https://example.org)\nthat goes on.\n\n\
                        - one\n- two\n\n```rust\nlet a = 1;\n  b();\n```\n\n| a | b |\n|---|---|\n| c | d |\n\n## Next\n");
        assert_eq!(found.title.as_deref(), Some("The plan"));
        assert_eq!(found.headings, ["The plan", "Next"]);
        assert_eq!(
            found.text,
            "The plan\nSome bold code and a link that goes on.\none\ntwo\nlet a = 1;\nb();\na b\nc d\nNext"
        );
    }

    #[test]
    fn front_matter_names_the_document() {
        let found = of("---\ntitle: \"A: B\"\nauthor: Ada\n---\n# Other\n");
        assert_eq!((found.title.as_deref(), found.author.as_deref()), (Some("A: B"), Some("Ada")));
        assert_eq!(found.text, "Other");
        assert_eq!(of("+++\ntitle = 'T'\n+++\nx").title.as_deref(), Some("T"));
    }

    #[test]
    fn html_inside_is_read_as_html() {
        let found = of("<div>\n<p>one &amp; two</p><script>no()</script>\n</div>\n\nthree<br>four <b>five</b>\n");
        assert_eq!(found.text, "one & two\nthree\nfour five");
    }
}
