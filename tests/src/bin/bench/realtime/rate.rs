//! How many deliveries a second: broadcasts to 1,000 connections, as fast as they arrive.

use super::fleet::Fleet;
use super::peers::Server;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const CONNECTIONS: usize = 1_000;
/// Broadcasts under way at a time. Enough that nobody waits, few enough that nothing piles up.
const UNDER_WAY: u64 = 16;
/// Bytes of a message's value.
const VALUE_BYTES: usize = 100;
const WITHIN: Duration = Duration::from_secs(60);
const SETTLE: Duration = Duration::from_secs(2);

pub(super) async fn measure(servers: &[Server], seconds: u64) -> anyhow::Result<()> {
    println!("\n### Deliveries per second to {CONNECTIONS} connections\n");
    println!(
        "Broadcasts of {VALUE_BYTES} bytes, {UNDER_WAY} under way at a time, {seconds} s, the load generator on the same cores."
    );
    println!("Goal: 5 times Socket.IO.\n\n| server | deliveries/s | p50 / p99 ms |\n|---|---|---|");
    for server in servers {
        let mut fleet = Fleet::connect(&server.target, CONNECTIONS, |_| Vec::new()).await?;
        sleep(SETTLE).await;
        let (began, mut sent) = (Instant::now(), 0u64);
        while began.elapsed() < Duration::from_secs(seconds) {
            fleet.send((sent as usize) % CONNECTIONS, None, VALUE_BYTES)?;
            sent += 1;
            let arrived = sent.saturating_sub(UNDER_WAY) * CONNECTIONS as u64;
            fleet.tally.reach(arrived, WITHIN).await?;
        }
        fleet.tally.reach(sent * CONNECTIONS as u64, WITHIN).await?;
        let rate = (sent * CONNECTIONS as u64) as f64 / began.elapsed().as_secs_f64();
        fleet.whole(sent)?;
        let figures = fleet.tally.take();
        println!("| {} | {rate:.0} | {:.1} / {:.1} |", server.name, figures.ms(0.5), figures.ms(0.99));
        drop(fleet);
        sleep(SETTLE).await;
    }
    Ok(())
}
