//! Lines to commands.

use super::reply::Reply;
use crate::mail;

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Ehlo(String),
    Helo(String),
    /// The sender (empty: none, a report), the announced size, whether it may use UTF-8.
    Mail {
        from: String,
        size: Option<u64>,
        utf8: bool,
    },
    Rcpt(String),
    Data,
    Rset,
    Noop,
    Quit,
    Vrfy,
    Help,
    StartTls,
    /// The mechanism in upper case, and what it begins with, if something.
    Auth {
        mechanism: String,
        initial: Option<String>,
    },
}

impl Command {
    /// Reads a line; or says what is wrong with it.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, Reply> {
        let Ok(line) = std::str::from_utf8(line) else {
            return Err(Reply::new(500, "5.5.2 Error: bad UTF-8 syntax"));
        };
        let line = line.trim_end();
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        let syntax = |says: &str| Err(Reply::new(501, format!("5.5.4 Syntax: {says}")));
        let bare = |command: Self| if rest.is_empty() { Ok(command) } else { syntax(verb) };
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" if rest.is_empty() => syntax("EHLO hostname"),
            "HELO" if rest.is_empty() => syntax("HELO hostname"),
            "EHLO" => Ok(Self::Ehlo(rest.to_owned())),
            "HELO" => Ok(Self::Helo(rest.to_owned())),
            "MAIL" => Self::parse_mail(rest),
            "RCPT" => {
                let Some((path, parameters)) = path(rest, "TO:") else { return syntax("RCPT TO:<address>") };
                if !parameters.is_empty() {
                    return Err(Reply::new(555, "5.5.4 Unsupported option"));
                }
                match mail::address(&path) {
                    Some(address) => Ok(Self::Rcpt(address)),
                    None => Err(Reply::new(501, "5.1.3 Bad recipient address syntax")),
                }
            }
            "DATA" => bare(Self::Data),
            "RSET" => bare(Self::Rset),
            "QUIT" => bare(Self::Quit),
            "NOOP" => Ok(Self::Noop),
            "VRFY" => Ok(Self::Vrfy),
            "HELP" => Ok(Self::Help),
            "AUTH" => {
                let mut words = rest.split_whitespace();
                let Some(mechanism) = words.next() else { return syntax("AUTH mechanism") };
                let initial = words.next().map(str::to_owned);
                Ok(Self::Auth { mechanism: mechanism.to_ascii_uppercase(), initial })
            }
            "STARTTLS" => bare(Self::StartTls),
            "EXPN" | "TURN" | "BDAT" | "ETRN" => Err(Reply::new(502, "5.5.1 Command not implemented")),
            _ => Err(Reply::new(500, "5.5.2 Error: command not recognized")),
        }
    }

    fn parse_mail(rest: &str) -> Result<Self, Reply> {
        let Some((path, parameters)) = path(rest, "FROM:") else {
            return Err(Reply::new(501, "5.5.4 Syntax: MAIL FROM:<address>"));
        };
        let from = match path.as_str() {
            "" => String::new(),
            path => mail::address(path).ok_or_else(|| Reply::new(501, "5.1.7 Bad sender address syntax"))?,
        };
        let (mut size, mut utf8) = (None, false);
        for parameter in parameters.split_whitespace() {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match (name.to_ascii_uppercase().as_str(), value.to_ascii_uppercase().as_str()) {
                ("SIZE", value) => {
                    size = Some(value.parse().map_err(|_| Reply::new(501, "5.5.4 Bad message size syntax"))?);
                }
                ("BODY", "7BIT" | "8BITMIME") | ("AUTH", _) => {}
                ("SMTPUTF8", "") => utf8 = true,
                _ => return Err(Reply::new(555, format!("5.5.4 Unsupported option: {parameter}"))),
            }
        }
        Ok(Self::Mail { from, size, utf8 })
    }
}

/// The path behind `TO:` or `FROM:`, and what follows it.
fn path<'a>(text: &'a str, name: &str) -> Option<(String, &'a str)> {
    let begins = text.get(..name.len())?.eq_ignore_ascii_case(name);
    let rest = text.get(name.len()..).filter(|_| begins)?.trim_start();
    let (path, parameters) = rest.strip_prefix('<')?.split_once('>')?;
    if !parameters.is_empty() && !parameters.starts_with(' ') {
        return None;
    }
    // A route before the address is obsolete and ignored (RFC 5321, 4.1.1.3).
    let path = match path.strip_prefix('@') {
        Some(route) => route.split_once(':')?.1,
        None => path,
    };
    Some((path.to_owned(), parameters.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read() {
        let read = |line: &str| Command::parse(line.as_bytes());
        assert_eq!(read("ehlo [127.0.0.1]"), Ok(Command::Ehlo("[127.0.0.1]".into())));
        let mail = |from: &str, size, utf8| Ok(Command::Mail { from: from.into(), size, utf8 });
        assert_eq!(read("MAIL FROM:<>"), mail("", None, false));
        assert_eq!(read("mail from:<a@x.example> size=12 BODY=8BITMIME SMTPUTF8"), mail("a@x.example", Some(12), true));
        assert_eq!(read("RCPT TO:<@relay.example:b@x.example>"), Ok(Command::Rcpt("b@x.example".into())));
        let auth = Command::Auth { mechanism: "PLAIN".into(), initial: Some("AGEAYg==".into()) };
        assert_eq!(read("AUTH plain AGEAYg=="), Ok(auth));
        for (line, code) in [
            ("MAIL FROM:a@x.example", 501),
            ("MAIL FROM:<a@x.example> RET=FULL", 555),
            ("MAIL FROM:<a b@x.example>", 501),
            ("RCPT TO:<nobody>", 501),
            ("RCPT TO:<b@x.example> NOTIFY=NEVER", 555),
            ("DATA now", 501),
            ("EHLO", 501),
            ("BDAT 12", 502),
            ("HTTP/1.1", 500),
            ("", 500),
        ] {
            assert_eq!(read(line).map_err(|reply| reply.code), Err(code), "{line}");
        }
    }
}
