//! How many mails a second are built and handed to a mail server on this machine: `cargo run --example smtp_speed -- 5000 16`
//! (mails, senders). The server only takes them: with the fake one, its own work would be measured.
#![allow(clippy::unwrap_used, reason = "an example reports by panicking")]

use octavo_adapters_channels::{ProviderConfig, Surroundings, TargetHosts, providers};
use octavo_domain_notify::{Address, Outgoing, OutgoingContent};
use octavo_testing::time::ManualClock;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

/// Takes everything.
async fn serve(stream: TcpStream) -> std::io::Result<()> {
    // It answers each command by itself: the second answer would wait for the first to be acknowledged.
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 here\r\n").await?;
    let mut line = Vec::new();
    let mut in_content = false;
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let answer: &[u8] = match (in_content, &*line) {
            (true, b".\r\n") => b"250 ok\r\n",
            (true, _) => continue,
            (false, line) if line.starts_with(b"EHLO") => b"250-here\r\n250 PIPELINING\r\n",
            (false, b"DATA\r\n") => b"354 go\r\n",
            (false, _) => b"250 ok\r\n",
        };
        in_content = answer.starts_with(b"354");
        stream.write_all(answer).await?;
    }
}

fn mail(id: u64) -> Outgoing {
    let content = OutgoingContent::Email {
        from: None,
        reply_to: None,
        subject: "Bitte prüfen: Vertrag".to_owned(),
        text: "Ein Absatz, der etwas länger ist.\n".repeat(20),
        html: "<tr><td style=\"font-family:Arial;font-size:14px\">Ein Absatz, der länger ist.</td></tr>\n".repeat(100),
        headers: vec![("List-Unsubscribe".to_owned(), "<https://octavo.example/v1/unsubscribe/x>".to_owned())],
    };
    let (tenant, to) = ("acme".parse().unwrap(), Address("ada@acme.example".to_owned()));
    Outgoing { tenant, id: Uuid::from_u128(id.into()), attempt: 1, to, name: Some("Ada".to_owned()), content }
}

#[tokio::main]
async fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let (mails, senders) = (*numbers.first().unwrap_or(&5_000), *numbers.get(1).unwrap_or(&16));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    let url = format!("smtp://127.0.0.1:{port}?tls=none");
    let list = json!([{ "kind": "smtp", "name": "smtp", "url": url, "from": "Octavo <no-reply@octavo.example>" }]);
    let surroundings = Surroundings {
        clock: Arc::new(ManualClock::default()),
        public_url: "https://octavo.example".to_owned(),
        target_hosts: TargetHosts::default(),
        pagerduty_url: "http://127.0.0.1:1/".parse().unwrap(),
    };
    let smtp = providers(ProviderConfig::parse_list(&list.to_string()).unwrap(), surroundings).unwrap().remove(0);
    let next = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let senders = (0..senders).map(|_| {
        let (smtp, next) = (Arc::clone(&smtp), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= mails {
                    return;
                }
                smtp.send(&mail(number)).await.unwrap();
            }
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await.unwrap();
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{mails} mails in {seconds:.2} s: {:.0} a second", f64::from(u32::try_from(mails).unwrap()) / seconds);
}
