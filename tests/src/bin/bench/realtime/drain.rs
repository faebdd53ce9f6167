//! A node goes, and its clients come back at another.

use super::client::{End, Target, open};
use super::fleet::Fleet;
use super::platform::Platform;
use super::stamp;
use crate::figures::Figures;
use anyhow::Context;
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

/// Over how long the node sends its clients away.
const SPREAD_MS: &str = "3000";
/// When a stock client tries again: at once, after 2 s, after 10 s more.
const TRIES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(10)];
const WITHIN: Duration = Duration::from_secs(60);
const SETTLE: Duration = Duration::from_secs(3);

pub(super) async fn measure(platform: &Platform, count: usize) -> anyhow::Result<()> {
    let going = platform.node("going", &[("OCTAVO_NODE_DRAIN_SPREAD_MS", SPREAD_MS)]).await?;
    let staying = platform.node("staying", &[]).await?;
    let tokens = platform.tokens(count)?;
    let groups = |number: usize| vec![format!("hundred-{}", number / 100), format!("every-{}", number % 100)];
    let mut fleet = Fleet::connect(&going.server(tokens.clone()).target, count, groups).await?;
    let target = staying.server(tokens).target;
    // Each descriptor goes with its connection: there will be as many again.
    fleet.clients.clear();
    sleep(SETTLE).await;

    let (backs, mut back) = mpsc::unbounded_channel();
    let (told, handle) = (stamp::now(), fleet.handle());
    Command::new("kill").args(["-TERM", &going.process.id().to_string()]).status().await?;
    let mut lost = 0;
    let away = async {
        for _ in 0..count {
            let ended = fleet.ended().await.context("all have ended")?;
            lost += usize::from(ended.why == End::Lost);
            let (target, backs) = (target.clone(), backs.clone());
            handle.spawn(async move {
                let returned = come_back(&target, ended.number, groups(ended.number)).await;
                let _ = backs.send((ended.at, stamp::now(), returned));
            });
        }
        anyhow::Ok(())
    };
    timeout(WITHIN, away).await.context("the node did not let them go")??;
    let (mut each, mut last, mut kept) = (Figures::new(), 0, Vec::new());
    for _ in 0..count {
        let (left, at, opened) =
            timeout(WITHIN, back.recv()).await.context("not all came back")?.context("all answer")?;
        kept.push(opened?);
        each.add(Duration::from_nanos(at - left));
        last = last.max(at);
    }
    println!("\n### Drain of {count} connections to another node\n");
    println!(
        "Sent away over {SPREAD_MS} ms with jitter; each comes back at once as a stock client does, through a load balancer"
    );
    println!("that knows who is ready, and joins its two groups again. Goal: every client back within 5 s.\n");
    println!("| | |\n|---|---|");
    println!("| from the signal to the last one back | {:.2} s |", Duration::from_nanos(last - told).as_secs_f64());
    println!("| away, each: p50 / p99 / max | {:.0} / {:.0} / {:.0} ms |", each.ms(0.5), each.ms(0.99), each.ms(1.0));
    println!("| asked to come back / cut off | {} / {lost} |", count - lost);
    drop((kept, fleet));
    staying.process.end().await
}

async fn come_back(target: &Target, number: usize, groups: Vec<String>) -> anyhow::Result<super::client::Opened> {
    let mut failed = anyhow::anyhow!("not tried");
    for wait in TRIES {
        sleep(wait).await;
        match open(target, number).await {
            Ok(mut opened) => {
                for group in &groups {
                    opened.join(group).await?;
                }
                return Ok(opened);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}
