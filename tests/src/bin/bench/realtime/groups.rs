//! 10,000 connections: one message to each of 1,000 groups of 100, then one to everybody.

use super::fleet::Fleet;
use super::peers::Server;
use anyhow::Context;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// Groups of a connection. With a tenth as many groups as connections each group has 100 of them.
const GROUPS_EACH: usize = 10;
/// Bytes of a message's value.
const VALUE_BYTES: usize = 100;
/// Broadcasts, one after the other.
const BROADCASTS: u64 = 20;
const WITHIN: Duration = Duration::from_secs(60);
const SETTLE: Duration = Duration::from_secs(3);

pub(super) async fn measure(servers: &[Server], count: usize, seconds: u64) -> anyhow::Result<()> {
    let groups = count / GROUPS_EACH;
    println!(
        "\n### Groups and broadcasts with {count} connections\n\nEach in {GROUPS_EACH} of {groups} groups of 100."
    );
    println!(
        "`spread`: one message to each group, over {seconds} s; goal: p99 under 50 ms, none lost. `at once`: the same,"
    );
    println!(
        "all handed in at once. `broadcast`: one to everybody, until the last one has it, {BROADCASTS} times; goal: 100 ms.\n"
    );
    println!(
        "| server | spread p50 / p99 / max ms | at once p50 / p99 / max ms | broadcast median / worst ms | lost |"
    );
    println!("|---|---|---|---|---|");
    for server in servers {
        let line = one(server, count, groups, seconds).await.with_context(|| server.name.clone());
        match line {
            Ok(line) => println!("| {} | {line} | 0 |", server.name),
            Err(error) => println!("| {} | {error:#} | | | |", server.name),
        }
        sleep(SETTLE).await;
    }
    Ok(())
}

async fn one(server: &Server, count: usize, groups: usize, seconds: u64) -> anyhow::Result<String> {
    let stride = groups / GROUPS_EACH;
    let joins = move |number: usize| (0..GROUPS_EACH).map(|nth| name((number + nth * stride) % groups)).collect();
    let mut fleet = Fleet::connect(&server.target, count, joins).await?;
    sleep(SETTLE).await;
    let deliveries = (count * GROUPS_EACH) as u64;

    let began = Instant::now();
    for group in 0..groups {
        sleep_until(began + Duration::from_secs(seconds).mul_f64(group as f64 / groups as f64)).await;
        fleet.send(group, Some(&name(group)), VALUE_BYTES)?;
    }
    fleet.tally.reach(deliveries, WITHIN).await?;
    let spread = fleet.tally.take();
    fleet.whole(GROUPS_EACH as u64)?;

    for group in 0..groups {
        fleet.send(group, Some(&name(group)), VALUE_BYTES)?;
    }
    fleet.tally.reach(2 * deliveries, WITHIN).await?;
    let once = fleet.tally.take();
    fleet.whole(2 * GROUPS_EACH as u64)?;

    let mut lasts = Vec::new();
    for round in 1..=BROADCASTS {
        fleet.send(0, None, VALUE_BYTES)?;
        fleet.tally.reach(2 * deliveries + round * count as u64, WITHIN).await?;
        lasts.push(fleet.tally.take().ms(1.0));
        sleep(Duration::from_millis(100)).await;
    }
    fleet.whole(2 * GROUPS_EACH as u64 + BROADCASTS)?;
    lasts.sort_by(f64::total_cmp);
    let three = |figures: &crate::figures::Figures| {
        format!("{:.1} / {:.1} / {:.1}", figures.ms(0.5), figures.ms(0.99), figures.ms(1.0))
    };
    let (median, worst) = (lasts[lasts.len() / 2], lasts[lasts.len() - 1]);
    Ok(format!("{} | {} | {median:.1} / {worst:.1}", three(&spread), three(&once)))
}

fn name(group: usize) -> String {
    format!("g{group}")
}
