//! Small requests beside one that is very long.

use super::bodies::{MODEL, long, small};
use super::load::load;
use super::target::{Connection, Target};
use std::sync::atomic::{AtomicBool, Ordering};

const CONCURRENCY: usize = 8;

pub(crate) async fn measure(targets: &[Target], seconds: u64) -> anyhow::Result<()> {
    println!("\n### Small requests beside prompts of 100,000 tokens\n");
    println!("{CONCURRENCY} small ones at a time; one more connection sends a prompt of 400 KB again and again.");
    println!(
        "The provider itself counts the tokens of every prompt. Goal: the small ones' p99 grows by less than 2x.\n"
    );
    println!("| through | p50 alone | p99 alone | p50 beside | p99 beside | p99 grows | long ones/s | failed |");
    println!("|---|---|---|---|---|---|---|---|");
    for target in targets {
        let alone = load(target, &small(MODEL), CONCURRENCY, seconds).await?;
        let (over, body) = (AtomicBool::new(false), small(MODEL));
        let crowd = async {
            let mut count = 0_u64;
            let mut connection = Connection::new(target);
            while !over.load(Ordering::Relaxed) {
                connection.ask(long()).await?.good(target)?;
                count += 1;
            }
            anyhow::Ok(count)
        };
        let began = std::time::Instant::now();
        let measured = async {
            let found = load(target, &body, CONCURRENCY, seconds).await;
            over.store(true, Ordering::Relaxed);
            found
        };
        let (beside, count) = tokio::join!(measured, crowd);
        let (beside, count) = (beside?, count?);
        println!(
            "| {} | {:.2} ms | {:.2} ms | {:.2} ms | {:.2} ms | {:.1}x | {:.1} | {} |",
            target.name,
            alone.figures.ms(0.5),
            alone.figures.ms(0.99),
            beside.figures.ms(0.5),
            beside.figures.ms(0.99),
            beside.figures.ms(0.99) / alone.figures.ms(0.99),
            count as f64 / began.elapsed().as_secs_f64(),
            alone.failed + beside.failed
        );
    }
    Ok(())
}
