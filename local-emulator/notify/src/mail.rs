//! A mail, read for people to look at.

use mail_parser::{Address, HeaderName, MessageParser, MimeHeaders};

use crate::record::Draft;

/// Headers that are shown of a mail at most.
const HEADERS_MAX: usize = 200;

/// Puts into the draft what the mail says: subject, texts, headers, attachments. The envelope (who it is from, to whom it
/// goes) stays as it is; without one, the mail's own addresses are taken.
pub(crate) fn read(draft: &mut Draft, raw: &[u8]) {
    // What begins with no header is no mail to the parser, and is shown as text.
    let Some(mail) = MessageParser::default().parse(raw) else {
        draft.text = String::from_utf8_lossy(raw).into_owned();
        return;
    };
    draft.subject = mail.subject().unwrap_or_default().to_owned();
    draft.headers =
        mail.headers_raw().take(HEADERS_MAX).map(|(name, value)| (name.to_owned(), unfold(value))).collect();
    // `body_text` makes a text of HTML where there is none: what was not sent is not shown.
    let has_text = mail.text_bodies().any(|part| !part.is_text_html());
    let has_html = mail.html_bodies().any(mail_parser::MessagePart::is_text_html);
    draft.text = mail.body_text(0).filter(|_| has_text).unwrap_or_default().into_owned();
    draft.html = mail.body_html(0).filter(|_| has_html).unwrap_or_default().into_owned();
    draft.attachments = mail.attachments().map(|part| part.attachment_name().unwrap_or("unnamed").to_owned()).collect();
    if let Some(id) = mail.message_id() {
        draft.tags.insert("message_id".to_owned(), id.to_owned());
    }
    if draft.from.is_empty() {
        draft.from = mail.from().and_then(|from| addresses(from).next()).unwrap_or_default();
    }
    if draft.to.is_empty() {
        let to = [HeaderName::To, HeaderName::Cc, HeaderName::Bcc];
        let to = to.into_iter().filter_map(|name| mail.header(name)).filter_map(|value| value.as_address());
        draft.to = to.flat_map(addresses).collect();
    }
}

fn addresses<'a>(address: &'a Address<'_>) -> impl Iterator<Item = String> + 'a {
    address.iter().filter_map(|address| address.address()).map(str::to_owned)
}

/// A header's value on one line.
fn unfold(value: &str) -> String {
    value.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `ada@x.example` of `"Ada" <ada@x.example>`; none if it is no address.
pub(crate) fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let address = match (text.rfind('<'), text.strip_suffix('>')) {
        (Some(from), Some(_)) => &text[from + 1..text.len() - 1],
        (None, None) => text,
        _ => return None,
    };
    let (local, domain) = address.rsplit_once('@')?;
    let labels = domain.split('.').all(|label| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-') && !label.starts_with('-')
    });
    let fits = !local.is_empty() && local.len() <= 64 && address.len() <= 320;
    let plain = !local.chars().any(|c| c.is_control() || c.is_whitespace() || "<>(),;:\"[]".contains(c));
    (fits && plain && labels).then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Kind;

    #[test]
    fn a_mail_is_read_whole() {
        let raw = b"From: \"Octo\" <o@x.example>\r\nTo: Ada <ada@x.example>,\r\n bob@x.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\
            Message-ID: <1@x.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\
            Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain; charset=utf-8\r\n\
            Content-Transfer-Encoding: base64\r\n\r\nSGFsbG8h\r\n--a\r\nContent-Type: text/html\r\n\r\n<p>Hallo!</p>\r\n--a--\r\n--m\r\n\
            Content-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n1,2\r\n--m--\r\n";
        let mut draft = Draft::new(Kind::Mail);
        read(&mut draft, raw);
        assert_eq!((&*draft.subject, &*draft.text, &*draft.html), ("Gr\u{fc}\u{df}e", "Hallo!", "<p>Hallo!</p>"));
        assert_eq!(
            (&*draft.from, draft.to),
            ("o@x.example", vec!["ada@x.example".to_owned(), "bob@x.example".to_owned()])
        );
        assert_eq!(draft.attachments, ["a.csv"]);
        assert_eq!(draft.tags["message_id"], "1@x.example");
        assert!(draft.headers.contains(&("To".to_owned(), "Ada <ada@x.example>, bob@x.example".to_owned())));
    }

    #[test]
    fn no_text_is_made_of_html() {
        let mut draft = Draft::new(Kind::Mail);
        read(&mut draft, b"Subject: x\r\nContent-Type: text/html\r\n\r\n<p>Only.</p>\r\n");
        assert_eq!((&*draft.text, draft.html.trim()), ("", "<p>Only.</p>"));
    }

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for (text, expected) in [
            ("ada@x.example", Some("ada@x.example")),
            ("Ada Lovelace <ada@x.example>", Some("ada@x.example")),
            ("\"Ada, Lady\" <ada+1@x.example>", Some("ada+1@x.example")),
            ("ada", None),
            ("ada@", None),
            ("@x.example", None),
            ("ada@x..example", None),
            ("a b@x.example", None),
            ("Ada <ada@x.example", None),
        ] {
            assert_eq!(address(text).as_deref(), expected, "{text}");
        }
    }
}
