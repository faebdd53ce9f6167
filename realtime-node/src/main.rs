//! The realtime node's process.

use octavo_wiring_settings::Environment;
use octavo_wiring_telemetry as telemetry;
use realtime_node::{Node, Settings};
use tokio::signal::unix::{SignalKind, signal};

/// Ten thousand idle connections are many small allocations that live for long, for which glibc's allocator is said to keep half
/// as much again; and this one says what is allocated (`memory.rs`).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::read(&realtime_node::environment(Environment::process())?)?;
    telemetry::setup(&settings.log);
    let mut terminate = signal(SignalKind::terminate())?;
    let node = Node::start(&settings).await?;
    tracing::info!(address = %node.address(), name = settings.name, "the node runs");
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    tracing::info!("draining");
    node.drain().await;
    Ok(())
}
