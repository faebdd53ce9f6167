//! Which platform a command speaks to, and as whom.

use crate::issuer::{Issuer, TokenRequest};
use crate::run_file::RunFile;
use clap::Args;
use octavo_adapters_system::SystemClock;
use octavo_domain_kernel::Clock;
use std::path::Path;

/// The platform and the person.
#[derive(Debug, Clone, Args)]
pub(crate) struct Target {
    /// The tenant
    #[arg(long, default_value = "acme")]
    pub(crate) tenant: String,
    /// The user
    #[arg(long, default_value = "ada")]
    pub(crate) user: String,
    /// The API's address, if it is not the emulator that runs on the data folder
    #[arg(long, requires = "bearer")]
    pub(crate) url: Option<String>,
    /// A token, if it is not the emulator's own issuer that makes one
    #[arg(long)]
    pub(crate) bearer: Option<String>,
}

/// What a command needs to speak to the platform.
pub(crate) struct Connection {
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Target {
    pub(crate) fn connect(&self, data: &Path) -> anyhow::Result<Connection> {
        let url = match &self.url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => RunFile::read(data)?.url,
        };
        let token = match &self.bearer {
            Some(token) => token.clone(),
            None => Issuer::of_folder(data)?.token(&TokenRequest::new(&self.tenant, &self.user), SystemClock.now())?,
        };
        Ok(Connection { url, token })
    }
}
