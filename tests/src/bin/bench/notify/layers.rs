//! Mails a second, layer by layer: rendering alone, sending alone, the function without and with a mail server; and the same
//! mails by plain senders.

use super::letters::{MAILS, MANY, TEMPLATE, data, person, user};
use super::library::{Library, PUBLIC_URL};
use super::peers::{Letter, Peer, plain};
use super::sink::Sink;
use crate::database::Server;
use anyhow::Context;
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use octavo_adapters_channels::{ProviderConfig, Surroundings, TargetHosts, providers};
use octavo_adapters_system::SystemClock;
use octavo_domain_calendar::Zone;
use octavo_domain_notify::{
    Accepted, Address, Branding, Channel, Outgoing, OutgoingContent, Provider, Render, RenderedContent, SendError,
    Templates, languages,
};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Mails on their way at a time: as many as the function's process has.
const SENDERS: usize = 32;
const WITHIN: Duration = Duration::from_secs(120);

pub(super) async fn measure(server: &Server, folder: &Path, peers: &[Peer]) -> anyhow::Result<()> {
    let sink = Sink::start().await?;
    let letter = letter()?;
    let rendering = rendering()?;
    let smtp = provider(&sink)?;
    let (sending, bytes) = sending(&smtp, &sink, &letter).await?;

    let mut rows = vec![("rendering alone, one core".to_owned(), rendering)];
    rows.push((format!("sending alone, {SENDERS} at a time"), sending));
    for (name, each) in [("events to one", 1), ("events to 100", MANY)] {
        let taking = Library::on(&server.ours(&format!("taking{each}")).await?, Arc::new(Takes)).await?;
        rows.push((
            format!("the function, {name}, a provider that takes them at once"),
            rate(taking.deliver(each).await?),
        ));
        sink.clear();
        let whole = Library::on(&server.ours(&format!("sending{each}")).await?, smtp.clone()).await?;
        let took = whole.deliver(each).await?;
        sink.wait(MAILS, Duration::ZERO).await?;
        rows.push((format!("the function, {name}, by SMTP"), rate(took)));
    }
    sink.clear();
    rows.push(("plain lettre, the mail rendered once, nothing stored".to_owned(), plain(&sink, &letter).await?));
    for peer in peers {
        sink.clear();
        match peer.measure(folder, &sink, &letter).await {
            Ok(measured) => rows.push((peer.name().to_owned(), measured)),
            Err(error) => println!("{} could not be measured: {error:#}", peer.name()),
        }
    }
    println!("\n### Mails, layer by layer\n");
    println!(
        "{MAILS} mails of the platform's template `{TEMPLATE}`, {bytes} bytes each as they are sent; the mail server takes"
    );
    println!(
        "them in this process. The function: each attempt is durable before it is made, its end after it. Goal: 500/s.\n"
    );
    println!("| what | mails/s |\n|---|---|");
    for (name, rate) in rows {
        println!("| {name} | {rate:.0} |");
    }
    Ok(())
}

fn rate(took: Duration) -> f64 {
    MAILS as f64 / took.as_secs_f64()
}

/// Renders as many as a load has.
fn rendering() -> anyhow::Result<f64> {
    let (templates, data) = (Templates::new(), data());
    render(&templates, &data)?;
    let began = Instant::now();
    for _ in 0..MAILS {
        render(&templates, &data)?;
    }
    Ok(rate(began.elapsed()))
}

fn render(templates: &Templates, data: &serde_json::Map<String, serde_json::Value>) -> anyhow::Result<Letter> {
    let (zone, branding, languages) = (Zone::utc(), Branding::default(), languages(Some("de"), None));
    let person = person(0);
    let rendered = templates.render(&Render {
        template: TEMPLATE,
        channel: Channel::Email,
        languages: &languages,
        overrides: &[],
        branding: &branding,
        public_url: PUBLIC_URL,
        zone: &zone,
        name: person["name"].as_str(),
        category: TEMPLATE,
        data,
        link: Some("/contracts/17"),
        unsubscribe_url: Some("https://octavo.example/v1/unsubscribe/token"),
        at: chrono::DateTime::UNIX_EPOCH,
    })?;
    let RenderedContent::Email { subject, text, html } = rendered.content else { anyhow::bail!("it is no mail") };
    Ok(Letter { subject, text, html })
}

/// What everybody sends.
fn letter() -> anyhow::Result<Letter> {
    render(&Templates::new(), &data())
}

fn provider(sink: &Sink) -> anyhow::Result<Arc<dyn Provider>> {
    let surroundings = Surroundings {
        clock: Arc::new(SystemClock),
        public_url: PUBLIC_URL.to_owned(),
        target_hosts: TargetHosts::default(),
        pagerduty_url: "http://127.0.0.1:9/".parse()?,
    };
    let made = providers(ProviderConfig::parse_list(&sink.providers().to_string())?, surroundings)?;
    made.into_iter().find(|provider| provider.channel() == Channel::Email).context("mail has a provider")
}

/// Has the provider send as many as a load has: mails a second, and the bytes of one.
async fn sending(smtp: &Arc<dyn Provider>, sink: &Sink, letter: &Letter) -> anyhow::Result<(f64, u64)> {
    let outgoing = |number: u64| -> anyhow::Result<Outgoing> {
        Ok(Outgoing {
            tenant: "acme".parse()?,
            id: uuid::Uuid::from_u128(number.into()),
            attempt: 1,
            to: Address(format!("{}@acme.example", user(number))),
            name: Some("Ada Lovelace".to_owned()),
            content: OutgoingContent::Email {
                from: None,
                reply_to: None,
                subject: letter.subject.clone(),
                text: letter.text.clone(),
                html: letter.html.clone(),
                headers: Vec::new(),
            },
        })
    };
    let began = Instant::now();
    let send = |number| {
        let (smtp, outgoing) = (smtp.clone(), outgoing(number));
        // On threads of the runtime, as the function's callers are.
        async move { tokio::spawn(async move { anyhow::Ok(smtp.send(&outgoing?).await.map(drop)?) }).await? }
    };
    futures::stream::iter((0..MAILS).map(send)).buffer_unordered(SENDERS).try_collect::<()>().await?;
    let rate = rate(began.elapsed());
    Ok((rate, sink.wait(MAILS, WITHIN).await?))
}

/// A provider that has nothing to do.
struct Takes;

#[async_trait]
impl Provider for Takes {
    fn name(&self) -> &str {
        "takes"
    }

    fn channel(&self) -> Channel {
        Channel::Email
    }

    async fn send(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        Ok(Accepted { provider_id: Some(message.id.to_string()), delivered: false })
    }
}
