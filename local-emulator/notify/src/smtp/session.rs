//! Commands to replies, in the order that they may come in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::command::Command;
use super::reader::MESSAGE_BYTES_MAX;
use super::reply::Reply;

/// Recipients of one message.
const RECIPIENTS_MAX: usize = 100;

/// What it is called.
pub(super) const NAME: &str = "mail.fake.example";

/// Who may send.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) required: bool,
}

/// How the session goes on after a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Command,
    Message,
    /// TLS begins.
    Tls,
    Close,
}

/// What AUTH waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asks {
    Plain,
    LoginUser,
    LoginPassword { user: String },
}

/// The envelope of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
}

/// One connection's.
#[derive(Debug)]
pub(crate) struct Session {
    login: Login,
    /// Whether it may ask for TLS: it is there, and not spoken yet.
    offers_tls: bool,
    /// As whom it greeted.
    pub(crate) helo: Option<String>,
    /// As whom it logged in.
    pub(crate) user: Option<String>,
    envelope: Option<Envelope>,
    asks: Option<Asks>,
}

impl Session {
    pub(crate) fn new(login: Login, offers_tls: bool) -> Self {
        Self { login, offers_tls, helo: None, user: None, envelope: None, asks: None }
    }

    pub(crate) fn greeting() -> Reply {
        Reply::new(220, format!("{NAME} ESMTP fake"))
    }

    /// Whether the next line is an answer to AUTH rather than a command.
    pub(crate) fn is_asking(&self) -> bool {
        self.asks.is_some()
    }

    pub(crate) fn recipients(&self) -> &[String] {
        self.envelope.as_ref().map(|envelope| envelope.to.as_slice()).unwrap_or_default()
    }

    /// The envelope of the message that came; the next one begins with MAIL.
    pub(crate) fn take_envelope(&mut self) -> Envelope {
        self.envelope.take().unwrap_or_default()
    }

    pub(crate) fn command(&mut self, command: Command) -> (Reply, Next) {
        let order = |says: &str| (Reply::new(503, format!("5.5.1 Error: {says}")), Next::Command);
        let reply = match command {
            Command::Ehlo(name) => {
                self.helo = Some(name);
                self.envelope = None;
                let size = format!("SIZE {MESSAGE_BYTES_MAX}");
                let tells =
                    [NAME, "PIPELINING", &size, "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN"];
                let tls = self.offers_tls.then_some("STARTTLS");
                Reply::lines(250, tells.into_iter().chain(tls).map(str::to_owned).collect())
            }
            Command::Helo(name) => {
                self.helo = Some(name);
                self.envelope = None;
                Reply::new(250, NAME)
            }
            Command::Quit => return (Reply::new(221, "2.0.0 Bye"), Next::Close),
            Command::Noop => Reply::new(250, "2.0.0 Ok"),
            Command::Help => Reply::new(214, "2.0.0 RFC 5321"),
            Command::Vrfy => Reply::new(252, "2.0.0 Cannot verify, but will take the message"),
            Command::Rset => {
                self.envelope = None;
                Reply::new(250, "2.0.0 Ok")
            }
            _ if self.helo.is_none() => return order("send EHLO first"),
            Command::StartTls if !self.offers_tls => Reply::new(502, "5.5.1 Command not implemented"),
            Command::StartTls => {
                // Nothing that was said before is believed after (RFC 3207, 4.2).
                *self = Self::new(self.login.clone(), false);
                return (Reply::new(220, "2.0.0 Ready to start TLS"), Next::Tls);
            }
            Command::Auth { .. } if self.user.is_some() => return order("already authenticated"),
            Command::Auth { .. } if self.envelope.is_some() => return order("AUTH within a mail transaction"),
            Command::Auth { mechanism, initial } => self.begin_auth(&mechanism, initial),
            Command::Mail { .. } if self.login.required && self.user.is_none() => {
                Reply::new(530, "5.7.0 Authentication required")
            }
            Command::Mail { .. } if self.envelope.is_some() => return order("nested MAIL command"),
            Command::Mail { size: Some(size), .. } if size > MESSAGE_BYTES_MAX as u64 => {
                Reply::new(552, "5.3.4 Message size exceeds fixed limit")
            }
            Command::Mail { from, utf8, .. } => {
                if !from.is_ascii() && !utf8 {
                    return (Reply::new(553, "5.6.7 SMTPUTF8 is required"), Next::Command);
                }
                self.envelope = Some(Envelope { from, to: Vec::new() });
                Reply::new(250, "2.1.0 Ok")
            }
            Command::Rcpt(to) => match &mut self.envelope {
                None => return order("need MAIL command"),
                Some(envelope) if envelope.to.len() >= RECIPIENTS_MAX => Reply::new(452, "4.5.3 Too many recipients"),
                Some(envelope) => {
                    envelope.to.push(to);
                    Reply::new(250, "2.1.5 Ok")
                }
            },
            Command::Data => match &self.envelope {
                None => return order("need MAIL command"),
                Some(envelope) if envelope.to.is_empty() => return order("need RCPT command"),
                Some(_) => return (Reply::new(354, "End data with <CR><LF>.<CR><LF>"), Next::Message),
            },
        };
        (reply, Next::Command)
    }

    fn begin_auth(&mut self, mechanism: &str, initial: Option<String>) -> Reply {
        self.asks = Some(match mechanism {
            "PLAIN" => Asks::Plain,
            "LOGIN" => Asks::LoginUser,
            _ => return Reply::new(504, "5.5.4 Unrecognized authentication type"),
        });
        match (initial, mechanism) {
            // "=" stands for an empty answer (RFC 4954, 4).
            (Some(initial), _) => self.answer(if initial == "=" { b"" } else { initial.as_bytes() }),
            (None, "LOGIN") => Reply::new(334, STANDARD.encode("Username:")),
            (None, _) => Reply::new(334, ""),
        }
    }

    /// A line that answers what AUTH asked.
    pub(crate) fn answer(&mut self, line: &[u8]) -> Reply {
        let Some(asks) = self.asks.take() else { return Reply::new(503, "5.5.1 Error: nothing was asked") };
        if line == b"*" {
            return Reply::new(501, "5.7.0 Authentication aborted");
        }
        let decoded = STANDARD.decode(line).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(text) = decoded else { return Reply::new(501, "5.5.2 Cannot decode the answer") };
        let (user, password) = match asks {
            Asks::LoginUser => {
                self.asks = Some(Asks::LoginPassword { user: text });
                return Reply::new(334, STANDARD.encode("Password:"));
            }
            Asks::LoginPassword { user } => (user, text),
            Asks::Plain => {
                // Authorisation identity, user, password.
                let parts: Vec<&str> = text.split('\0').collect();
                let [_, user, password] = parts[..] else {
                    return Reply::new(501, "5.5.2 Cannot decode the answer");
                };
                (user.to_owned(), password.to_owned())
            }
        };
        if user == self.login.user && password == self.login.password {
            self.user = Some(user);
            return Reply::new(235, "2.7.0 Authentication successful");
        }
        Reply::new(535, "5.7.8 Error: authentication failed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(required: bool) -> Session {
        Session::new(Login { user: "u".into(), password: "p".into(), required }, false)
    }

    fn say(session: &mut Session, line: &str) -> u16 {
        if session.is_asking() {
            return session.answer(line.as_bytes()).code;
        }
        match Command::parse(line.as_bytes()) {
            Ok(command) => session.command(command).0.code,
            Err(reply) => reply.code,
        }
    }

    fn talk(session: &mut Session, lines: &[(&str, u16)]) {
        for (line, code) in lines {
            assert_eq!(say(session, line), *code, "{line}");
        }
    }

    #[test]
    fn commands_out_of_order_are_refused() {
        let mut session = session(false);
        talk(
            &mut session,
            &[
                ("MAIL FROM:<a@x.example>", 503),
                ("EHLO x", 250),
                ("RCPT TO:<b@x.example>", 503),
                ("DATA", 503),
                ("MAIL FROM:<a@x.example>", 250),
                ("MAIL FROM:<a@x.example>", 503),
                ("DATA", 503),
                ("AUTH PLAIN", 503),
                ("RCPT TO:<b@x.example>", 250),
                ("RSET", 250),
                ("DATA", 503),
                ("MAIL FROM:<a@x.example>", 250),
                ("RCPT TO:<b@x.example>", 250),
                ("EHLO x", 250),
                ("DATA", 503),
            ],
        );
    }

    #[test]
    fn limits_are_told() {
        let mut session = session(false);
        talk(
            &mut session,
            &[("EHLO x", 250), ("MAIL FROM:<a@x.example> SIZE=26214401", 552), ("MAIL FROM:<\u{fc}@x.example>", 553)],
        );
        talk(&mut session, &[("MAIL FROM:<\u{fc}@x.example> SMTPUTF8", 250)]);
        (0..100).for_each(|_| talk(&mut session, &[("RCPT TO:<b@x.example>", 250)]));
        talk(&mut session, &[("RCPT TO:<b@x.example>", 452), ("DATA", 354)]);
        assert_eq!(session.take_envelope().to.len(), 100);
    }

    #[test]
    fn what_was_said_before_tls_is_forgotten() {
        let login = Login { user: "u".into(), password: "p".into(), required: false };
        let mut session = Session::new(login, true);
        let lines = session.command(Command::Ehlo("x".into())).0.lines;
        assert_eq!(lines.last().unwrap(), "STARTTLS");
        talk(&mut session, &[("MAIL FROM:<a@x.example>", 250), ("STARTTLS now", 501)]);
        assert_eq!(session.command(Command::StartTls).1, Next::Tls);
        talk(&mut session, &[("RCPT TO:<b@x.example>", 503), ("EHLO x", 250), ("STARTTLS", 502)]);
        assert!(!session.command(Command::Ehlo("x".into())).0.lines.contains(&"STARTTLS".to_owned()));
    }

    #[test]
    fn logins() {
        let plain = STANDARD.encode("\0u\0p");
        let mut one = session(true);
        talk(
            &mut one,
            &[("EHLO x", 250), ("MAIL FROM:<a@x.example>", 530), ("AUTH CRAM-MD5", 504), ("AUTH PLAIN !", 501)],
        );
        talk(&mut one, &[("AUTH PLAIN", 334), ("*", 501), ("AUTH PLAIN", 334), (&plain, 235), ("AUTH PLAIN", 503)]);
        talk(&mut one, &[("MAIL FROM:<a@x.example>", 250)]);
        let mut other = session(true);
        let (user, password) = (STANDARD.encode("u"), STANDARD.encode("q"));
        talk(&mut other, &[("EHLO x", 250), ("AUTH LOGIN", 334), (&user, 334), (&password, 535)]);
        talk(&mut other, &[(&format!("AUTH LOGIN {user}"), 334), (&STANDARD.encode("p"), 235)]);
        assert_eq!(other.user.as_deref(), Some("u"));
    }
}
