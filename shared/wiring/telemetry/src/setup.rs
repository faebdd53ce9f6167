//! What every process does before anything else.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line, for machines.
    Json,
    /// For people.
    Text,
}

/// Sets up logging to standard error (`filter` as `tracing-subscriber` reads it; one that cannot be read becomes `info`
/// and says so) and the one cryptography provider of the process. Calling it again does nothing.
pub fn setup(filter: &str, format: Format) {
    // Several libraries bring rustls; without a process-wide choice it refuses to guess which provider to use.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (chosen, refused) = match EnvFilter::try_new(filter) {
        Ok(chosen) => (chosen, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(chosen)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::NONE)
        .with_target(true);
    let installed = match format {
        Format::Json => subscriber.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init(),
        Format::Text => subscriber.with_ansi(false).try_init(),
    };
    if let (Ok(()), Some(error)) = (installed, refused) {
        tracing::warn!(filter, %error, "the log filter cannot be read; logging at info");
    }
}
