//! Sources that a prompt quotes: `[1] text`, `<source id="1">text</source>`, `<document index="1">text</document>`.

/// A stretch of a prompt, and the source that it is from, if it is marked as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) source: Option<String>,
    pub(super) text: String,
}

/// Divides a text by the marks of its sources. A text without marks is one span.
pub(super) fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut rest = text;
    while let Some((before, element, after)) = next_element(rest) {
        bracketed(before, &mut spans);
        spans.push(element);
        rest = after;
    }
    bracketed(rest, &mut spans);
    spans
}

/// What stands before the next `<source>` or `<document>`, the element, and what follows it.
fn next_element(text: &str) -> Option<(&str, Span, &str)> {
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find('<')?;
        let tag = &text[start + 1..];
        let name = ["source", "document"].into_iter().find(|name| {
            tag.strip_prefix(name).is_some_and(|rest| rest.starts_with(|after: char| after.is_whitespace()))
        });
        from = start + 1;
        let Some(name) = name else { continue };
        let Some(head_end) = tag.find('>') else { continue };
        let head = &tag[..head_end];
        let Some(id) = attribute(head, "id").or_else(|| attribute(head, "index")) else { continue };
        let closing = format!("</{name}>");
        let body = &tag[head_end + 1..];
        let (inner, after) = body.split_once(&closing).unwrap_or((body, ""));
        return Some((&text[..start], Span { source: Some(id.to_owned()), text: without_tags(inner) }, after));
    }
}

fn attribute<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = head;
    loop {
        let at = rest.find(name)?;
        let boundary = rest[..at].ends_with(|before: char| before.is_whitespace());
        rest = &rest[at + name.len()..];
        let Some(value) = rest.trim_start().strip_prefix('=').filter(|_| boundary) else { continue };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        return value[1..].split(quote).next();
    }
}

/// Inner elements such as `<title>` or `<document_content>` become line breaks, their text stays.
fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        let is_tag = after.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/');
        match after.split_once('>') {
            Some((_, behind)) if is_tag => {
                plain.push('\n');
                rest = behind;
            }
            _ => {
                plain.push('<');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// Lines that begin with `[n]` open a source, which ends at an empty line or at the next mark.
fn bracketed(text: &str, spans: &mut Vec<Span>) {
    let mut open = Span { source: None, text: String::new() };
    for line in text.lines() {
        let (source, content) = match mark(line.trim_start()) {
            Some((number, content)) => (Some(number.to_owned()), content),
            None if line.trim().is_empty() => (None, ""),
            None => (open.source.clone(), line),
        };
        let marked = source.is_some() && mark(line.trim_start()).is_some();
        if source != open.source || marked {
            close(&mut open, source, spans);
        }
        open.text.push_str(content);
        open.text.push('\n');
    }
    close(&mut open, None, spans);
}

fn mark(line: &str) -> Option<(&str, &str)> {
    let (number, content) = line.strip_prefix('[')?.split_once(']')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| (number, content.trim_start_matches([':', ' '])))
}

fn close(open: &mut Span, source: Option<String>, spans: &mut Vec<Span>) {
    let closed = std::mem::replace(open, Span { source, text: String::new() });
    if !closed.text.trim().is_empty() {
        spans.push(closed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Option<String>, String)> {
        spans(text).into_iter().map(|span| (span.source, span.text.trim().to_owned())).collect()
    }

    #[test]
    fn brackets_open_a_source_and_an_empty_line_ends_it() {
        let text = "Sources:\n[1] Cats sleep.\nA lot.\n[2]: Dogs bark.\n\nWho sleeps?";
        assert_eq!(
            found(text),
            [
                (None, "Sources:".to_owned()),
                (Some("1".to_owned()), "Cats sleep.\nA lot.".to_owned()),
                (Some("2".to_owned()), "Dogs bark.".to_owned()),
                (None, "Who sleeps?".to_owned()),
            ]
        );
    }

    #[test]
    fn elements_open_a_source() {
        let text = "Use <these>.\n<source title=\"a\" id=\"7\">One < two.</source> and <documents><document index='2'><title>T</title>Body.</document></documents>";
        let found = found(text);
        assert_eq!(found[1], (Some("7".to_owned()), "One < two.".to_owned()));
        assert_eq!(found[3], (Some("2".to_owned()), "T\nBody.".to_owned()));
    }

    #[test]
    fn an_element_that_is_not_closed_takes_the_rest() {
        assert_eq!(found("<source id=\"1\">All of it"), [(Some("1".to_owned()), "All of it".to_owned())]);
        assert_eq!(found("a <source id=\"1\""), [(None, "a <source id=\"1\"".to_owned())]);
    }
}
