//! Where the binaries are.

use crate::options::{MAJOR_FETCHED, MAJOR_MIN};
use crate::{Error, Find, Options, fetch};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders in which packages put versions side by side: `FOLDER/VERSION/bin`.
const VERSIONED: [&str; 2] = ["/usr/lib/postgresql", "/opt/homebrew/opt"];
/// Folders in which a package puts one version.
const PLAIN: [&str; 4] = ["/usr/local/pgsql/bin", "/usr/local/bin", "/opt/homebrew/bin", "/usr/bin"];

/// An installed PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The folder that holds `postgres` and `initdb`.
    pub folder: PathBuf,
    /// The major version, for example 17.
    pub major: u32,
    /// The whole version, for example `17.2`.
    pub version: String,
}

impl Binaries {
    /// The installation in `folder`, if there is one that runs.
    pub fn at(folder: &Path) -> Option<Self> {
        // A link in a folder of `PATH` may name `postgres` alone: the others lie where it points.
        let postgres = folder.join("postgres").canonicalize().ok()?;
        let folder = postgres.parent()?.to_owned();
        if !folder.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(&postgres).arg("--version").output().ok()?;
        let version = parse_version(&String::from_utf8_lossy(&output.stdout))?;
        let major = version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
        Some(Self { folder, major, version })
    }

    /// The path of one program.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// The binaries for a cluster that `cluster` wrote (a new one, if none), fetched if that is allowed and needed.
pub(crate) async fn find(options: &Options, cluster: Option<u32>) -> Result<Binaries, Error> {
    let wanted = cluster.or(options.major);
    let installed = match &options.find {
        Find::In(folder) => Binaries::at(folder).into_iter().collect(),
        Find::Search | Find::Installed => search(),
    };
    if let Some(binaries) = choose(&installed, wanted) {
        return Ok(binaries);
    }
    let mut fetch = String::new();
    if options.find == Find::Search {
        match fetch::fetch(options.cache.as_deref(), wanted.unwrap_or(MAJOR_FETCHED)).await {
            Ok(binaries) => return Ok(binaries),
            Err(reason) => fetch = format!("; fetching it failed too: {reason}"),
        }
    }
    let found = installed.iter().map(|binaries| binaries.version.as_str()).collect::<Vec<_>>().join(", ");
    if let (Some(cluster), false) = (cluster, found.is_empty()) {
        return Err(Error::VersionMismatch { data: options.data.clone(), cluster, found });
    }
    Err(Error::NotFound {
        wanted: wanted.map_or(format!("{MAJOR_MIN} or later"), |major| major.to_string()),
        searched: match &options.find {
            Find::In(folder) => format!("looked in {}", folder.display()),
            Find::Search | Find::Installed if found.is_empty() => {
                format!("looked in PATH, {}, {}", VERSIONED.join(", "), PLAIN.join(", "))
            }
            Find::Search | Find::Installed => format!("only {found} is here"),
        },
        fetch,
    })
}

/// Every installation of this machine, those of `PATH` first.
fn search() -> Vec<Binaries> {
    #[expect(clippy::disallowed_methods, reason = "PATH is how a program is found, not a setting of ours")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).collect::<Vec<_>>();
    for parent in VERSIONED {
        for entry in Path::new(parent).read_dir().into_iter().flatten().flatten() {
            folders.push(entry.path().join("bin"));
        }
    }
    folders.extend(PLAIN.iter().map(PathBuf::from));
    let mut found = Vec::new();
    for folder in folders {
        // Without `postgres` there nothing is run.
        if let Some(binaries) = Binaries::at(&folder)
            && !found.contains(&binaries)
        {
            found.push(binaries);
        }
    }
    found
}

/// The exact major version if one is wanted, else the newest that will do.
fn choose(installed: &[Binaries], wanted: Option<u32>) -> Option<Binaries> {
    match wanted {
        Some(major) => installed.iter().find(|binaries| binaries.major == major).cloned(),
        None => installed
            .iter()
            .filter(|binaries| binaries.major >= MAJOR_MIN)
            .reduce(|best, next| if next.major > best.major { next } else { best })
            .cloned(),
    }
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is `15.18`.
fn parse_version(output: &str) -> Option<String> {
    let (_, rest) = output.split_once("(PostgreSQL) ")?;
    let version = rest.split_whitespace().next()?;
    version.starts_with(|c: char| c.is_ascii_digit()).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(majors: &[u32]) -> Vec<Binaries> {
        majors
            .iter()
            .map(|&major| Binaries { folder: PathBuf::from(format!("/{major}")), major, version: format!("{major}.1") })
            .collect()
    }

    #[test]
    fn reads_what_the_packagers_say() {
        for (output, version) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some("15.18")),
            ("postgres (PostgreSQL) 17.2\n", Some("17.2")),
            ("postgres (PostgreSQL) 18beta1\n", Some("18beta1")),
            ("postgres: command not found", None),
        ] {
            assert_eq!(parse_version(output).as_deref(), version, "{output}");
        }
    }

    #[test]
    fn takes_the_newest_unless_the_cluster_decides() {
        let installed = installed(&[13, 15, 17, 16]);
        assert_eq!(choose(&installed, None).unwrap().major, 17);
        assert_eq!(choose(&installed, Some(15)).unwrap().major, 15);
        assert_eq!(choose(&installed, Some(14)), None);
        assert_eq!(choose(&installed[..1], None), None);
    }

    #[tokio::test]
    async fn an_empty_folder_is_named_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::new(folder.path());
        options.find = Find::In(folder.path().to_owned());
        let error = find(&options, None).await.unwrap_err().to_string();
        assert!(error.contains(&folder.path().display().to_string()), "{error}");
        assert!(error.contains("--postgres URL"), "{error}");
    }
}
