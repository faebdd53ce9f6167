//! A mail, checked: what every provider of mail begins with.

use lettre::Address;
use octavo_domain_notify::{Outgoing, OutgoingContent, SendError};

/// Headers that say who sends what to whom: nobody adds them but the provider.
const OWN_HEADERS: &[&str] = &[
    "bcc",
    "cc",
    "date",
    "from",
    "message-id",
    "mime-version",
    "received",
    "reply-to",
    "return-path",
    "sender",
    "subject",
    "to",
    "dkim-signature",
];
/// Most further headers.
const HEADERS_MAX: usize = 20;
/// Longest value of a header, in bytes: RFC 5322, section 2.1.1, has 998 for a line.
const HEADER_BYTES_MAX: usize = 900;

/// An address with what its owner is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mailbox {
    pub(crate) name: Option<String>,
    pub(crate) address: Address,
}

impl Mailbox {
    /// `address` or `Name <address>`, the name in quotes or not; none, where it is neither, or has more than one line.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return None;
        }
        let Some(rest) = text.strip_suffix('>') else {
            return Some(Self { name: None, address: text.parse().ok()? });
        };
        let (name, address) = rest.rsplit_once('<')?;
        let name = name.trim().trim_matches('"').replace(['"', '\\', '<', '>'], "");
        Some(Self {
            name: Some(name.trim().to_owned()).filter(|name| !name.is_empty()),
            address: address.parse().ok()?,
        })
    }

    /// As APIs take it that want it as in a mail's header: `"Name" <address>`, encoded after RFC 2047 where that is needed.
    pub(crate) fn header(&self) -> String {
        match &self.name {
            None => self.address.to_string(),
            Some(name) if name.is_ascii() => format!("\"{name}\" <{}>", self.address),
            Some(name) => format!("{} <{}>", encoded(name), self.address),
        }
    }
}

/// A mail to one recipient.
#[derive(Debug)]
pub(crate) struct Letter<'a> {
    pub(crate) from: Mailbox,
    pub(crate) to: Mailbox,
    pub(crate) reply_to: Option<Mailbox>,
    /// One line.
    pub(crate) subject: String,
    pub(crate) text: &'a str,
    pub(crate) html: &'a str,
    /// None of them has more than one line, or takes the place of another.
    pub(crate) headers: &'a [(String, String)],
}

impl<'a> Letter<'a> {
    /// Of a message, from `default_from` unless it says from whom. Whatever would add a recipient or a header is refused.
    pub(crate) fn of(message: &'a Outgoing, default_from: &Mailbox) -> Result<Self, SendError> {
        let OutgoingContent::Email { from, reply_to, subject, text, html, headers } = &message.content else {
            return Err(rejected("it is no mail"));
        };
        let address: Address = message.to.0.parse().map_err(|_| SendError::Recipient {
            code: None,
            detail: "it is no mail address".to_owned(),
            suppress: false,
        })?;
        let name = message.name.as_deref().map(|name| one_line(name).replace(['"', '\\', '<', '>'], ""));
        let from = match from {
            Some(from) => Mailbox::parse(from).ok_or_else(|| rejected("the sender is no mail address"))?,
            None => default_from.clone(),
        };
        let reply_to = match reply_to {
            Some(to) => Some(Mailbox::parse(to).ok_or_else(|| rejected("Reply-To is no mail address"))?),
            None => None,
        };
        if headers.len() > HEADERS_MAX || !headers.iter().all(|(name, value)| is_header(name, value)) {
            return Err(rejected("a header is none, or stands for another"));
        }
        let to = Mailbox { name: name.filter(|name| !name.is_empty()), address };
        Ok(Self { from, to, reply_to, subject: one_line(subject), text, html, headers })
    }
}

fn rejected(detail: &str) -> SendError {
    SendError::Rejected { code: None, detail: detail.to_owned() }
}

fn one_line(text: &str) -> String {
    text.split(|char: char| char.is_control() || char.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn is_header(name: &str, value: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let lower = name.to_ascii_lowercase();
    (1..=76).contains(&name.len())
        && name.bytes().all(token)
        && !OWN_HEADERS.contains(&lower.as_str())
        && !lower.starts_with("content-")
        && value.len() <= HEADER_BYTES_MAX
        && value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// RFC 2047's encoded words, each at most 75 characters, none with half a character.
fn encoded(text: &str) -> String {
    use base64::Engine;
    /// Base64 makes 60 characters of them; 12 stand around them.
    const BYTES_MAX: usize = 45;
    let mut words = Vec::new();
    let mut word = String::new();
    for char in text.chars() {
        if word.len() + char.len_utf8() > BYTES_MAX {
            words.push(std::mem::take(&mut word));
        }
        word.push(char);
    }
    words.push(word);
    let encode = |word: &String| format!("=?UTF-8?B?{}?=", base64::engine::general_purpose::STANDARD.encode(word));
    words.iter().map(encode).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<(Option<String>, String)> {
        Mailbox::parse(text).map(|found| (found.name, found.address.to_string()))
    }

    #[test]
    fn mailboxes() {
        let some = |name: &str, address: &str| Some((Some(name.to_owned()), address.to_owned()));
        assert_eq!(parse("ada@acme.example"), Some((None, "ada@acme.example".to_owned())));
        assert_eq!(parse("Acme, Inc. <hello@acme.example>"), some("Acme, Inc.", "hello@acme.example"));
        assert_eq!(parse("\"Acme\" <hello@acme.example>"), some("Acme", "hello@acme.example"));
        assert_eq!(parse("<hello@acme.example>"), Some((None, "hello@acme.example".to_owned())));
        for wrong in
            ["", "ada", "a@b, c@d", "Ada <a@b> <c@d", "a@b\r\nBcc: c@d", "A\nB <a@b.example>", "Ada <a@b", "<>"]
        {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_name_is_encoded_where_it_must_be() {
        let named = |name: &str| Mailbox { name: Some(name.to_owned()), address: "a@b.example".parse().unwrap() };
        assert_eq!(named("Ada L.").header(), "\"Ada L.\" <a@b.example>");
        assert_eq!(named("Jürgen").header(), "=?UTF-8?B?SsO8cmdlbg==?= <a@b.example>");
        let long = named(&"ä".repeat(100)).header();
        assert!(long.split(' ').all(|word| word.len() <= 75) && long.split(' ').count() > 4, "{long}");
    }

    #[test]
    fn headers_that_stand_for_others_are_none() {
        assert!(is_header("List-Unsubscribe", "<https://octavo.example/v1/unsubscribe/abc>"));
        for (name, value) in [
            ("Bcc", "a@b"),
            ("content-type", "text/html"),
            ("X-A", "a\r\nBcc: c@d"),
            ("X-A", "ä"),
            ("X A", "a"),
            ("X-A:", "a"),
            ("", "a"),
            ("X\r\nBcc", "a"),
        ] {
            assert!(!is_header(name, value), "{name:?} {value:?}");
        }
    }
}
