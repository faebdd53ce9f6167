//! Answers from the cache: how fast, and how many of a workload as people make it.

use super::bodies::{MODEL, numbered, small};
use super::load::{Load, REQUESTS_MAX, drive};
use super::target::{Answer, Connection, Target};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The workload: requests, distinct prompts, the exponent of Zipf's law, and the seed.
const ZIPF_REQUESTS: usize = 5_000;
const ZIPF_PROMPTS: usize = 2_000;
const ZIPF_EXPONENT: f64 = 1.0;
const ZIPF_SEED: u64 = 20_261_126;
const ZIPF_CONCURRENCY: usize = 8;
/// What a completion is kept for, unless the tenant says otherwise.
const TTL: Duration = Duration::from_secs(15 * 60);

/// Hits of one prompt.
pub(crate) async fn hits(target: &Target, seconds: u64) -> anyhow::Result<()> {
    println!("\n### Cache hits at the client\n\nGoal: p50 under 1 ms.\n");
    println!("| at once | p50 | p99 | requests/s | hits |\n|---|---|---|---|---|");
    Connection::new(target).ask(small(MODEL)).await?.good(target)?;
    for concurrency in [1, 16] {
        let counts = Counts::default();
        let (body, see) = (|_| small(MODEL), |answer: &Answer| counts.see(answer));
        drive(target, &body, concurrency, 500, Duration::from_secs(2), &|_| ()).await?;
        let Load { figures, rate, .. } =
            drive(target, &body, concurrency, REQUESTS_MAX, Duration::from_secs(seconds), &see).await?;
        let (p50, p99, hits) = (figures.ms(0.5), figures.ms(0.99), counts.share());
        println!("| {concurrency} | {p50:.2} ms | {p99:.2} ms | {rate:.0} | {hits:.1}% |");
    }
    Ok(())
}

/// A workload in which few prompts are asked often and many seldom.
pub(crate) async fn zipf(target: &Target) -> anyhow::Result<()> {
    let ranks = ranks();
    let distinct = ranks.iter().collect::<BTreeSet<_>>().len();
    let counts = Counts::default();
    let (body, see) = (|number: usize| numbered(MODEL, ranks[number]), |answer: &Answer| counts.see(answer));
    let load = drive(target, &body, ZIPF_CONCURRENCY, ZIPF_REQUESTS, TTL, &see).await?;
    let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
    println!("\n### Hit rate on a replayed Zipf workload\n\nGoal: 40% or more.\n");
    println!(
        "{ZIPF_REQUESTS} requests over {ZIPF_PROMPTS} prompts, exponent {ZIPF_EXPONENT:.1}, seed {ZIPF_SEED}, {ZIPF_CONCURRENCY} at \
         once, kept for {} minutes; all within {:.1} s, so that nothing ran out. {distinct} prompts were drawn: no exact \
         cache can do better than {:.1}%.\n",
        TTL.as_secs() / 60,
        load.figures.count() as f64 / load.rate,
        100.0 * (ZIPF_REQUESTS - distinct) as f64 / ZIPF_REQUESTS as f64
    );
    println!("| hits | coalesced | misses | failed | hit rate |\n|---|---|---|---|---|");
    println!(
        "| {} | {} | {} | {} | {:.1}% |",
        of(&counts.hits),
        of(&counts.coalesced),
        of(&counts.others),
        load.failed,
        counts.share()
    );
    Ok(())
}

#[derive(Default)]
struct Counts {
    hits: AtomicU64,
    coalesced: AtomicU64,
    others: AtomicU64,
}

impl Counts {
    fn see(&self, answer: &Answer) {
        let count = match answer.header("x-octavo-cache") {
            "hit" => &self.hits,
            "coalesced" => &self.coalesced,
            _ => &self.others,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Percent that no provider was asked for.
    fn share(&self) -> f64 {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed) as f64;
        let saved = of(&self.hits) + of(&self.coalesced);
        100.0 * saved / (saved + of(&self.others)).max(1.0)
    }
}

/// Prompts by rank, drawn by Zipf's law: the k-th is asked in proportion to 1 / k^exponent.
fn ranks() -> Vec<usize> {
    let mut sum = 0.0;
    let weight = |rank: usize| {
        sum += 1.0 / (rank as f64).powf(ZIPF_EXPONENT);
        sum
    };
    let sums: Vec<f64> = (1..=ZIPF_PROMPTS).map(weight).collect();
    let mut state = ZIPF_SEED;
    let draw = |_| {
        // SplitMix64 (Steele, Lea, Flood, 2014): the same on every machine.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        let chance = (bits >> 11) as f64 / (1_u64 << 53) as f64 * sums[ZIPF_PROMPTS - 1];
        sums.partition_point(|sum| *sum <= chance)
    };
    (0..ZIPF_REQUESTS).map(draw).collect()
}
