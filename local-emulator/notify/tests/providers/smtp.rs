//! The mail server over sockets: a stock client, pipelining, faults at each command, the limit of connections.

use std::time::Duration;

use lettre::message::MultiPart;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use local_emulator_notify::{Accounts, Options};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::ask::{Asker, WITHIN};

type Transport = AsyncSmtpTransport<Tokio1Executor>;

fn transport(asker: &Asker, login: Option<(&str, Mechanism)>) -> Transport {
    let address = asker.server.smtp_address();
    let builder = Transport::builder_dangerous(address.ip().to_string()).port(address.port()).timeout(Some(WITHIN));
    match login {
        Some((password, mechanism)) => {
            let user = asker.server.accounts().smtp_user;
            builder.credentials(Credentials::new(user, password.to_owned())).authentication(vec![mechanism]).build()
        }
        None => builder.build(),
    }
}

fn mail(to: &str) -> Message {
    let bodies =
        MultiPart::alternative_plain_html("Gr\u{fc}\u{df}e\n.\n..end".to_owned(), "<p>Gr\u{fc}\u{df}e</p>".to_owned());
    let builder = Message::builder().from("Octo <octo@x.example>".parse().unwrap()).to(to.parse().unwrap());
    builder.message_id(Some("<m-1@x.example>".to_owned())).subject("Gr\u{fc}\u{df}e").multipart(bodies).unwrap()
}

/// The code of each reply, in order, until the server closes the connection.
async fn codes(asker: &Asker, said: &[u8]) -> Vec<String> {
    let mut stream = TcpStream::connect(asker.server.smtp_address()).await.unwrap();
    // Whoever is closed while it writes hears what was said before.
    let _ = stream.write_all(said).await;
    let mut heard = Vec::new();
    let _ = timeout(WITHIN, stream.read_to_end(&mut heard)).await.unwrap();
    let heard = String::from_utf8(heard).unwrap();
    heard.lines().filter(|line| line.as_bytes().get(3) == Some(&b' ')).map(|line| line[..3].to_owned()).collect()
}

#[tokio::test]
async fn a_stock_client_sends() {
    let asker = Asker::start().await;
    transport(&asker, None).send(mail("Ada <ada@x.example>")).await.unwrap();
    let sent = &asker.all()[0];
    assert_eq!(
        (&*sent.subject, &*sent.from, &sent.to[..]),
        ("Gr\u{fc}\u{df}e", "octo@x.example", &["ada@x.example".to_owned()][..])
    );
    assert_eq!(sent.text.replace("\r\n", "\n").trim_end(), "Gr\u{fc}\u{df}e\n.\n..end");
    assert_eq!((sent.html.trim_end(), &*sent.tags["message_id"]), ("<p>Gr\u{fc}\u{df}e</p>", "m-1@x.example"));
    assert!(asker.server.raw(1).unwrap().starts_with(b"From: "));
}

#[tokio::test]
async fn whoever_must_log_in_does() {
    let accounts = Accounts { smtp_login: true, ..Accounts::default() };
    let asker = Asker::with(Options { accounts, ..Options::default() }).await;
    assert!(transport(&asker, None).send(mail("a@x.example")).await.is_err());
    let password = asker.server.accounts().smtp_password;
    for mechanism in [Mechanism::Plain, Mechanism::Login] {
        transport(&asker, Some((&password, mechanism))).send(mail("a@x.example")).await.unwrap();
        let error = transport(&asker, Some(("another", mechanism))).send(mail("a@x.example")).await.unwrap_err();
        assert_eq!(error.status().map(u16::from), Some(535));
    }
    assert_eq!(asker.all().len(), 2);
    assert_eq!(asker.all()[0].origin.user, Some(asker.server.accounts().smtp_user));
}

#[tokio::test]
async fn whoever_trusts_its_certificate_speaks_tls() {
    let accounts = Accounts { smtp_login: true, ..Accounts::default() };
    let asker = Asker::with(Options { accounts, smtp_tls: true, ..Options::default() }).await;
    let address = asker.server.smtp_address();
    let secured = |certificate: Option<String>| {
        let mut parameters = TlsParameters::builder("localhost".to_owned());
        if let Some(pem) = certificate {
            parameters = parameters.add_root_certificate(Certificate::from_pem(pem.as_bytes()).unwrap());
        }
        let accounts = asker.server.accounts();
        Transport::builder_dangerous("127.0.0.1")
            .port(address.port())
            .tls(Tls::Required(parameters.build().unwrap()))
            .credentials(Credentials::new(accounts.smtp_user, accounts.smtp_password))
            .build()
    };
    secured(asker.server.smtp_certificate()).send(mail("a@x.example")).await.unwrap();
    assert_eq!(asker.all().len(), 1);
    assert!(secured(None).send(mail("a@x.example")).await.is_err(), "nobody else vouches for it");
    // What is put behind the command in the clear is not taken for something that was said in TLS.
    let said = b"EHLO x\r\nSTARTTLS\r\nMAIL FROM:<a@x.example>\r\n";
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(said).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut heard = Vec::new();
    let _ = timeout(WITHIN, stream.read_to_end(&mut heard)).await.unwrap();
    let heard = String::from_utf8_lossy(&heard).into_owned();
    assert!(heard.contains("220 2.0.0 Ready") && !heard.contains("250 2.1.0"), "{heard}");
    assert!(Asker::start().await.server.smtp_certificate().is_none());
}

#[tokio::test]
async fn what_comes_in_one_piece_is_answered_in_order() {
    let asker = Asker::start().await;
    let said = b"EHLO x\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\nSubject: 1\r\n\r\n..\r\n.\r\nMAIL FROM:<>\r\n\
        RCPT TO:<c@x.example>\r\nDATA\r\nSubject: 2\r\n\r\n.\r\nRSET\r\nWHAT\r\nQUIT\r\nNOOP\r\n";
    let expected = ["220", "250", "250", "250", "354", "250", "250", "250", "354", "250", "250", "500", "221"];
    assert_eq!(codes(&asker, said).await, expected);
    let all = asker.all();
    assert_eq!((all.len(), &*all[0].text.replace("\r\n", ""), &*all[1].from), (2, ".", ""));
}

#[tokio::test]
async fn faults_strike_at_each_command() {
    let asker = Asker::start().await;
    let said =
        b"EHLO x\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n";
    let whole = ["220", "250", "250", "250", "354", "250", "221"];
    for (at, heard) in [("connect", 0), ("ehlo", 1), ("mail", 2), ("rcpt", 3), ("data", 4), ("message", 5)] {
        asker.fault(&json!({"provider": "smtp", "kind": "close", "at": at, "times": 1}));
        assert_eq!(codes(&asker, said).await, whole[..heard], "{at}");
        assert_eq!(asker.all().iter().filter(|sent| sent.is_accepted()).count(), 0, "{at}");
    }
    asker.fault(&json!({"provider": "smtp", "kind": "close", "when": "after", "times": 1}));
    assert_eq!(codes(&asker, said).await, whole[..5]);
    assert_eq!(asker.all().iter().filter(|sent| sent.is_accepted()).count(), 1);
    asker.fault(&json!({"provider": "smtp", "kind": "reject", "status": 550, "times": 1}));
    assert_eq!(codes(&asker, said).await, ["220", "250", "250", "550", "503", "500", "500", "500", "500", "221"]);
    asker.fault(&json!({"provider": "smtp", "kind": "reject", "status": 421, "at": "connect", "times": 1}));
    assert_eq!(codes(&asker, b"").await, ["421"]);
    asker.fault(
        &json!({"provider": "smtp", "kind": "reject", "status": 554, "code": "5.7.1", "at": "message", "times": 1}),
    );
    let error = transport(&asker, None).send(mail("a@x.example")).await.unwrap_err();
    assert_eq!(error.status().map(u16::from), Some(554));
    asker.fault(&json!({"provider": "smtp", "kind": "rate_limit", "times": 1}));
    let error = transport(&asker, None).send(mail("a@x.example")).await.unwrap_err();
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_message_that_is_never_answered_was_taken_or_not() {
    let asker = Asker::start().await;
    for (when, taken) in [("before", false), ("after", true)] {
        asker.fault(&json!({"provider": "smtp", "kind": "hang", "when": when, "times": 1}));
        // The client's own limit of time holds for connecting only.
        let waited = timeout(Duration::from_secs(2), transport(&asker, None).send(mail("a@x.example"))).await;
        assert!(waited.is_err());
        assert_eq!(asker.all().last().unwrap().is_accepted(), taken, "{when}");
    }
}

#[tokio::test]
async fn the_two_hundred_and_first_is_sent_away() {
    let asker = Asker::start().await;
    let mut open = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(asker.server.smtp_address()).await.unwrap();
        let mut code = [0; 3];
        timeout(WITHIN, stream.read_exact(&mut code)).await.unwrap().unwrap();
        assert_eq!(&code, b"220");
        open.push(stream);
    }
    assert_eq!(codes(&asker, b"").await, ["421"]);
}
