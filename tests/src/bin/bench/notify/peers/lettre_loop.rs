//! A loop around lettre.

use super::Letter;
use crate::notify::letters::{MAILS, user};
use crate::notify::sink::Sink;
use futures::future::try_join_all;
use lettre::message::MultiPart;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// Connections: as many as our adapter opens.
const CONNECTIONS: usize = 16;
const WITHIN: Duration = Duration::from_secs(60);

/// Has lettre build and send as many as a load has, over so many connections: mails a second.
pub(in crate::notify) async fn plain(sink: &Sink, letter: &Letter) -> anyhow::Result<f64> {
    let (began, next) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let senders = (0..CONNECTIONS).map(|_| {
        let (address, letter, next) = (sink.address(), letter.clone(), next.clone());
        tokio::spawn(async move {
            let hello = ClientId::Domain("localhost".to_owned());
            let stream = TcpStream::connect(address).await?;
            // As our adapter does: a mail's last part would wait for the server to acknowledge the one before.
            stream.set_nodelay(true)?;
            let mut smtp = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await?;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= MAILS {
                    return anyhow::Ok(());
                }
                let to: Address = format!("{}@acme.example", user(number)).parse()?;
                let message = Message::builder()
                    .from("Octavo <no-reply@octavo.example>".parse()?)
                    .to(lettre::message::Mailbox::new(Some("Ada Lovelace".to_owned()), to))
                    .message_id(Some(format!("<{number}@octavo.example>")))
                    .subject(&letter.subject)
                    .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))?;
                smtp.send(message.envelope(), &message.formatted()).await?;
            }
        })
    });
    for sender in try_join_all(senders).await? {
        sender?;
    }
    let rate = MAILS as f64 / began.elapsed().as_secs_f64();
    sink.wait(MAILS, WITHIN).await?;
    Ok(rate)
}
