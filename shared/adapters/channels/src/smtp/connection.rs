//! A connection to a mail server, ready for mails.

use super::server::{Server, Tls};
use super::verdict::{Stage, Trouble};
use super::watched::{Watch, Watched};
use lettre::Address;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a TCP connection may take.
const CONNECT_TIME: Duration = Duration::from_secs(4);

/// What went wrong, and when.
pub(super) type Refused = (Stage, Trouble);

/// A connection on which mails can be sent, one after the other.
pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    /// RFC 2920: commands need not wait for the answers of those before.
    pipelining: bool,
    /// It can only be dropped.
    spoilt: bool,
    /// None where the bytes on the wire are not seen: TLS from the first byte.
    watch: Option<Watch>,
}

impl Connection {
    /// Connects, encrypts, signs in.
    pub(super) async fn open(server: &Server) -> Result<Self, Refused> {
        let greeting = |trouble: Trouble| (Stage::Greeting, trouble);
        let no_tls = || greeting(Trouble::Impossible("TLS cannot be spoken".to_owned()));
        let address = (server.host.as_str(), server.port);
        let (mut smtp, watch) = if server.tls == Tls::Implicit {
            let parameters = server.parameters().ok_or_else(no_tls)?;
            let hello = &server.hello;
            let smtp =
                AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT_TIME), hello, Some(parameters), None).await;
            (smtp.map_err(|error| greeting(error.into()))?, None)
        } else {
            let stream = timeout(CONNECT_TIME, TcpStream::connect(address)).await;
            let stream = stream.map_err(|_| greeting(Trouble::broken("no connection in time")))?;
            let stream = stream.map_err(|error| greeting(Trouble::Broken(error.to_string())))?;
            // A mail's last part would wait for the server to acknowledge the one before.
            let _ = stream.set_nodelay(true);
            let watch = Watch::default();
            let stream = Box::new(Watched::new(stream, watch.clone()));
            let smtp = AsyncSmtpConnection::connect_with_transport(stream, &server.hello).await;
            (smtp.map_err(|error| greeting(error.into()))?, Some(watch))
        };
        let offered = smtp.can_starttls();
        match server.tls {
            Tls::Required if !offered => {
                return Err(greeting(Trouble::Impossible("the server offers no TLS".to_owned())));
            }
            Tls::Required | Tls::Opportunistic if offered => {
                let parameters = server.parameters().ok_or_else(no_tls)?;
                smtp.starttls(parameters, &server.hello).await.map_err(|error| greeting(error.into()))?;
            }
            _ => {}
        }
        if let Some(credentials) = &server.credentials {
            let login = smtp.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await;
            login.map_err(|error| (Stage::Login, error.into()))?;
        }
        // lettre keeps only what it knows of what the server offers.
        let offers = smtp.command(Ehlo::new(server.hello.clone())).await.map_err(|error| greeting(error.into()))?;
        let pipelining = offers.message().any(|line| line.trim().eq_ignore_ascii_case("PIPELINING"));
        Ok(Self { smtp, pipelining, spoilt: false, watch })
    }

    /// MAIL, RCPT and DATA: the server waits for the content then.
    pub(super) async fn envelope(&mut self, from: &Address, to: &Address) -> Result<(), Refused> {
        let ascii = AsRef::<str>::as_ref(from).is_ascii() && AsRef::<str>::as_ref(to).is_ascii();
        let utf8 = if ascii { vec![] } else { vec![MailParameter::SmtpUtfEight] };
        if !ascii && !self.smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
            let detail = "the server takes no addresses with letters beyond ASCII".to_owned();
            return Err((Stage::Sender, Trouble::Impossible(detail)));
        }
        let mail = Mail::new(Some(from.clone()), utf8);
        let rcpt = Rcpt::new(to.clone(), vec![]);
        if self.pipelining {
            let sender = done(self.smtp.command(format!("{mail}{rcpt}{Data}")).await);
            // The answers come one for one, whatever they are; but none after one that cannot be read.
            if sender.as_ref().is_err_and(Trouble::ends_connection) {
                return sender.map_err(|trouble| (Stage::Sender, trouble));
            }
            let recipient = done(self.smtp.read_response().await);
            if recipient.as_ref().is_err_and(Trouble::ends_connection) {
                return recipient.map_err(|trouble| (Stage::Recipient, trouble));
            }
            let data = asked_for(self.smtp.read_response().await);
            if data.is_ok() && (sender.is_err() || recipient.is_err()) {
                // It wants content all the same: whatever it gets, be it RSET, might be delivered.
                self.spoilt = true;
            }
            sender.map_err(|trouble| (Stage::Sender, trouble))?;
            recipient.map_err(|trouble| (Stage::Recipient, trouble))?;
            return data.map_err(|trouble| (Stage::Data, trouble));
        }
        done(self.smtp.command(mail).await).map_err(|trouble| (Stage::Sender, trouble))?;
        done(self.smtp.command(rcpt).await).map_err(|trouble| (Stage::Recipient, trouble))?;
        asked_for(self.smtp.command(Data).await).map_err(|trouble| (Stage::Data, trouble))
    }

    /// The content, its dots doubled and ended by a dot; what the server calls it then, as it says it.
    pub(super) async fn content(&mut self, content: &str) -> Result<String, Trouble> {
        let response = self.smtp.command(content).await?;
        if response.code().severity != Severity::PositiveCompletion {
            return Err(Trouble::broken("the server answers the content with a question"));
        }
        Ok(response.first_line().unwrap_or_default().to_owned())
    }

    /// Whether what was written last has certainly not left whole.
    pub(super) fn is_short(&self) -> bool {
        self.watch.as_ref().is_some_and(Watch::is_short)
    }

    /// Makes it ready for the next mail after a refusal; false, if it is of no use any more.
    pub(super) async fn reset(&mut self) -> bool {
        !self.spoilt && done(self.smtp.command(Rset).await).is_ok()
    }

    /// Says goodbye.
    pub(super) async fn close(mut self) {
        self.smtp.abort().await;
    }
}

/// 2xx.
fn done(answer: Result<Response, lettre::transport::smtp::Error>) -> Result<(), Trouble> {
    match answer?.code().severity {
        Severity::PositiveCompletion => Ok(()),
        _ => Err(Trouble::broken("the server asks what nobody said")),
    }
}

/// 354.
fn asked_for(answer: Result<Response, lettre::transport::smtp::Error>) -> Result<(), Trouble> {
    match answer?.code().severity {
        Severity::PositiveIntermediate => Ok(()),
        _ => Err(Trouble::broken("the server does not ask for the content")),
    }
}
