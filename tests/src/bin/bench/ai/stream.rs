//! Answers in pieces: how soon the first one is there.

use super::bodies::streamed;
use super::target::{Connection, Target};
use crate::figures::Figures;
use anyhow::Context;
use std::time::{Duration, Instant};

const PIECES: usize = 50;
const WARM_UP: usize = 50;
const STREAMS_MAX: usize = 3_000;

/// `targets[0]` is the provider itself.
pub(crate) async fn measure(targets: &[Target], seconds: u64) -> anyhow::Result<()> {
    println!("\n### Streams of {PIECES} pieces, one at a time\n\nGoal: 0.5 ms added to the first piece, p50.\n");
    println!("| through | first piece, p50 | p99 | added p50 | whole stream, p50 | p99 | added p50 | pieces |");
    println!("|---|---|---|---|---|---|---|---|");
    let mut direct: Option<(f64, f64)> = None;
    for target in targets {
        let (mut first, mut whole, mut pieces) = (Figures::new(), Figures::new(), 0);
        let (began, mut connection) = (Instant::now(), Connection::new(target));
        for round in 0..WARM_UP + STREAMS_MAX {
            if began.elapsed() > Duration::from_secs(seconds) {
                break;
            }
            let answer = connection.ask(streamed(PIECES)).await?.good(target)?;
            if round >= WARM_UP {
                first.add(answer.first.with_context(|| format!("{} sent no text", target.name))?);
                whole.add(answer.took);
                pieces = answer.pieces();
            }
        }
        let (first_p50, whole_p50) = (first.ms(0.5), whole.ms(0.5));
        let added = |value: f64, direct: Option<f64>| match direct {
            Some(direct) => format!("{:.2} ms", value - direct),
            None => "-".to_owned(),
        };
        println!(
            "| {} | {first_p50:.2} ms | {:.2} ms | {} | {whole_p50:.2} ms | {:.2} ms | {} | {pieces} |",
            target.name,
            first.ms(0.99),
            added(first_p50, direct.map(|direct| direct.0)),
            whole.ms(0.99),
            added(whole_p50, direct.map(|direct| direct.1))
        );
        direct.get_or_insert((first_p50, whole_p50));
    }
    Ok(())
}
