//! Memory of a server per idle connection, in two groups each.

use super::fleet::Fleet;
use super::peers::Server;
use std::time::Duration;

/// Connections that pay for what is there once.
const WARM_UP: usize = 200;
/// Allocators give back what they will within this: jemalloc's pages go back over 10 s.
const SETTLE: Duration = Duration::from_secs(12);
const MIB: f64 = 1024.0 * 1024.0;

pub(super) async fn measure(servers: &[Server], count: usize) -> anyhow::Result<()> {
    println!(
        "\n### Memory per idle connection\n\nGoal: 2,560 bytes at 10,000. Each in two groups; the kernel's own is not counted.\n"
    );
    println!(
        "`allocated`: what the process itself says that it has not freed; the rest of resident memory is the allocator's.\n"
    );
    println!("| server | before | with {count} | bytes per connection | allocated |\n|---|---|---|---|---|");
    for server in servers {
        let groups = |number: usize| vec![format!("hundred-{}", number / 100), format!("every-{}", number % 100)];
        let warm = Fleet::connect(&server.target, WARM_UP, groups).await?;
        tokio::time::sleep(SETTLE).await;
        let (before, held) = (server.resident(), server.allocated().await);
        let mut fleet = Fleet::connect(&server.target, count, groups).await?;
        tokio::time::sleep(SETTLE).await;
        let (after, holds) = (server.resident(), server.allocated().await);
        fleet.whole(0)?;
        let each = (after - before) * MIB / count as f64;
        let allocated =
            held.zip(holds).map_or(String::new(), |(held, holds)| format!("{:.0}", (holds - held) / count as f64));
        println!("| {} | {before:.1} MiB | {after:.1} MiB | {each:.0} | {allocated} |", server.name);
        drop((warm, fleet));
        // The next measurement begins when this one's connections are gone.
        tokio::time::sleep(SETTLE).await;
    }
    Ok(())
}
