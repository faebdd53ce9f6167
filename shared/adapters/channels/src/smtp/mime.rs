//! A mail as it stands on the wire.

use crate::letter::{Letter, Mailbox};
use chrono::{DateTime, Utc};
use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox as LettreMailbox, MultiPart, SinglePart};
use octavo_domain_notify::{Outgoing, SendError};
use std::time::SystemTime;

/// `<message.attempt@domain>`: the sender's domain, as receivers compare them.
pub(super) fn message_id(message: &Outgoing, letter: &Letter<'_>) -> String {
    format!("<{}.{}@{}>", message.id.simple(), message.attempt, letter.from.address.domain())
}

/// The mail, its lines ended by CRLF, a dot at the beginning of a line doubled, ended by the dot alone.
pub(super) fn content(message: &Outgoing, letter: &Letter<'_>, now: DateTime<Utc>) -> Result<String, SendError> {
    let mailbox = |mailbox: &Mailbox| LettreMailbox::new(mailbox.name.clone(), mailbox.address.clone());
    let mut builder = Message::builder()
        .from(mailbox(&letter.from))
        .to(mailbox(&letter.to))
        .subject(letter.subject.clone())
        .date(SystemTime::from(now))
        .message_id(Some(message_id(message, letter)));
    if let Some(reply_to) = &letter.reply_to {
        builder = builder.reply_to(mailbox(reply_to));
    }
    for (name, value) in letter.headers {
        let header = HeaderName::new_from_ascii(name.clone()).map_err(|_| no_mail("a header is none"))?;
        // Of printable ASCII only, as the letter was checked. Not folded: receivers of RFC 8058 read one line.
        builder = builder.raw_header(HeaderValue::dangerous_new_pre_encoded(header, value.clone(), value.clone()));
    }
    let parts = MultiPart::alternative()
        // No boundary of chance; `=_` is in no text that is quoted-printable or Base64.
        .boundary(format!("=_{}", message.id.simple()))
        .singlepart(SinglePart::plain(letter.text.to_owned()))
        .singlepart(SinglePart::html(letter.html.to_owned()));
    let mail = builder.multipart(parts).map_err(|_| no_mail("no mail can be made of it"))?;
    Ok(dotted(&String::from_utf8_lossy(&mail.formatted())))
}

fn no_mail(detail: &str) -> SendError {
    SendError::Rejected { code: None, detail: detail.to_owned() }
}

/// RFC 5321, section 4.5.2. No line ends otherwise than by CRLF: what one server takes for the end of a mail, another does
/// not.
fn dotted(mail: &str) -> String {
    let mut wire = String::with_capacity(mail.len() + mail.len() / 64 + 8);
    let mut rest = mail;
    while !rest.is_empty() {
        let end = rest.find(['\r', '\n']).unwrap_or(rest.len());
        let (line, behind) = rest.split_at(end);
        if line.starts_with('.') {
            wire.push('.');
        }
        wire.push_str(line);
        wire.push_str("\r\n");
        rest = behind.strip_prefix("\r\n").or_else(|| behind.get(1..)).unwrap_or_default();
    }
    wire.push_str(".\r\n");
    wire
}

#[cfg(test)]
mod tests {
    use super::*;
    use octavo_domain_notify::{Address, OutgoingContent};
    use proptest::prelude::*;

    #[test]
    fn lines_and_dots() {
        for (mail, wanted) in [
            ("", ".\r\n"),
            ("a", "a\r\n.\r\n"),
            (".", "..\r\n.\r\n"),
            ("a\r\n.\r\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"),
            ("a\n.\nb", "a\r\n..\r\nb\r\n.\r\n"),
            ("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n"),
            ("\r\n\r\n", "\r\n\r\n.\r\n"),
            ("..a", "...a\r\n.\r\n"),
        ] {
            assert_eq!(dotted(mail), wanted, "{mail:?}");
        }
    }

    fn mail(subject: String, name: String, text: String) -> Outgoing {
        Outgoing {
            tenant: "acme".parse().unwrap(),
            id: uuid::Uuid::from_u128(7),
            attempt: 1,
            to: Address("ada@acme.example".to_owned()),
            name: Some(name),
            content: OutgoingContent::Email {
                from: None,
                reply_to: None,
                subject,
                html: text.clone(),
                text,
                headers: vec![("X-A".to_owned(), "a".to_owned())],
            },
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_said_becomes_a_header(
            subject in any::<String>(),
            name in "[a-zä\\r\\n\"<>@:\\\\ ]{0,40}",
            text in "[a-zä.\\r\\n:= ]{0,200}",
        ) {
            let from = Mailbox::parse("Octavo <no-reply@octavo.example>").unwrap();
            let mail = mail(subject, name, text);
            let letter = Letter::of(&mail, &from).unwrap();
            let wire = content(&mail, &letter, DateTime::UNIX_EPOCH).unwrap();
            let (head, _) = wire.split_once("\r\n\r\n").unwrap();
            let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
            let names: Vec<&str> = lines.map(|line| line.split(':').next().unwrap()).collect();
            let wanted = ["From", "To", "Subject", "Date", "Message-ID", "X-A", "MIME-Version", "Content-Type"];
            prop_assert_eq!(names, wanted);
            prop_assert!(wire.is_ascii() && wire.ends_with("\r\n.\r\n"));
            prop_assert_eq!(wire.matches("\r\n.\r\n").count(), 1);
        }

        #[test]
        fn a_mail_has_one_end(mail in "[a.\r\nä]{0,60}") {
            let wire = dotted(&mail);
            let mut lines: Vec<&str> = wire.split("\r\n").collect();
            prop_assert_eq!(lines.pop(), Some(""));
            prop_assert_eq!(lines.pop(), Some("."));
            prop_assert!(lines.iter().all(|line| *line != "." && !line.contains(['\r', '\n'])));
            let back: Vec<&str> = lines.iter().map(|line| line.strip_prefix('.').unwrap_or(line)).collect();
            let mut given = mail.replace("\r\n", "\n").replace('\r', "\n");
            if given.ends_with('\n') { given.pop(); } else if given.is_empty() { prop_assert!(back.is_empty()); return Ok(()); }
            prop_assert_eq!(back.join("\n"), given);
        }
    }
}
