//! A mail server that does what a test says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What happens at a command. `.` is the end of the content, `greeting` the connection.
#[derive(Debug, Clone)]
pub(crate) enum Then {
    /// This is answered.
    Say(&'static str),
    /// The connection is closed without an answer.
    Close,
    /// Nothing is answered any more.
    Silence,
    /// The mail is taken, and the connection closed without an answer.
    TakeAndClose,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Behaviour {
    /// What EHLO offers besides its name.
    pub(crate) offers: &'static [&'static str],
    /// At which command something else happens, on which connection (from 0; none: on each).
    pub(crate) faults: Vec<(&'static str, Option<usize>, Then)>,
}

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) connections: Arc<AtomicUsize>,
    /// Mails that were taken, dots undone, with their envelopes.
    pub(crate) mails: mpsc::UnboundedReceiver<(String, String)>,
    /// All commands, as they came.
    pub(crate) commands: mpsc::UnboundedReceiver<String>,
}

impl Server {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mail, mails) = mpsc::unbounded_channel();
        let (command, commands) = mpsc::unbounded_channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let number = count.fetch_add(1, Ordering::SeqCst);
                let (behaviour, mail, command) = (behaviour.clone(), mail.clone(), command.clone());
                tokio::spawn(Session { number, behaviour, mail, command }.run(stream));
            }
        });
        Self { port, connections, mails, commands }
    }

    pub(crate) fn taken(&mut self) -> Vec<(String, String)> {
        std::iter::from_fn(|| self.mails.try_recv().ok()).collect()
    }
}

struct Session {
    number: usize,
    behaviour: Behaviour,
    mail: mpsc::UnboundedSender<(String, String)>,
    command: mpsc::UnboundedSender<String>,
}

impl Session {
    /// What is said at a command; none, if nothing more is said.
    async fn answer(&self, verb: &str, usual: String) -> Option<String> {
        let fault = self.behaviour.faults.iter();
        let mut fault = fault.filter(|(at, on, _)| *at == verb && on.is_none_or(|on| on == self.number));
        match fault.next().map(|(_, _, then)| then) {
            None => Some(usual),
            Some(Then::Say(text)) => Some(format!("{text}\r\n")),
            Some(Then::Close | Then::TakeAndClose) => None,
            Some(Then::Silence) => std::future::pending().await,
        }
    }

    fn takes(&self) -> bool {
        let refuses = |then: &Then| !matches!(then, Then::TakeAndClose);
        !self
            .behaviour
            .faults
            .iter()
            .any(|(at, on, then)| *at == "." && on.is_none_or(|on| on == self.number) && refuses(then))
    }

    async fn run(self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        let greeting = self.answer("greeting", "220 mail.test\r\n".to_owned()).await?;
        stream.write_all(greeting.as_bytes()).await.ok()?;
        let mut envelope = String::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let line = line.trim_end();
            let _ = self.command.send(line.to_owned());
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let usual = match verb.as_str() {
                "EHLO" => {
                    let offers: String = self.behaviour.offers.iter().map(|offer| format!("250-{offer}\r\n")).collect();
                    format!("250-mail.test\r\n{offers}250 HELP\r\n")
                }
                "MAIL" => {
                    envelope = line.to_owned();
                    "250 2.1.0 ok\r\n".to_owned()
                }
                "RCPT" => {
                    envelope = format!("{envelope} {line}");
                    "250 2.1.5 ok\r\n".to_owned()
                }
                "DATA" => "354 go on\r\n".to_owned(),
                "AUTH" if line == "AUTH PLAIN AHVzZXIAcGFzcw==" => "235 2.7.0 ok\r\n".to_owned(),
                "AUTH" => "535 5.7.8 who are you\r\n".to_owned(),
                "QUIT" => "221 2.0.0 bye\r\n".to_owned(),
                _ => "250 2.0.0 ok\r\n".to_owned(),
            };
            let answer = self.answer(&verb, usual).await?;
            stream.write_all(answer.as_bytes()).await.ok()?;
            if answer.starts_with("354") {
                let content = content(&mut stream).await?;
                if self.takes() {
                    let _ = self.mail.send((envelope.clone(), content));
                }
                let answer = self.answer(".", "250 2.0.0 queued as 1\r\n".to_owned()).await?;
                stream.write_all(answer.as_bytes()).await.ok()?;
            }
            if answer.starts_with("221") || answer.starts_with("421") {
                return None;
            }
        }
    }
}

async fn content(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut content = Vec::new();
    loop {
        content.push(stream.read_u8().await.ok()?);
        if content == b".\r\n" || content.ends_with(b"\r\n.\r\n") {
            content.truncate(content.len() - 3);
            let text = String::from_utf8(content).unwrap();
            let lines = text.split("\r\n").map(|line| line.strip_prefix('.').unwrap_or(line));
            return Some(lines.collect::<Vec<_>>().join("\r\n"));
        }
    }
}
