//! What each adds to the provider's own time, by concurrency.

use super::bodies::{MODEL, small};
use super::load::{Load, load};
use super::target::Target;

const CONCURRENCIES: [usize; 4] = [1, 4, 16, 64];

/// `targets[0]` is the provider itself.
pub(crate) async fn measure(targets: &[Target], seconds: u64) -> anyhow::Result<()> {
    println!("\n### Time added over the provider, cache off\n");
    println!(
        "Goal: p50 0.5 ms, p99 2 ms through emulator and function; at 16 at least three times Portkey's requests/s.\n"
    );
    println!("| at once | through | p50 | p99 | added p50 | added p99 | requests/s | failed |");
    println!("|---|---|---|---|---|---|---|---|");
    for concurrency in CONCURRENCIES {
        let mut direct: Option<Load> = None;
        for target in targets {
            let found = load(target, &small(MODEL), concurrency, seconds).await?;
            let (p50, p99) = (found.figures.ms(0.5), found.figures.ms(0.99));
            let added = |value: f64, quantile| match &direct {
                Some(direct) => format!("{:.2} ms", value - direct.figures.ms(quantile)),
                None => "-".to_owned(),
            };
            println!(
                "| {concurrency} | {} | {p50:.2} ms | {p99:.2} ms | {} | {} | {:.0} | {} |",
                target.name,
                added(p50, 0.5),
                added(p99, 0.99),
                found.rate,
                found.failed
            );
            direct.get_or_insert(found);
        }
    }
    Ok(())
}
