//! What every process does before anything else.

use octavo_wiring_settings::{Log, LogFormat};
use tracing_subscriber::EnvFilter;

/// Sets up logging to standard error (a filter that cannot be read becomes `info` and says so) and the one cryptography provider of the process. Calling it again does nothing.
pub fn setup(log: &Log) {
    // Several libraries bring rustls; without a process-wide choice it refuses to guess which provider to use.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (chosen, refused) = match EnvFilter::try_new(&log.filter) {
        Ok(chosen) => (chosen, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    let subscriber = tracing_subscriber::fmt().with_env_filter(chosen).with_writer(std::io::stderr).with_target(true);
    let installed = match log.format {
        LogFormat::Json => {
            subscriber.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
        }
        LogFormat::Text => subscriber.with_ansi(false).try_init(),
    };
    if let (Ok(()), Some(error)) = (installed, refused) {
        tracing::warn!(filter = log.filter, %error, "the log filter cannot be read; logging at info");
    }
}
