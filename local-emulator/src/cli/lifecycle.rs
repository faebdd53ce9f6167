//! `octavo lifecycle`: how long indices of logs, analytics and the hot audit trail are kept.

use crate::search_engine::Reach;
use clap::Args;
use octavo_adapters_elasticsearch::lifecycle::{Installed, KEPT_DAYS, Kind, Lifecycle};
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::Clock;
use std::path::Path;
use url::Url;

/// Have the search engine delete indices of logs, analytics and the hot audit trail when they are old; never documents
///
/// Without --elasticsearch it is the engine of the emulator that runs on the data folder. See infra/reindex.md.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// For so long they are kept
    #[arg(long, default_value_t = KEPT_DAYS, value_parser = clap::value_parser!(u16).range(1..))]
    days: u16,
    /// Delete what is older now, by the day in its name, and install nothing: for an engine that does not by itself
    #[arg(long)]
    sweep: bool,
    /// The engine, if it is not that of the running emulator
    #[arg(long, value_name = "URL")]
    elasticsearch: Option<Url>,
}

pub(super) async fn lifecycle(data: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let mut embedded = false;
    let url = match &arguments.elasticsearch {
        Some(url) => url.clone(),
        None => {
            let reach = Reach::read(data)?;
            embedded = reach.embedded;
            reach.elasticsearch
        }
    };
    let (lifecycle, days) = (Lifecycle::new(url), arguments.days);
    if arguments.sweep {
        let swept = lifecycle.sweep(SystemClock.now().date_naive(), days).await?;
        swept.iter().for_each(|name| println!("{name}"));
        println!("{} indices older than {days} days deleted", swept.len());
        return Ok(());
    }
    let names = Kind::ALL.map(|kind| format!("{}-*", kind.name())).join(", ");
    match lifecycle.install(days).await? {
        Installed::Ilm if embedded => println!(
            "{names}: the embedded engine has the policy for {days} days, and does not carry it out: `octavo lifecycle --sweep` does"
        ),
        Installed::Ilm => println!("{names}: kept for {days} days, by the engine's index lifecycle management"),
        Installed::Ism => println!("{names}: kept for {days} days, by the engine's index state management"),
        Installed::Neither => println!(
            "this engine has neither index lifecycle management nor index state management: only templates were installed; \
             call `octavo lifecycle --sweep --days {days}` every day"
        ),
    }
    Ok(())
}
