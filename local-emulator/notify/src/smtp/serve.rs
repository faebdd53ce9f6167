//! One connection: bytes in, replies out, and what faults make of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::command::Command;
use super::reader::{Input, Reader};
use super::reply::Reply;
use super::session::{Login, Next, Session};
use crate::app::{App, Kept};
use crate::faults::{FaultKind, Fired, Stage, When};
use crate::life::{self, Ahead};
use crate::mail;
use crate::record::{Draft, Kind, Origin};

/// How long a client may say nothing (RFC 5321, 4.5.3.2.7).
const IDLE: Duration = Duration::from_secs(5 * 60);

/// Bytes that are read at once.
const READ_BYTES: usize = 16 << 10;

/// Commands that a client may get wrong before it is sent away.
const ERRORS_MAX: u32 = 20;

/// Why the connection is over, if not by its client.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Over {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("closed by a fault")]
    Fault,
}

/// Serves a connection to its end.
pub(crate) async fn serve(
    app: Arc<App>,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: String,
) -> Result<(), Over> {
    let login = {
        let accounts = app.accounts.read();
        let (user, password) = (accounts.smtp_user.clone(), accounts.smtp_password.clone());
        Login { user, password, required: accounts.smtp_login }
    };
    let tls = app.smtp_tls.as_ref().map(|(acceptor, _)| acceptor.clone());
    let session = Session::new(login, tls.is_some());
    let mut talk = Talk { app, stream, session, peer };
    if !talk.greet().await? {
        return Ok(());
    }
    if let (Next::Tls, Some(acceptor)) = (talk.run().await?, tls) {
        let Talk { app, stream, session, peer } = talk;
        let stream = tokio::time::timeout(IDLE, acceptor.accept(stream)).await.map_err(|_| Over::Fault)??;
        Talk { app, stream, session, peer }.run().await?;
    }
    Ok(())
}

/// What was replied, and how it goes on.
struct Told {
    code: u16,
    next: Next,
}

struct Talk<S> {
    app: Arc<App>,
    stream: S,
    session: Session,
    peer: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    /// Whether the client may speak.
    async fn greet(&mut self) -> Result<bool, Over> {
        let fired = self.app.faults.fire("smtp", Some(Stage::Connect), &[]);
        let refused = self.strike(&fired, &[]).await?;
        let is_welcome = refused.is_none();
        self.say(&refused.unwrap_or_else(Session::greeting)).await?;
        Ok(is_welcome)
    }

    /// Talks until the connection is over, or TLS begins: what came with the command for it, in the clear, is not read any
    /// more.
    async fn run(&mut self) -> Result<Next, Over> {
        let (mut reader, mut errors, mut buffer) = (Reader::default(), 0, vec![0; READ_BYTES]);
        loop {
            let Some(input) = reader.next() else {
                let read = match tokio::time::timeout(IDLE, self.stream.read(&mut buffer)).await {
                    Ok(read) => read?,
                    Err(_) => {
                        self.say(&Reply::new(421, "4.4.2 Error: timeout exceeded")).await?;
                        return Ok(Next::Close);
                    }
                };
                if read == 0 {
                    return Ok(Next::Close);
                }
                reader.push(&buffer[..read]);
                continue;
            };
            let told = self.input(input).await?;
            errors += u32::from(told.code >= 500);
            if errors > ERRORS_MAX {
                self.say(&Reply::new(421, "4.7.0 Error: too many errors")).await?;
                return Ok(Next::Close);
            }
            match told.next {
                Next::Command => {}
                Next::Message => reader.expect_message(),
                Next::Tls | Next::Close => return Ok(told.next),
            }
        }
    }

    async fn input(&mut self, input: Input) -> Result<Told, Over> {
        let refused = match input {
            Input::Message(raw) => return self.message(raw).await,
            Input::Line(line) if self.session.is_asking() => {
                let reply = self.session.answer(&line);
                return self.tell(reply, Next::Command).await;
            }
            Input::Line(line) => match Command::parse(&line) {
                Ok(command) => return self.command(command).await,
                Err(reply) => return self.tell(reply, Next::Command).await,
            },
            Input::LineTooLong => return self.tell(Reply::new(500, "5.5.2 Error: line too long"), Next::Command).await,
            Input::MessageTooLarge => Reply::new(552, "5.3.4 Message size exceeds fixed limit"),
            Input::MessageLineTooLong => Reply::new(554, "5.6.0 A line is longer than 998 octets (RFC 5322, 2.1.1)"),
        };
        let draft = self.draft(Vec::new());
        self.keep(draft, Some(&refused), None).await;
        self.tell(refused, Next::Command).await
    }

    async fn command(&mut self, command: Command) -> Result<Told, Over> {
        let (stage, to) = match &command {
            Command::Ehlo(_) | Command::Helo(_) => (Stage::Ehlo, Vec::new()),
            Command::Auth { .. } => (Stage::Auth, Vec::new()),
            Command::Mail { .. } => (Stage::Mail, Vec::new()),
            Command::Rcpt(to) => (Stage::Rcpt, vec![to.clone()]),
            Command::Data => (Stage::Data, self.session.recipients().to_vec()),
            _ => {
                let (reply, next) = self.session.command(command);
                return self.tell(reply, next).await;
            }
        };
        let fired = self.app.faults.fire("smtp", Some(stage), &to);
        if let Some(refused) = self.strike(&fired, &to).await? {
            // A recipient that is refused is a message that was not taken by somebody: worth a record.
            if stage == Stage::Rcpt {
                let mut draft = Draft::new(Kind::Mail);
                draft.to = to;
                self.keep(draft, Some(&refused), fired.id).await;
            }
            let next = if refused.code == 421 { Next::Close } else { Next::Command };
            return self.tell(refused, next).await;
        }
        let (reply, next) = self.session.command(command);
        self.tell(reply, next).await
    }

    /// What a fault does before anything else: waits, closes, never answers; or the reply that takes the place of the own one.
    async fn strike(&mut self, fired: &Fired, to: &[String]) -> Result<Option<Reply>, Over> {
        if fired.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(fired.delay_ms)).await;
        }
        let to = to.first().map_or("", String::as_str);
        match &fired.kind {
            Some(FaultKind::Reject { status, code, message, .. }) => {
                Ok(Some(Reply::induced(*status, code.as_deref(), message.as_deref(), to)))
            }
            Some(FaultKind::RateLimit { .. }) => Ok(Some(Reply::induced(451, None, None, to))),
            // Before or after is one where no message is taken.
            Some(FaultKind::Close { .. }) => Err(Over::Fault),
            Some(FaultKind::Hang { .. }) => self.hang().await,
            _ => Ok(None),
        }
    }

    async fn hang<T>(&self) -> Result<T, Over> {
        self.app.stop.cancelled().await;
        Err(Over::Fault)
    }

    async fn message(&mut self, raw: Vec<u8>) -> Result<Told, Over> {
        let draft = self.draft(raw);
        let to = draft.to.clone();
        let fired = self.app.faults.fire("smtp", Some(Stage::Message), &to);
        let taken = !matches!(
            fired.kind,
            Some(
                FaultKind::Close { when: When::Before }
                    | FaultKind::Hang { when: When::Before }
                    | FaultKind::Reject { .. }
                    | FaultKind::RateLimit { .. }
            )
        );
        if !taken {
            let lost = Reply::new(0, "lost by a fault");
            let refused = match &fired.kind {
                Some(FaultKind::Reject { .. } | FaultKind::RateLimit { .. }) => self.strike(&fired, &to).await?,
                _ => None,
            };
            self.keep(draft, Some(refused.as_ref().unwrap_or(&lost)), fired.id).await;
            return match refused {
                Some(refused) => self.tell(refused, Next::Command).await,
                None => self.strike(&fired, &to).await.and(Err(Over::Fault)),
            };
        }
        // A message that came whole is taken, whether its sender waits for the reply or not.
        if fired.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(fired.delay_ms)).await;
        }
        let Some(id) = self.keep(draft, None, fired.id).await else {
            return self.tell(Reply::new(452, "4.3.1 Insufficient system storage"), Next::Command).await;
        };
        match fired.kind {
            Some(FaultKind::Close { .. }) => Err(Over::Fault),
            Some(FaultKind::Hang { .. }) => self.hang().await,
            _ => self.tell(Reply::new(250, format!("2.0.0 Ok: queued as {id}")), Next::Command).await,
        }
    }

    fn draft(&mut self, raw: Vec<u8>) -> Draft {
        let envelope = self.session.take_envelope();
        let mut draft = Draft::new(Kind::Mail);
        (draft.from, draft.to, draft.user) = (envelope.from, envelope.to, self.session.user.clone());
        mail::read(&mut draft, &raw);
        draft.raw = raw.into();
        draft
    }

    /// Keeps a message; what it is called here, or none if it cannot be kept.
    async fn keep(&self, draft: Draft, refused: Option<&Reply>, fault: Option<u64>) -> Option<String> {
        let number = self.app.next_number();
        let id = self.app.id(number, 0)[..11].to_uppercase();
        let path = self.session.helo.clone().unwrap_or_default();
        let headers = BTreeMap::from([("peer".to_owned(), self.peer.clone())]);
        let what = Kept {
            number,
            provider: "smtp",
            id: id.clone(),
            origin: Origin { method: "SMTP".to_owned(), path, headers, user: None },
            status: refused.map_or(250, |reply| reply.code),
            refused: refused.map(|reply| format!("{} {}", reply.code, reply.lines.join(" "))),
            fault,
        };
        let is_taken = refused.is_none();
        let entry = self.app.keep(draft, what).await.ok()?;
        if is_taken {
            life::begin(&self.app, &entry, Ahead::Arrival);
        }
        Some(id)
    }

    async fn tell(&mut self, reply: Reply, next: Next) -> Result<Told, Over> {
        self.say(&reply).await?;
        Ok(Told { code: reply.code, next })
    }

    async fn say(&mut self, reply: &Reply) -> Result<(), Over> {
        self.stream.write_all(&reply.bytes()).await?;
        self.stream.flush().await?;
        Ok(())
    }
}
