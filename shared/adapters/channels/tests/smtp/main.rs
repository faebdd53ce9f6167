//! Mails by SMTP, against servers that do what a test says.
#![allow(clippy::unwrap_used, reason = "a test reports by panicking, in its helpers too")]

mod server;
mod tls;

use octavo_adapters_channels::{ProviderConfig, SmtpOptions, Surroundings, TargetHosts, providers};
use octavo_domain_notify::{Accepted, Address, Outgoing, OutgoingContent, Provider, SendError};
use octavo_testing::time::ManualClock;
use server::{Behaviour, Server, Then};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use uuid::Uuid;

fn config(url: &str, certificates: Option<String>) -> ProviderConfig {
    ProviderConfig::Smtp(SmtpOptions {
        name: "smtp".to_owned(),
        url: url.into(),
        from: "Octavo <no-reply@octavo.example>".to_owned(),
        per_second: Some(100),
        answer_seconds: Some(10),
        certificates,
    })
}

fn provider(config: ProviderConfig) -> Arc<dyn Provider> {
    let surroundings = Surroundings {
        clock: Arc::new(ManualClock::default()),
        public_url: "https://octavo.example".to_owned(),
        target_hosts: TargetHosts::default(),
        pagerduty_url: "http://127.0.0.1:1/".parse().unwrap(),
    };
    providers(vec![config], surroundings).unwrap().remove(0)
}

fn plain(server: &Server) -> Arc<dyn Provider> {
    provider(config(&format!("smtp://127.0.0.1:{}?tls=none", server.port), None))
}

fn mail(to: &str) -> Outgoing {
    Outgoing {
        tenant: "acme".parse().unwrap(),
        id: Uuid::from_u128(7),
        attempt: 2,
        to: Address(to.to_owned()),
        name: Some("Ada Lovelace".to_owned()),
        content: OutgoingContent::Email {
            from: None,
            reply_to: Some("Help <help@acme.example>".to_owned()),
            subject: "Grüße".to_owned(),
            text: "Hello\n.\nbye".to_owned(),
            html: "<p>Hello</p>".to_owned(),
            headers: vec![(
                "List-Unsubscribe".to_owned(),
                format!("<https://octavo.example/v1/unsubscribe/{}>", "x".repeat(200)),
            )],
        },
    }
}

async fn with(
    faults: Vec<(&'static str, Option<usize>, Then)>,
    offers: &'static [&'static str],
) -> (Result<Accepted, SendError>, Server) {
    let server = Server::start(Behaviour { offers, faults }).await;
    let result = plain(&server).send(&mail("ada@acme.example")).await;
    (result, server)
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_said() {
    for offers in [&[][..], &["PIPELINING"]] {
        let (result, mut server) = with(Vec::new(), offers).await;
        let id = "<00000000000000000000000000000007.2@octavo.example>";
        assert_eq!(result, Ok(Accepted { provider_id: Some(id.to_owned()), delivered: false }));
        let (envelope, mail) = server.taken().remove(0);
        assert_eq!(envelope, "MAIL FROM:<no-reply@octavo.example> RCPT TO:<ada@acme.example>");
        for line in [
            "From: \"Octavo\" <no-reply@octavo.example>",
            "To: \"Ada Lovelace\" <ada@acme.example>",
            "Reply-To: \"Help\" <help@acme.example>",
            "Subject: =?utf-8?b?R3LDvMOfZQ==?=",
            "Date: Thu, 01 Jan 2026 12:00:00 +0000",
            &format!("Message-ID: {id}"),
            &format!("List-Unsubscribe: <https://octavo.example/v1/unsubscribe/{}>", "x".repeat(200)),
            ".",
            "<p>Hello</p>",
        ] {
            let plain_name = line.replace('"', "");
            assert!(mail.split("\r\n").any(|given| given == line || given == plain_name), "{line} is not in\n{mail}");
        }
        assert!(mail.contains("multipart/alternative"));
    }
}

#[tokio::test]
async fn connections_are_kept_and_refusals_do_not_cost_one() {
    for offers in [&[][..], &["PIPELINING"]] {
        let faults = vec![("RCPT", Some(9), Then::Close)];
        let mut server = Server::start(Behaviour { offers, faults }).await;
        let provider = plain(&server);
        for _ in 0..20 {
            provider.send(&mail("ada@acme.example")).await.unwrap();
        }
        assert_eq!(server.connections.load(Ordering::SeqCst), 1);
        assert_eq!(server.taken().len(), 20);
    }
    let faults = vec![("RCPT", None, Then::Say("550 5.1.1 no such user")), ("DATA", None, Then::Say("503 5.5.1 no"))];
    let server = Server::start(Behaviour { offers: &["PIPELINING"], faults }).await;
    let provider = plain(&server);
    for _ in 0..3 {
        assert!(matches!(provider.send(&mail("a@b.example")).await, Err(SendError::Recipient { suppress: true, .. })));
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn many_at_once_have_few_connections() {
    let mut server = Server::start(Behaviour { offers: &["PIPELINING"], faults: Vec::new() }).await;
    let provider = plain(&server);
    let sends = (0..200).map(|_| {
        let provider = Arc::clone(&provider);
        tokio::spawn(async move { provider.send(&mail("ada@acme.example")).await })
    });
    for send in sends.collect::<Vec<_>>() {
        send.await.unwrap().unwrap();
    }
    assert!(server.connections.load(Ordering::SeqCst) <= 18, "{:?}", server.connections);
    assert_eq!(server.taken().len(), 200);
}

#[tokio::test]
async fn until_the_dot_nothing_was_taken_and_after_it_nobody_knows() {
    for offers in [&[][..], &["PIPELINING"]] {
        for at in ["greeting", "EHLO", "MAIL", "RCPT", "DATA"] {
            let (result, mut server) = with(vec![(at, None, Then::Close)], offers).await;
            assert!(matches!(result, Err(SendError::NotTaken { .. })), "{at} {offers:?}: {result:?}");
            assert!(server.taken().is_empty(), "{at}");
        }
        let (result, mut server) = with(vec![(".", None, Then::TakeAndClose)], offers).await;
        assert!(matches!(result, Err(SendError::Unknown { .. })), "{result:?}");
        assert_eq!(server.taken().len(), 1, "it was taken all the same, and must not be sent again");
        let (result, _) = with(vec![(".", None, Then::Close)], offers).await;
        assert!(matches!(result, Err(SendError::Unknown { .. })), "{result:?}");
    }
}

#[tokio::test]
async fn what_a_server_says_decides() {
    for (at, say, wanted) in [
        ("greeting", "554 no", "Rejected"),
        ("greeting", "421 busy", "NotTaken"),
        ("MAIL", "452 4.3.1 full", "NotTaken"),
        ("MAIL", "550 5.7.1 not you", "Rejected"),
        ("RCPT", "450 4.2.0 greylisted", "NotTaken"),
        ("RCPT", "550 5.1.1 no such user", "Recipient"),
        ("RCPT", "554 5.7.1 relay access denied", "Rejected"),
        ("RCPT", "354 what", "NotTaken"),
        ("DATA", "451 4.3.0 later", "NotTaken"),
        ("DATA", "554 5.5.1 no", "Rejected"),
        ("DATA", "250 ok", "NotTaken"),
        (".", "554 5.6.0 spam", "Rejected"),
        (".", "451 4.3.0 later", "NotTaken"),
        (".", "421 4.3.0 closing", "NotTaken"),
        (".", "hello", "Unknown"),
        ("MAIL", "hello", "NotTaken"),
    ] {
        for offers in [&[][..], &["PIPELINING"]] {
            let (result, mut server) = with(vec![(at, None, Then::Say(say))], offers).await;
            let shown = format!("{:?}", result.unwrap_err());
            assert!(shown.starts_with(wanted), "{at} {say} {offers:?}: {shown}");
            assert!(server.taken().is_empty());
        }
    }
}

#[tokio::test]
async fn a_server_that_wants_content_for_nobody_gets_none() {
    let faults = vec![("RCPT", None, Then::Say("550 5.1.1 no such user"))];
    let (result, mut server) = with(faults, &["PIPELINING"]).await;
    assert!(matches!(result, Err(SendError::Recipient { .. })), "{result:?}");
    assert!(server.taken().is_empty());
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_costs_nothing() {
    // The second mail on the first connection finds it closed.
    let faults = vec![("RSET", Some(0), Then::Close), ("RCPT", Some(0), Then::Say("421 4.4.2 idle too long"))];
    let mut server = Server::start(Behaviour { offers: &[], faults }).await;
    let provider = plain(&server);
    let first = provider.send(&mail("ada@acme.example")).await;
    assert!(matches!(first, Err(SendError::NotTaken { .. })), "a new connection is not tried again: {first:?}");
    provider.send(&mail("ada@acme.example")).await.unwrap();
    assert_eq!((server.taken().len(), server.connections.load(Ordering::SeqCst)), (1, 2));

    let server = Server::start(Behaviour { offers: &[], faults: vec![(".", Some(1), Then::Close)] }).await;
    let provider = plain(&server);
    provider.send(&mail("ada@acme.example")).await.unwrap();
    // This one meets the kept connection, which works.
    provider.send(&mail("ada@acme.example")).await.unwrap();
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn silence_ends_in_time() {
    let cases = [("greeting", "NotTaken"), ("RCPT", "NotTaken"), (".", "Unknown")].map(async |(at, wanted)| {
        let (result, _server) = with(vec![(at, None, Then::Silence)], &["PIPELINING"]).await;
        let shown = format!("{:?}", result.unwrap_err());
        assert!(shown.starts_with(wanted), "{at}: {shown}");
    });
    let ended = tokio::time::timeout(Duration::from_secs(120), futures::future::join_all(cases)).await;
    assert!(ended.is_ok(), "somebody waits for ever");
}

#[tokio::test]
async fn an_answer_without_an_end_is_none() {
    let long: &'static str = Box::leak("250-x".repeat(100_000).into_boxed_str());
    let (result, _server) = with(vec![("MAIL", None, Then::Say(long))], &[]).await;
    assert!(matches!(result, Err(SendError::NotTaken { .. })), "{result:?}");
}

#[tokio::test]
async fn who_must_sign_in_does() {
    for (url, wanted) in [("user:pass", None), ("user:wrong", Some("Rejected"))] {
        let mut server = Server::start(Behaviour { offers: &["AUTH LOGIN PLAIN"], faults: Vec::new() }).await;
        let provider = provider(config(&format!("smtp://{url}@127.0.0.1:{}?tls=none", server.port), None));
        let result = provider.send(&mail("ada@acme.example")).await;
        assert_eq!(server.taken().len(), usize::from(wanted.is_none()));
        match wanted {
            None => assert!(result.is_ok(), "{result:?}"),
            Some(wanted) => {
                let shown = format!("{:?}", result.unwrap_err());
                assert!(shown.starts_with(wanted) && !shown.contains("wrong"), "{shown}");
            }
        }
    }
}

#[tokio::test]
async fn nothing_is_smuggled_in() {
    let mut server = Server::start(Behaviour::default()).await;
    let provider = plain(&server);
    for to in [
        "a@b.example\nX",
        "a@b.example, eve@evil.example",
        "a@b.example\r\nRCPT TO:<eve@evil.example>",
        "a@b.example> SIZE=1\r\nDATA",
        "<a@b.example>",
        "a",
        "",
    ] {
        let refused = provider.send(&mail(to)).await;
        assert!(matches!(refused, Err(SendError::Recipient { suppress: false, .. })), "{to:?}: {refused:?}");
    }
    let with = |change: &dyn Fn(&mut OutgoingContent)| {
        let mut mail = mail("ada@acme.example");
        change(&mut mail.content);
        mail
    };
    let header = |name: &str, value: &str| {
        with(&|content| {
            if let OutgoingContent::Email { headers, .. } = content {
                *headers = vec![(name.to_owned(), value.to_owned())];
            }
        })
    };
    let from = with(&|content| {
        if let OutgoingContent::Email { from, .. } = content {
            *from = Some("A <a@b.example>\r\nBcc: eve@evil.example".to_owned());
        }
    });
    for mail in
        [header("X-A", "a\r\nBcc: eve@evil.example"), header("Bcc", "eve@evil.example"), header("X\r\nY", "a"), from]
    {
        assert!(matches!(provider.send(&mail).await, Err(SendError::Rejected { .. })), "{mail:?}");
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 0, "nobody was called for any of these");

    let mut hostile = with(&|content| {
        if let OutgoingContent::Email { subject, text, .. } = content {
            *subject = "a\r\nBcc: eve@evil.example\r\n\r\nhello".to_owned();
            *text = "x\n.\nMAIL FROM:<eve@evil.example>\r\n.\r\nQUIT\r.\r".to_owned();
        }
    });
    hostile.name = Some("Ada\" <eve@evil.example>\r\nBcc: eve@evil.example".to_owned());
    provider.send(&hostile).await.unwrap();
    let taken = server.taken();
    assert_eq!(taken.len(), 1);
    let (head, _) = taken[0].1.split_once("\r\n\r\n").unwrap();
    assert!(!head.split("\r\n").any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{head}");
    let commands: Vec<String> = std::iter::from_fn(|| server.commands.try_recv().ok()).collect();
    assert_eq!(commands.iter().filter(|line| line.starts_with("MAIL")).count(), 1, "{commands:?}");
}

#[tokio::test]
async fn letters_beyond_ascii_need_a_server_that_takes_them() {
    let server = Server::start(Behaviour::default()).await;
    let refused = plain(&server).send(&mail("jürgen@acme.example")).await;
    assert!(matches!(refused, Err(SendError::Rejected { .. })), "{refused:?}");
    let mut server = Server::start(Behaviour { offers: &["SMTPUTF8"], faults: Vec::new() }).await;
    plain(&server).send(&mail("jürgen@acme.example")).await.unwrap();
    assert!(server.taken()[0].0.contains("SMTPUTF8"));
}

#[tokio::test]
async fn a_server_that_is_not_there_takes_nothing() {
    // Nobody listens on a port that is bound and no more, and nobody else gets it.
    let bound = tokio::net::TcpSocket::new_v4().unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = bound.local_addr().unwrap().port();
    let started = std::time::Instant::now();
    let result = provider(config(&format!("smtp://127.0.0.1:{port}?tls=none"), None)).send(&mail("a@b.example")).await;
    assert!(matches!(result, Err(SendError::NotTaken { .. })), "{result:?}");
    assert!(started.elapsed() < Duration::from_secs(9));
}
