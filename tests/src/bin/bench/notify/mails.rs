//! Mails a second, from the request to the mail server.

use super::emulated::Emulated;
use super::letters::{MAILS, MANY, PEOPLE, events, person, user};
use super::sink::Sink;
use futures::{StreamExt, TryStreamExt};
use std::path::Path;
use std::time::{Duration, Instant};

/// Who says what is to be told.
const CALLERS: usize = 16;
/// Mails come by then.
const WITHIN: Duration = Duration::from_secs(120);

pub(super) async fn measure(binaries: &Path) -> anyhow::Result<()> {
    let sink = Sink::start().await?;
    let emulated = Emulated::start(binaries, Some(&sink.providers())).await?;
    let (emulated_ref, root) = (&emulated, &emulated.person("root", &["admin"]).await?);
    let know = |number| async move {
        emulated_ref.put(root, &format!("/v1/people/{}", user(number)), &person(number)).await.map(drop)
    };
    futures::stream::iter((0..PEOPLE).map(know)).buffer_unordered(CALLERS).try_collect::<()>().await?;
    println!("\n### Mails, from the request to the mail server\n");
    println!(
        "{MAILS} mails by `POST /v1/notifications`, {CALLERS} requests at a time: gateway, function, queue, function, SMTP. Each"
    );
    println!("came, and came once. From the first request to the last mail. Goal: 500/s.\n");
    println!("| events | all requests answered after | all mails there after | mails/s |\n|---|---|---|---|");
    for (name, each) in [("to one each", 1), ("to 100 each", MANY)] {
        sink.clear();
        let began = Instant::now();
        let ask = |event| async move { emulated_ref.post(root, "/v1/notifications", &event).await.map(drop) };
        futures::stream::iter(events(each)).map(ask).buffer_unordered(CALLERS).try_collect::<()>().await?;
        let asked = began.elapsed().as_secs_f64();
        sink.wait(MAILS, WITHIN).await?;
        let took = began.elapsed().as_secs_f64();
        println!("| {} {name} | {asked:.1} s | {took:.1} s | {:.0} |", MAILS / each, MAILS as f64 / took);
    }
    emulated.stop().await
}
