//! Two nodes on one Redis: what the way over it adds.

use super::fleet::Fleet;
use super::platform::Platform;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// Receivers at each node.
const RECEIVERS: usize = 10;
/// Messages a second.
const PER_SECOND: u64 = 200;
const VALUE_BYTES: usize = 100;
const WITHIN: Duration = Duration::from_secs(30);
const SETTLE: Duration = Duration::from_secs(2);

pub(super) async fn measure(platform: &Platform, seconds: u64) -> anyhow::Result<()> {
    let near = platform.node("near", &[]).await?;
    let far = platform.node("far", &[]).await?;
    let tokens = platform.tokens(RECEIVERS)?;
    let groups = |_| vec!["both".to_owned()];
    let mut here = Fleet::connect(&near.server(tokens.clone()).target, RECEIVERS, groups).await?;
    let mut there = Fleet::connect(&far.server(tokens).target, RECEIVERS, groups).await?;
    sleep(SETTLE).await;
    let (began, messages) = (Instant::now(), PER_SECOND * seconds);
    for message in 0..messages {
        sleep_until(began + Duration::from_secs(1).mul_f64(message as f64 / PER_SECOND as f64)).await;
        here.send(0, Some("both"), VALUE_BYTES)?;
    }
    for fleet in [&mut here, &mut there] {
        fleet.tally.reach(messages * RECEIVERS as u64, WITHIN).await?;
        fleet.whole(messages)?;
    }
    let (local, remote) = (here.tally.take(), there.tally.take());
    println!(
        "\n### Two nodes\n\n{RECEIVERS} receivers of a group at each, {PER_SECOND} messages a second, {seconds} s, none lost."
    );
    println!("Goal: p99 5 ms over the local delivery.\n\n| receivers | p50 ms | p99 ms | max ms |\n|---|---|---|---|");
    for (name, figures) in [("at the sender's node", &local), ("at the other node", &remote)] {
        println!("| {name} | {:.2} | {:.2} | {:.2} |", figures.ms(0.5), figures.ms(0.99), figures.ms(1.0));
    }
    println!("| added | {:.2} | {:.2} | |", remote.ms(0.5) - local.ms(0.5), remote.ms(0.99) - local.ms(0.99));
    drop((here, there));
    near.process.end().await?;
    far.process.end().await
}
